#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/bytes.hpp"

namespace owb {

/// RFC 4648, with padding, as mosquitto's password files use it.
std::string to_base64(ByteView bytes);
/// RFC 4648 section 5, without padding: fit for cookies and addresses.
std::string to_base64url(ByteView bytes);

/// Strict: nothing but the canonical form of the bytes is accepted, so one value has one spelling.
std::optional<Bytes> from_base64(std::string_view text);
std::optional<Bytes> from_base64url(std::string_view text);

/// Lower-case hexadecimal, for showing ids.
std::string to_hex(ByteView bytes);
std::optional<Bytes> from_hex(std::string_view text);

}  // namespace owb

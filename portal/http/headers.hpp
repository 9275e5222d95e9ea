#pragma once

#include <string>
#include <utility>
#include <vector>

namespace owb::portal::http {

/// Sent with every answer: no script at all, nothing from elsewhere, no framing, no guessing of
/// types.
const std::vector<std::pair<std::string, std::string>>& security_headers();

inline constexpr const char* kNoStore = "no-store";
inline constexpr const char* kForGood = "public, max-age=31536000, immutable";

/// In this header the broker's proxy tells the browser's address; only the broker reaches our
/// socket.
inline constexpr const char* kClientAddressHeader = "X-Owb-Client-Address";

}  // namespace owb::portal::http

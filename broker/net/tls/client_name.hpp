#pragma once

#include <cstdint>
#include <string>

#include <openssl/x509.h>

#include "tenants/base/result.hpp"

namespace owb::net {

/// Which part of a client certificate says who the client is.
enum class ClientNameFrom : std::uint8_t {
  nothing,      ///< the certificate is only checked
  common_name,  ///< use_identity_as_username
  subject,      ///< use_subject_as_username: RFC 2253 text
};

enum class TlsErrc : std::uint8_t {
  no_certificate = 1,
  no_common_name,
  name_invalid,  ///< not UTF-8, or holds U+0000 or another control character (F43)
};

Error make_error_code(TlsErrc code);

/// The client's name from a certificate that OpenSSL has verified. `certificate` may be null:
/// no_certificate.
Result<std::string> client_name(const X509* certificate, ClientNameFrom from);

}  // namespace owb::net

template <>
struct boost::system::is_error_code_enum<owb::net::TlsErrc> : std::true_type {};

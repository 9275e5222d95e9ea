#include "broker/net/web/security_headers.hpp"

namespace owb::net::web {

namespace {

constexpr std::string_view kClosedPolicy =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view kPermissions =
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()";

void add_missing(Headers& headers, std::string_view name, std::string_view value) {
  if (find_header(headers, name).empty()) {
    headers.emplace_back(name, value);
  }
}

}  // namespace

std::string dashboard_policy(std::string_view host, bool secure) {
  std::string policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "font-src 'self'; connect-src 'self' ";
  policy.append(secure ? "wss://" : "ws://").append(host);
  policy +=
      "; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
      "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue sw";
  return policy;
}

void add_security_headers(Headers& headers, bool secure) {
  add_missing(headers, "Content-Security-Policy", kClosedPolicy);
  add_missing(headers, "Referrer-Policy", "same-origin");
  if (secure) {
    add_missing(headers, "Strict-Transport-Security", "max-age=31536000");
  }
  add_missing(headers, "X-Content-Type-Options", "nosniff");
  add_missing(headers, "Cross-Origin-Opener-Policy", "same-origin");
  add_missing(headers, "Cross-Origin-Resource-Policy", "same-origin");
  add_missing(headers, "Permissions-Policy", kPermissions);
}

}  // namespace owb::net::web

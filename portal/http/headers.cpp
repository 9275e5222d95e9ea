#include "portal/http/headers.hpp"

namespace owb::portal::http {

const std::vector<std::pair<std::string, std::string>>& security_headers() {
  static const std::vector<std::pair<std::string, std::string>> headers{
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self' data:; base-uri "
       "'none'; "
       "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy",
       "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), "
       "gyroscope=(), hid=(), "
       "magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()"},
      // With no-referrer a form's POST would carry `Origin: null`.
      {"Referrer-Policy", "same-origin"},
      {"Strict-Transport-Security", "max-age=31536000"},
      {"X-Content-Type-Options", "nosniff"},
  };
  return headers;
}

}  // namespace owb::portal::http

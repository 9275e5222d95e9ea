#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace owb::net::web {

enum class Method : std::uint8_t { get, head, post, put, remove, other };

std::string_view to_string(Method method);

/// The head of one request as libwebsockets has parsed it: what we look at, and nothing else. All
/// of it is untrusted.
struct HttpRequest {
  Method method = Method::other;
  bool http11 = true;
  bool secure = true;      ///< came over TLS
  std::string path;        ///< percent-decoded; begins with '/'
  std::string query;       ///< without '?'; percent-encoded anew
  bool repeated = false;   ///< a header that may stand once only stands there twice
  bool oversized = false;  ///< a header is longer than kMaxHeaderValue
  bool transfer_encoding = false;
  std::optional<std::string> content_length;

  std::string host;
  std::string origin;
  std::string cookie;
  std::string content_type;
  std::string accept_language;
  std::string accept_encoding;
  std::string user_agent;
  std::string if_none_match;
  std::string sec_fetch_site;
  std::string connection;

  std::string websocket_protocol;
  std::string websocket_version;
};

inline constexpr std::size_t kMaxHeaderValue = 8192;

/// A request body longer than this is refused; the portal's forms have a few hundred bytes.
inline constexpr std::size_t kMaxBody = 65'536;

using Headers = std::vector<std::pair<std::string, std::string>>;

/// One answer; Content-Length, Connection and the security headers are added when it is written
/// out.
struct HttpResponse {
  int status = 200;
  Headers headers;
  std::shared_ptr<const std::string> body;  ///< null: none
  bool close = false;                       ///< the connection ends with it
};

std::string_view reason_phrase(int status);

/// The header of that name in an answer, or empty.
std::string_view find_header(const Headers& headers, std::string_view name);

}  // namespace owb::net::web

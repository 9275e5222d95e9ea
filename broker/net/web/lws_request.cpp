#include "broker/net/web/lws_request.hpp"

#include <array>
#include <string_view>

#include "broker/net/web/routes.hpp"

namespace owb::net::web {

namespace {

/// All values of one header; more than one makes the request `repeated` where only one may be.
std::string header(lws* wsi, lws_token_indexes token, HttpRequest& request) {
  const int length = lws_hdr_total_length(wsi, token);
  if (length <= 0) {
    return {};
  }
  if (static_cast<std::size_t>(length) > kMaxHeaderValue) {
    request.oversized = true;
    return {};
  }
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  const int copied = lws_hdr_copy(wsi, value.data(), length + 1, token);
  value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
  return value;
}

std::string single_header(lws* wsi, lws_token_indexes token, HttpRequest& request) {
  if (lws_hdr_fragment_length(wsi, token, 1) > 0) {
    request.repeated = true;
  }
  return header(wsi, token, request);
}

/// A header that libwebsockets has no token for. `name` in lower case, with its colon.
std::string other_header(lws* wsi, std::string_view name, HttpRequest& request) {
  const int length = lws_hdr_custom_length(wsi, name.data(), static_cast<int>(name.size()));
  if (length <= 0) {
    return {};
  }
  if (static_cast<std::size_t>(length) > kMaxHeaderValue) {
    request.oversized = true;
    return {};
  }
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  const int copied = lws_hdr_custom_copy(wsi, value.data(), length + 1, name.data(),
                                         static_cast<int>(name.size()));
  value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
  return value;
}

Method method_of(int lws_method) {
  switch (lws_method) {
    case LWSHUMETH_GET:
      return Method::get;
    case LWSHUMETH_HEAD:
      return Method::head;
    case LWSHUMETH_POST:
      return Method::post;
    case LWSHUMETH_PUT:
      return Method::put;
    case LWSHUMETH_DELETE:
      return Method::remove;
    default:
      return Method::other;
  }
}

/// libwebsockets splits the query at '&' and decodes the parts; put together and encoded again, it
/// says the same.
std::string query(lws* wsi, HttpRequest& request) {
  std::string out;
  std::array<char, kMaxHeaderValue> part{};
  for (int i = 0;; ++i) {
    const int length = lws_hdr_copy_fragment(wsi, part.data(), static_cast<int>(part.size()),
                                             WSI_TOKEN_HTTP_URI_ARGS, i);
    if (length < 0) {
      break;
    }
    if (!out.empty()) {
      out += '&';
    }
    const std::string_view text{part.data(), static_cast<std::size_t>(length)};
    const auto equals = text.find('=');
    out += percent_encode(text.substr(0, equals), {});
    if (equals != std::string_view::npos) {
      out += '=' + percent_encode(text.substr(equals + 1), {});
    }
    if (out.size() > kMaxHeaderValue) {
      request.oversized = true;
      return {};
    }
  }
  return out;
}

}  // namespace

HttpRequest read_request(lws* wsi, bool secure) {
  HttpRequest request;
  request.secure = secure;
  char* path = nullptr;
  int path_length = 0;
  request.method = method_of(lws_http_get_uri_and_method(wsi, &path, &path_length));
  if (path != nullptr && path_length > 0) {
    request.path.assign(path, static_cast<std::size_t>(path_length));
  }
  request.query = query(wsi, request);
  request.http11 = header(wsi, WSI_TOKEN_HTTP, request) == "HTTP/1.1";

  request.transfer_encoding = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
  if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0) {
    request.content_length = single_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, request);
  }
  request.host = single_header(wsi, WSI_TOKEN_HOST, request);
  request.origin = single_header(wsi, WSI_TOKEN_ORIGIN, request);
  request.cookie = header(wsi, WSI_TOKEN_HTTP_COOKIE, request);
  request.content_type = single_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, request);
  request.accept_language = header(wsi, WSI_TOKEN_HTTP_ACCEPT_LANGUAGE, request);
  request.accept_encoding = header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, request);
  request.user_agent = header(wsi, WSI_TOKEN_HTTP_USER_AGENT, request);
  request.if_none_match = header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, request);
  request.connection = header(wsi, WSI_TOKEN_CONNECTION, request);
  request.sec_fetch_site = other_header(wsi, "sec-fetch-site:", request);
  request.websocket_protocol = header(wsi, WSI_TOKEN_PROTOCOL, request);
  request.websocket_version = single_header(wsi, WSI_TOKEN_VERSION, request);
  return request;
}

}  // namespace owb::net::web

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

#include "broker/net/tls/tls_context.hpp"
#include "tenants/base/unique_fd.hpp"
#include "tests/broker/net/tls/test_authority.hpp"

namespace owb::net::web::test {

/// Two connected TCP sockets on the loopback.
std::pair<UniqueFd, UniqueFd> tcp_pair();

struct Reply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that name; empty if there is none.
  std::string header(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
};

struct Frame {
  int opcode = 0;
  bool final = true;
  std::string payload;
};

/// A browser without manners: writes exactly the bytes it is told to. Every wait ends after a few
/// seconds.
class WebClient {
 public:
  enum class Transport : std::uint8_t { tls, plain };

  /// Takes one end of a connection whose other end a server was given. `certificate`: shown if the
  /// server asks.
  WebClient(UniqueFd fd, Transport transport,
            const owb::net::test::TestCertificate* certificate = nullptr);
  ~WebClient();
  WebClient(WebClient&&) noexcept = default;
  WebClient& operator=(WebClient&&) noexcept = default;

  bool connected() const { return connected_; }

  /// False when the peer has closed.
  bool send(std::string_view bytes);

  /// The next answer; status 0 when the connection ended first.
  Reply read_reply(bool head_only = false);
  Reply ask(std::string_view request);
  Reply get(std::string_view path, std::string_view headers = {});

  /// Upgrades on `path`; the answer tells.
  Reply upgrade(std::string_view path, std::string_view headers = {},
                std::string_view protocols = "mqtt");

  void send_frame(int opcode, std::string_view payload, bool final = true);
  static std::string make_frame(int opcode, std::string_view payload, bool final = true);

  /// The next frame; nothing when the connection ended.
  std::optional<Frame> read_frame();
  /// Payloads of data frames until `size` bytes are there.
  std::string read_payload(std::size_t size);
  /// The code of the close frame that comes next; 0 when the connection ended without one, -1 for
  /// another frame.
  int read_close_code();
  /// Whether the peer ends the connection, within the time.
  bool ends();
  /// Whether something comes within this time; for what must not come.
  bool silent_for(int milliseconds);

  std::string alpn() const;
  long server_serial() const;

 private:
  bool fill();
  bool fill_to(std::size_t size);

  UniqueFd fd_;
  SslContext context_;
  std::unique_ptr<SSL, OpensslFree<SSL_free>> ssl_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace owb::net::web::test

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "broker/net/web/web_server.hpp"
#include "tenants/registry/registry.hpp"
#include "tests/broker/net/tls/test_authority.hpp"
#include "tests/broker/net/web/fake_gate.hpp"
#include "tests/broker/net/web/web_client.hpp"

namespace httplib {
class Server;
}

namespace owb::net::web::test {

/// A portal that answers as the test tells it.
class FakePortal {
 public:
  explicit FakePortal(const std::string& socket);
  ~FakePortal();
  FakePortal(const FakePortal&) = delete;
  FakePortal& operator=(const FakePortal&) = delete;

  httplib::Server& server() { return *server_; }

  void start();
  void stop();

 private:
  std::string socket_;
  std::unique_ptr<httplib::Server> server_;
  std::thread thread_;
};

/// A web server with a certificate, pages, a registry with the tenant `alice`, and a portal's
/// socket.
class WebFixture : public testing::Test {
 protected:
  WebFixture();
  ~WebFixture() override;

  void start();
  WebClient connect(WebClient::Transport transport = WebClient::Transport::tls,
                    std::size_t listener = 0,
                    const owb::net::test::TestCertificate* certificate = nullptr);

  /// A header line with a valid login cookie of alice.
  std::string login(tenants::Role role = tenants::Role::owner);
  void revoke_sessions();

  void put_page(const std::string& name, std::string_view content);

  owb::net::test::TemporaryFolder folder_;
  owb::net::test::TestAuthority authority_;
  WebConfig config_;
  FakeGate gate_;
  std::unique_ptr<WebServer> server_;

 private:
  std::unique_ptr<tenants::Registry> registry_;
  std::uint64_t alice_uid_ = 0;
};

inline constexpr std::string_view kOwnOrigin = "Origin: https://cloud.example.org:8443\r\n";

}  // namespace owb::net::web::test

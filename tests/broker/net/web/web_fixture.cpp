#include "tests/broker/net/web/web_fixture.hpp"

#include <httplib.h>

#include "tenants/base/clock.hpp"
#include "tenants/session/cookie.hpp"

namespace owb::net::web::test {

FakePortal::FakePortal(const std::string& socket)
    : socket_(socket), server_(std::make_unique<httplib::Server>()) {
  server_->set_address_family(AF_UNIX);
}

FakePortal::~FakePortal() {
  stop();
}

void FakePortal::start() {
  server_->bind_to_port(socket_, 80);
  thread_ = std::thread{[this] { server_->listen_after_bind(); }};
  while (!server_->is_running()) {
    std::this_thread::yield();
  }
}

void FakePortal::stop() {
  if (thread_.joinable()) {
    server_->stop();
    thread_.join();
  }
}

WebFixture::WebFixture() {
  const auto certificate = authority_.issue("cloud.example.org");
  owb::net::test::write_file(folder_.file("chain.pem"), certificate.certificate_pem());
  owb::net::test::write_file(folder_.file("key.pem"), certificate.key_pem());
  config_.listeners.resize(1);
  config_.listeners[0].tls.certificate =
      std::make_shared<ServerCertificate>(folder_.file("chain.pem"), folder_.file("key.pem"));
  config_.www_dir = folder_.file("www");
  config_.portal_socket = folder_.file("portal.sock");
  config_.registry_path = folder_.file("registry.db");

  put_page("index.html", "<!doctype html><title>shell</title>");
  put_page("assets/app-1a2b3c.js", "console.log('app')");

  auto registry = tenants::Registry::open(config_.registry_path, tenants::OpenMode::create);
  registry_ = std::make_unique<tenants::Registry>(std::move(*registry));
  tenants::NewTenant alice{.id = *TenantId::parse("alice")};
  alice.home_secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  alice_uid_ = registry_->add(alice, {.now = unix_now(), .actor = "test"})->uid;
}

WebFixture::~WebFixture() {
  if (server_) {
    server_->stop();
  }
}

void WebFixture::start() {
  server_ = std::make_unique<WebServer>(config_, gate_);
  gate_.echo_to(server_.get());
  server_->start();
}

WebClient WebFixture::connect(WebClient::Transport transport, std::size_t listener,
                              const owb::net::test::TestCertificate* certificate) {
  auto [client, server] = tcp_pair();
  server_->adopt(listener, server.release(), "203.0.113.7", 50'123, gate_.ticket());
  return WebClient{std::move(client), transport, certificate};
}

std::string WebFixture::login(tenants::Role role) {
  const auto now = unix_now();
  const auto row = registry_->create_session(
      {.tenant = "alice", .tenant_uid = alice_uid_, .role = role}, {.now = now, .actor = "test"});
  session::SessionClaims claims;
  claims.tenant = row->tenant;
  claims.tenant_uid = row->tenant_uid;
  claims.id = row->id;
  claims.role = row->role;
  claims.issued = row->issued;
  claims.expires = row->expires;
  return "Cookie: theme=dark; __Host-owb=" + session::seal(claims, *registry_->keys()) + "\r\n";
}

void WebFixture::revoke_sessions() {
  static_cast<void>(
      registry_->revoke_others("alice", std::nullopt, {.now = unix_now(), .actor = "test"}));
}

void WebFixture::put_page(const std::string& name, std::string_view content) {
  const auto path = std::filesystem::path{config_.www_dir} / name;
  std::filesystem::create_directories(path.parent_path());
  owb::net::test::write_file(path, content);
}

}  // namespace owb::net::web::test

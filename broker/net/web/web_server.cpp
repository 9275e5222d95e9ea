#include "broker/net/web/web_server.hpp"

#include <algorithm>
#include <utility>

#include "broker/net/web/proxy_pool.hpp"
#include "broker/net/web/web_thread.hpp"

namespace owb::net::web {

namespace {

/// Fewer than the portal has, so that it always has one left for others.
constexpr std::size_t kProxyThreads = 4;

}  // namespace

class WebServer::Impl {
 public:
  Impl(WebConfig config, WorkerGate& gate) : config_(std::move(config)), gate_(gate) {}

  void start() {
    if (!config_.portal_socket.empty()) {
      portal_ = std::make_unique<ProxyPool>(config_.portal_socket, kProxyThreads);
    }
    const auto count = std::max<std::size_t>(config_.threads, 1);
    for (std::size_t i = 0; i < count; ++i) {
      threads_.push_back(std::make_unique<WebThread>(static_cast<std::uint32_t>(i), config_, gate_,
                                                     portal_.get()));
    }
    for (const auto& thread : threads_) {
      thread->start();
    }
  }

  void stop() {
    if (portal_) {
      portal_->stop();
    }
    for (const auto& thread : threads_) {
      thread->stop();
    }
    for (const auto& thread : threads_) {
      thread->join();
    }
  }

  void adopt(WebThread::Adoption&& adoption) {
    const auto least =
        std::min_element(threads_.begin(), threads_.end(),
                         [](const auto& a, const auto& b) { return a->load() < b->load(); });
    (*least)->adopt(std::move(adoption));
  }

  void post(std::uint32_t thread, std::vector<WsCommand>&& commands) {
    threads_[thread]->post(std::move(commands));
  }

 private:
  const WebConfig config_;
  WorkerGate& gate_;
  std::unique_ptr<ProxyPool> portal_;
  std::vector<std::unique_ptr<WebThread>> threads_;
};

WebServer::WebServer(WebConfig config, WorkerGate& gate)
    : impl_(std::make_unique<Impl>(std::move(config), gate)) {}

WebServer::~WebServer() {
  stop();
}

void WebServer::start() {
  impl_->start();
}

void WebServer::stop() {
  impl_->stop();
}

void WebServer::adopt(std::size_t listener, int fd, std::string address, std::uint16_t port,
                      std::unique_ptr<SocketTicket> ticket) {
  impl_->adopt({.listener = listener,
                .fd = UniqueFd{fd},
                .address = std::move(address),
                .port = port,
                .ticket = std::move(ticket)});
}

void WebServer::post(std::uint32_t thread, std::vector<WsCommand>&& commands) {
  impl_->post(thread, std::move(commands));
}

}  // namespace owb::net::web

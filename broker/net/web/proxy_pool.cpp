#include "broker/net/web/proxy_pool.hpp"

#include <chrono>
#include <utility>

#include <httplib.h>

#include "broker/net/web/error_pages.hpp"
#include "tenants/base/contained.hpp"
#include "tenants/base/logging.hpp"

namespace owb::net::web {

namespace {

using namespace std::chrono_literals;

constexpr int kUnixPort = 80;  // httplib wants one; a UNIX socket has none
constexpr auto kConnectTimeout = 2s;
/// A login may wait 20 s for a free password check (design.md 8).
constexpr auto kReplyTimeout = 30s;

httplib::Request to_httplib(const ProxyRequest& request) {
  httplib::Request out;
  out.method = to_string(request.method);
  out.path = request.target;
  for (const auto& [name, value] : request.headers) {
    out.headers.emplace(name, value);
  }
  if (!request.content_type.empty()) {
    out.headers.emplace("Content-Type", request.content_type);
  }
  out.body = request.body;
  return out;
}

HttpResponse from_httplib(const httplib::Response& reply, std::string body) {
  HttpResponse response;
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) {
    if (is_reply_header(name)) {
      response.headers.emplace_back(name, value);
    }
  }
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

}  // namespace

class ProxyPool::Worker {
 public:
  explicit Worker(ProxyPool& pool) : pool_(pool), client_(pool.portal_socket_, kUnixPort) {
    client_.set_address_family(AF_UNIX);
    client_.set_keep_alive(false);
    client_.set_follow_location(false);
    client_.set_url_encode(false);
    client_.set_decompress(false);
    client_.set_connection_timeout(kConnectTimeout);
    client_.set_read_timeout(kReplyTimeout);
    client_.set_write_timeout(kConnectTimeout);
    thread_ = std::thread{[this] { run(); }};
  }

  /// Breaks off the request under way; true when the thread has left its loop.
  bool interrupt() {
    client_.stop();
    return left_;
  }

  void join() { thread_.join(); }

 private:
  void run() {
    // What fails is one request: its browser gets an answer, or hears nothing until its deadline.
    while (auto job = next()) {
      contained("a request to the portal", [&] { job->done(ask(job->request)); });
    }
    left_ = true;
  }

  std::unique_ptr<Job> next() {
    std::unique_lock lock{pool_.mutex_};
    pool_.changed_.wait(lock, [this] { return pool_.stopping_ || !pool_.jobs_.empty(); });
    if (pool_.stopping_) {
      return nullptr;
    }
    auto job = std::make_unique<Job>(std::move(pool_.jobs_.front()));
    pool_.jobs_.pop_front();
    return job;
  }

  HttpResponse ask(const ProxyRequest& request) {
    auto message = to_httplib(request);
    std::string body;
    message.content_receiver = [&body](const char* data, std::size_t size, std::uint64_t /*offset*/,
                                       std::uint64_t /*total*/) {
      if (body.size() + size > kMaxProxyReply) {
        return false;
      }
      body.append(data, size);
      return true;
    };
    const auto reply = client_.send(message);
    if (reply) {
      return from_httplib(*reply, std::move(body));
    }
    log::warning("portal_socket {}: {} {}: {}", pool_.portal_socket_, message.method,
                 log::escape(request.target.substr(0, request.target.find('?'))),
                 httplib::to_string(reply.error()));
    return error_page(reply.error() == httplib::Error::Read ? 504 : 502, request.accept_language);
  }

  ProxyPool& pool_;
  httplib::Client client_;
  std::atomic<bool> left_ = false;
  std::thread thread_;
};

ProxyPool::ProxyPool(std::string portal_socket, std::size_t threads)
    : portal_socket_(std::move(portal_socket)) {
  for (std::size_t i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(*this));
  }
}

ProxyPool::~ProxyPool() {
  stop();
}

bool ProxyPool::submit(ProxyRequest&& request, Done done) {
  {
    const std::scoped_lock lock{mutex_};
    if (stopping_ || jobs_.size() >= kMaxWaitingRequests) {
      return false;
    }
    jobs_.push_back({std::move(request), std::move(done)});
  }
  changed_.notify_one();
  return true;
}

void ProxyPool::stop() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
  for (const auto& worker : workers_) {
    // A request that was just about to begin is met by the next try.
    while (!worker->interrupt()) {
      std::this_thread::sleep_for(5ms);
    }
    worker->join();
  }
  workers_.clear();
}

}  // namespace owb::net::web

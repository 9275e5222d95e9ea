#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "broker/net/web/http_message.hpp"
#include "broker/net/web/proxy_rules.hpp"

namespace owb::net::web {

/// A few threads that carry complete requests to the portal's UNIX socket and its answers back, one
/// connection a request: a kept one would hold a thread of the portal.
///
/// Threading: thread-safe; start and stop belong to one thread.
class ProxyPool {
 public:
  /// Called on a thread of the pool with the portal's answer, or with a 502, 504 page.
  using Done = std::function<void(HttpResponse&&)>;

  ProxyPool(std::string portal_socket, std::size_t threads);
  ~ProxyPool();
  ProxyPool(const ProxyPool&) = delete;
  ProxyPool& operator=(const ProxyPool&) = delete;

  /// False: kMaxWaitingRequests are waiting already, and `done` will not be called.
  bool submit(ProxyRequest&& request, Done done);

  /// Gives up what is under way and joins the threads. Requests not begun are forgotten.
  void stop();

 private:
  struct Job {
    ProxyRequest request;
    Done done;
  };

  class Worker;

  std::string portal_socket_;

  std::mutex mutex_;  // guards jobs_, stopping_
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;

  std::vector<std::unique_ptr<Worker>> workers_;
};

inline constexpr std::size_t kMaxWaitingRequests = 64;

}  // namespace owb::net::web

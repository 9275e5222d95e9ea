#include "portal/http/server.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "portal/http/headers.hpp"
#include "portal/http/routes.hpp"
#include "portal/http/visit.hpp"
#include "tenants/base/logging.hpp"

namespace owb::portal::http {
namespace {

using httplib::Request;
using httplib::Response;

constexpr std::size_t kMaxBody = 16'384;
constexpr std::size_t kRequestsPerConnection = 1'000'000;  // the proxy keeps its few connections
constexpr time_t kIdleSeconds =
    2;  // how long an idle connection can hold up a stop; a new one is cheap
constexpr const char* kEarlySuffix = ".new";
constexpr int kAnyPort = 80;  // the library wants one for UNIX sockets too

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerConfig& config, const Services& services)
      : config_(config), services_(services) {
    services_.origins = config_.origins;
    http_.new_task_queue = [threads = config_.threads] {
      return new httplib::ThreadPool(threads);  // the library deletes it
    };
    http_.set_address_family(AF_UNIX);
    http_.set_payload_max_length(kMaxBody);
    http_.set_keep_alive_max_count(kRequestsPerConnection);
    http_.set_keep_alive_timeout(kIdleSeconds);
    httplib::Headers headers;
    for (const auto& [name, value] : security_headers()) {
      headers.emplace(name, value);
    }
    http_.set_default_headers(std::move(headers));
    http_.set_error_handler(
        [this](const Request& request, Response& response) { explain(request, response); });
    http_.set_exception_handler(
        [this](const Request& request, Response& response, std::exception_ptr exception) {
          report(request, response, exception);
        });
    add_login_routes(http_, services_);
    add_password_routes(http_, services_);
    add_api_routes(http_, services_);
  }

  void bind() {
    // Under its own name only once it listens: between bind() and listen() callers would be
    // refused.
    const auto early = config_.socket_path + kEarlySuffix;
    ::unlink(early.c_str());
    if (!http_.bind_to_port(early, kAnyPort) ||
        std::rename(early.c_str(), config_.socket_path.c_str()) != 0) {
      throw std::runtime_error("portal_socket: cannot listen on '" + config_.socket_path + "'");
    }
  }

  void serve() {
    if (!stop_asked_) {
      http_.listen_after_bind();
    }
    ended_ = true;
  }

  void stop() {
    stop_asked_ = true;
    // The library forgets a stop that comes before it runs, and does not say when it does.
    while (!http_.is_running() && !ended_) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    http_.stop();
  }

 private:
  /// For what the library itself refuses: no such route, too large, not HTTP.
  void explain(const Request& request, Response& response) const {
    if (!response.body.empty()) {
      return;
    }
    const int status = response.status;
    Visit visit{request, response, services_};
    const auto& texts = visit.texts();
    if (status == 404) {
      answer_problem(visit, status, "not_found", texts.not_found_title, texts.not_found);
    } else {
      answer_problem(visit, status, "refused", texts.error_title, texts.bad_form);
    }
  }

  void report(const Request& request, Response& response, std::exception_ptr exception) const {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      log::error("{} {}: {}", log::escape(request.method), log::escape(request.path), error.what());
    } catch (...) {
      log::error("{} {}: unknown exception", log::escape(request.method),
                 log::escape(request.path));
    }
    Visit visit{request, response, services_};
    answer_problem(visit, 500, "internal_error", visit.texts().error_title,
                   visit.texts().internal_error);
  }

  ServerConfig config_;
  Services services_;
  httplib::Server http_;
  std::atomic<bool> stop_asked_{false};
  std::atomic<bool> ended_{false};
};

Server::Server(const ServerConfig& config, const Services& services)
    : impl_(std::make_unique<Impl>(config, services)) {}

Server::~Server() = default;

void Server::bind() {
  impl_->bind();
}

void Server::serve() {
  impl_->serve();
}

void Server::stop() {
  impl_->stop();
}

}  // namespace owb::portal::http

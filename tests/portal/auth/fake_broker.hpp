#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tenants/base/unique_fd.hpp"

namespace owb::portal::auth {

/// One end of a connection in the hands of a test: blocking, and over when the other side is gone.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}

  /// Exactly `count` bytes, fewer if the other side closes.
  std::string reads(std::size_t count) const {
    std::string got(count, '\0');
    std::size_t have = 0;
    while (have < count) {
      const auto more = ::recv(fd_, got.data() + have, count - have, 0);
      if (more <= 0) {
        break;
      }
      have += static_cast<std::size_t>(more);
    }
    got.resize(have);
    return got;
  }

  /// One MQTT packet whose length fits one byte, or is longer.
  std::string reads_packet() const {
    auto packet = reads(1);
    std::size_t length = 0;
    unsigned shift = 0;
    char byte = '\x80';
    while ((byte & '\x80') != 0 && shift < 28) {
      const auto next = reads(1);
      if (next.empty()) {
        return packet;
      }
      byte = next.front();
      packet += byte;
      length |= static_cast<std::size_t>(byte & 0x7F) << shift;
      shift += 7;
    }
    return packet + reads(length);
  }

  /// False once the other side is gone.
  bool writes(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Until the other side closes.
  void waits_for_close() const {
    while (!reads(4'096).empty()) {
    }
  }

 private:
  int fd_;
};

/// A login listener that serves one connection as the test says, on a thread of its own.
class FakeBroker {
 public:
  explicit FakeBroker(std::function<void(const Wire&)> serve) {
    std::string name = std::filesystem::temp_directory_path().string() + "/owb-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    listener_ = UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    ::listen(listener_.get(), 8);
    thread_ = std::thread{[this, serve = std::move(serve)] {
      const UniqueFd connection{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (connection) {
        serve(Wire{connection.get()});
      }
    }};
  }

  ~FakeBroker() {
    ::shutdown(listener_.get(), SHUT_RDWR);  // wakes an accept that nobody came to
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  FakeBroker(const FakeBroker&) = delete;
  FakeBroker& operator=(const FakeBroker&) = delete;

  std::string path() const { return folder_ + "/login.sock"; }

 private:
  std::string folder_;
  UniqueFd listener_;
  std::thread thread_;
};

}  // namespace owb::portal::auth

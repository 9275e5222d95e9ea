#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <sys/epoll.h>

#include "tenants/base/unique_fd.hpp"

namespace owb::shard {

/// The sockets of one worker. An epoll set of its own, itself watched by the worker's io_context:
/// one system call brings up to 256 ready sockets, where asio's async_wait re-arms each of them
/// with an epoll_ctl.
///
/// Threading: shard-local. A watch that goes away must be destroyed by Worker::bury(), since the
/// current batch may name it.
class Poller {
 public:
  class Watch {
   public:
    virtual ~Watch() = default;
    /// `events`: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP as epoll says.
    virtual void on_ready(std::uint32_t events) = 0;
  };

  /// Throws std::system_error.
  Poller();

  int fd() const { return epoll_.get(); }

  /// False with errno when the kernel refuses.
  bool add(int fd, Watch& watch, std::uint32_t events);
  void change(int fd, Watch& watch, std::uint32_t events);
  void remove(int fd);

  /// Calls on_ready() of what is ready now, of `most` at once; the others get their turn in the
  /// next calls. Returns how many there were.
  std::size_t poll(std::size_t most = kBatch);

 private:
  static constexpr std::size_t kBatch = 256;
  UniqueFd epoll_;
  std::array<epoll_event, kBatch> events_{};
};

}  // namespace owb::shard

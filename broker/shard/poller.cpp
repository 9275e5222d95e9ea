#include "broker/shard/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace owb::shard {

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_.get() < 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
}

bool Poller::add(int fd, Watch& watch, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &watch}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::change(int fd, Watch& watch, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &watch}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

std::size_t Poller::poll(std::size_t most) {
  const auto limit = static_cast<int>(std::min(most, events_.size()));
  const auto count = epoll_wait(epoll_.get(), events_.data(), limit, 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events_[static_cast<std::size_t>(i)];
    static_cast<Watch*>(event.data.ptr)->on_ready(event.events);
  }
  return static_cast<std::size_t>(std::max(count, 0));
}

}  // namespace owb::shard

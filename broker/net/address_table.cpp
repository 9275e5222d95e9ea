#include "broker/net/address_table.hpp"

#include <algorithm>
#include <utility>

#include <arpa/inet.h>
#include <sys/socket.h>

namespace owb::net {

namespace {

// "" for loopback, the address for IPv4, the first 64 bits for IPv6.
std::string key_of(const std::string& address) {
  in6_addr six{};
  if (inet_pton(AF_INET6, address.c_str(), &six) == 1) {
    if (IN6_IS_ADDR_LOOPBACK(&six)) {
      return {};
    }
    return {reinterpret_cast<const char*>(&six), 8};
  }
  return address.starts_with("127.") ? std::string{} : address;
}

}  // namespace

AddressTable::Ticket::Ticket(Ticket&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)),
      key_(std::move(other.key_)),
      number_(std::exchange(other.number_, 0)),
      half_open_(other.half_open_),
      heard_(other.heard_),
      counters_(std::exchange(other.counters_, {})) {}

AddressTable::Ticket& AddressTable::Ticket::operator=(Ticket&& other) noexcept {
  std::swap(table_, other.table_);
  std::swap(key_, other.key_);
  std::swap(number_, other.number_);
  std::swap(half_open_, other.half_open_);
  std::swap(heard_, other.heard_);
  std::swap(counters_, other.counters_);
  return *this;
}

AddressTable::Ticket::~Ticket() {
  give_place();
  if (table_ == nullptr) {
    return;
  }
  table_->counts_.with([this](auto& counts) {
    const auto found = counts.find(key_);
    if (found == counts.end()) {
      return;
    }
    found->second.remove(number_);
    found->second.half_open -= half_open_ ? 1U : 0U;
    if (--found->second.all == 0) {
      counts.erase(found);
    }
  });
}

void AddressTable::Ticket::give_place() {
  for (auto*& counter : counters_) {
    if (counter != nullptr) {
      --*std::exchange(counter, nullptr);
    }
  }
}

bool AddressTable::Ticket::count_in(std::atomic<std::uint32_t>& counter, std::uint32_t limit) {
  if (limit == 0) {
    return true;
  }
  if (++counter > limit) {
    --counter;
    return false;
  }
  counters_[counters_[0] == nullptr ? 0 : 1] = &counter;
  return true;
}

void AddressTable::Ticket::heard() {
  if (number_ == 0 || std::exchange(heard_, true)) {
    return;
  }
  table_->counts_.with([this](auto& counts) {
    for (auto& candidate : counts[key_].candidates) {
      candidate.heard |= candidate.number == number_;
    }
  });
}

void AddressTable::Ticket::keep_hands_off() {
  if (const auto number = std::exchange(number_, 0)) {
    table_->counts_.with([&](auto& counts) { counts[key_].remove(number); });
  }
}

void AddressTable::Ticket::established() {
  if (table_ != nullptr && std::exchange(half_open_, false)) {
    table_->counts_.with([this](auto& counts) {
      auto& entry = counts[key_];
      entry.remove(std::exchange(number_, 0));
      --entry.half_open;
    });
  }
}

void AddressTable::Counts::remove(std::uint64_t number) {
  std::erase_if(candidates, [&](const Candidate& item) { return item.number == number; });
  if (candidates.empty()) {
    candidates = {};  // most addresses stay for long with none
  }
}

// It stays half-open, and is counted, until its owner has seen the end; it is chosen only once.
bool AddressTable::Counts::make_room() {
  auto found = std::find_if(candidates.begin(), candidates.end(),
                            [](const Candidate& item) { return !item.heard; });
  if (found == candidates.end()) {
    found = candidates.begin();
  }
  if (found == candidates.end()) {
    return false;
  }
  ::shutdown(found->fd, SHUT_RDWR);
  candidates.erase(found);
  return true;
}

bool AddressTable::admit(const std::string& address, int fd, Ticket& ticket) {
  auto key = key_of(address);
  if (key.empty()) {
    return true;
  }
  const auto number = limits_.half_open == 0 ? 0 : ++last_number_;
  const bool room = counts_.with([&](auto& counts) {
    auto& entry = counts[key];
    if (limits_.connections != 0 && entry.all >= limits_.connections) {
      return false;
    }
    if (number != 0) {
      if (entry.half_open >= limits_.half_open && !entry.make_room()) {
        return false;
      }
      entry.candidates.push_back({.number = number, .fd = fd});
    }
    ++entry.half_open;
    ++entry.all;
    return true;
  });
  if (room) {
    ticket.table_ = this;
    ticket.key_ = std::move(key);
    ticket.number_ = number;
    ticket.half_open_ = true;
  }
  return room;
}

}  // namespace owb::net

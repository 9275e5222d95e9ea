#include "broker/net/address_table.hpp"

#include <utility>

#include <arpa/inet.h>

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
      half_open_(other.half_open_),
      counters_(std::exchange(other.counters_, {})) {}

AddressTable::Ticket& AddressTable::Ticket::operator=(Ticket&& other) noexcept {
  std::swap(table_, other.table_);
  std::swap(key_, other.key_);
  std::swap(half_open_, other.half_open_);
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

void AddressTable::Ticket::established() {
  if (table_ != nullptr && std::exchange(half_open_, false)) {
    table_->counts_.with([this](auto& counts) { --counts[key_].half_open; });
  }
}

bool AddressTable::admit(const std::string& address, Ticket& ticket) {
  auto key = key_of(address);
  if (key.empty()) {
    return true;
  }
  const bool room = counts_.with([&](auto& counts) {
    auto& entry = counts[key];
    if ((limits_.half_open != 0 && entry.half_open >= limits_.half_open) ||
        (limits_.connections != 0 && entry.all >= limits_.connections)) {
      return false;
    }
    ++entry.half_open;
    ++entry.all;
    return true;
  });
  if (room) {
    ticket.table_ = this;
    ticket.key_ = std::move(key);
    ticket.half_open_ = true;
  }
  return room;
}

}  // namespace owb::net

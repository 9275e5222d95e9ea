#include "portal/auth/failure_table.hpp"

#include <algorithm>

namespace owb::portal::auth {

using std::chrono::seconds;

seconds FailureTable::wait_of(const std::string& key, TimePoint now) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.blocked_until <= now) {
    return seconds{0};
  }
  return std::chrono::ceil<seconds>(found->second.blocked_until - now);
}

void FailureTable::add(const std::string& key, TimePoint now) {
  auto& entry = entry_of(key);
  if (now - entry.last > policy_.forget_after) {
    entry.failures = 0;
  }
  ++entry.failures;
  entry.last = now;
  if (entry.failures < policy_.free_failures) {
    return;
  }
  constexpr unsigned kMaxDoublings = 20;
  const auto doublings = std::min(entry.failures - policy_.free_failures, kMaxDoublings);
  entry.blocked_until =
      now + std::min(policy_.first_delay * (1U << doublings), policy_.longest_delay);
}

void FailureTable::take_back(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    return;
  }
  auto& entry = found->second;
  if (entry.failures <= 1 && !entry.trusted) {
    erase(key);
    return;
  }
  entry.failures -= std::min(entry.failures, 1U);
  entry.blocked_until = {};
}

void FailureTable::erase(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    return;
  }
  by_age_.erase(found->second.age);
  entries_.erase(found);
}

void FailureTable::trust(const std::string& key) {
  auto& entry = entry_of(key);
  entry.failures = 0;
  entry.blocked_until = {};
  entry.trusted = true;
}

bool FailureTable::is_trusted(const std::string& key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.trusted;
}

FailureTable::Entry& FailureTable::entry_of(const std::string& key) {
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    make_room();
    by_age_.push_back(key);
    found = entries_.emplace(key, Entry{.age = std::prev(by_age_.end())}).first;
  }
  by_age_.splice(by_age_.end(), by_age_, found->second.age);
  return found->second;
}

void FailureTable::make_room() {
  if (entries_.size() < policy_.max_entries || by_age_.empty()) {
    return;
  }
  entries_.erase(by_age_.front());
  by_age_.pop_front();
}

}  // namespace owb::portal::auth

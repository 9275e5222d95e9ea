#include "broker/core/topic_table.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <sodium.h>

namespace owb::core {
std::size_t TopicTable::Hash::operator()(std::string_view text) const {
  std::size_t hash = 0;
  static_assert(sizeof(hash) <= crypto_shorthash_BYTES);
  unsigned char out[crypto_shorthash_BYTES];
  crypto_shorthash(out, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   key->data());
  std::memcpy(&hash, out, sizeof(hash));
  return hash;
}

TopicTable::TopicTable(const TopicRules& rules, const HashKey& key)
    : rules_(rules), key_(key), names_(0, Hash{&key_}, Equal{}) {}

TopicTable::~TopicTable() {
  for (auto* name : names_) {
    ::operator delete(name);
  }
}

TopicRef TopicTable::intern(std::string_view rest) {
  if (const auto found = names_.find(rest); found != names_.end()) {
    return TopicRef{*found};
  }
  void* memory = ::operator new(sizeof(TopicName) + rest.size());
  auto* name = new (memory) TopicName{.table = this,
                                      .flags = rules_.flags_of(rest),
                                      .size = static_cast<std::uint16_t>(rest.size())};
  std::copy(rest.begin(), rest.end(), reinterpret_cast<char*>(name + 1));
  names_.insert(name);
  return TopicRef{name};
}

const TopicName* TopicTable::find(std::string_view rest) const {
  const auto found = names_.find(rest);
  return found == names_.end() ? nullptr : *found;
}

void TopicTable::release(TopicName* name) {
  if (--name->refs == 0) {
    names_.erase(name);
    ::operator delete(name);
  }
}

TopicRef::TopicRef(TopicName* name) : name_(name) {
  ++name_->refs;
}

TopicRef::TopicRef(const TopicRef& other) : name_(other.name_) {
  if (name_ != nullptr) {
    ++name_->refs;
  }
}

TopicRef& TopicRef::operator=(TopicRef other) noexcept {
  std::swap(name_, other.name_);
  return *this;
}

TopicRef::~TopicRef() {
  if (name_ != nullptr) {
    name_->table->release(name_);
  }
}

}  // namespace owb::core

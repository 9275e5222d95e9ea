#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "broker/net/tls/handshakes.hpp"
#include "broker/shard/worker.hpp"

namespace owb::net {

/// What a ConnectionTable owns; knows its own place there.
class Held : public shard::Mortal {
 public:
  /// The last bytes of a connection that ends have not all gone out yet.
  virtual bool saying_farewell() const { return false; }

 private:
  friend class ConnectionTable;
  std::size_t place_ = 0;
};

/// Owns whatever holds a socket on one worker. Threading: shard-local.
class ConnectionTable {
 public:
  explicit ConnectionTable(shard::Worker& worker) : worker_(worker) {}

  template <typename T>
  T& add(std::unique_ptr<T> item) {
    auto& added = *item;
    static_cast<Held&>(added).place_ = items_.size();
    items_.push_back(std::move(item));
    return added;
  }

  /// Destroys `item` when the current batch of events is over.
  void bury(Held& item) {
    const auto place = item.place_;
    auto owned = std::exchange(items_[place], std::move(items_.back()));
    if (items_[place]) {
      items_[place]->place_ = place;
    }
    items_.pop_back();
    worker_.bury(std::move(owned));
  }

  std::size_t size() const { return items_.size(); }

  std::size_t farewells() const {
    return static_cast<std::size_t>(std::count_if(
        items_.begin(), items_.end(), [](const auto& item) { return item->saying_farewell(); }));
  }

  shard::Worker& worker() { return worker_; }
  Handshakes& handshakes() { return handshakes_; }

 private:
  shard::Worker& worker_;
  Handshakes handshakes_;
  std::vector<std::unique_ptr<Held>> items_;
};

}  // namespace owb::net

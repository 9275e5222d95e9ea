#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/session.hpp"

namespace owb::core {

/// The sessions of one tenant by client id. Most have one or two, so it is a sorted list of
/// pointers: a flat hash table takes 1.3 KB for that, a tree 130 bytes.
///
/// Ownership: TenantHub. Threading: shard-local.
class SessionTable {
 public:
  /// Null: none.
  Session* find(std::string_view client_id) const {
    const auto place = place_of(client_id);
    return place != sessions_.end() && (*place)->client_id() == client_id ? place->get() : nullptr;
  }

  /// There is none of that id.
  Session& add(std::unique_ptr<Session> session) {
    return **sessions_.insert(place_of(session->client_id()), std::move(session));
  }

  void erase(const Session& session) { sessions_.erase(place_of(session.client_id())); }

  std::size_t size() const { return sessions_.size(); }

  auto begin() const { return sessions_.begin(); }

  auto end() const { return sessions_.end(); }

 private:
  std::vector<std::unique_ptr<Session>>::const_iterator place_of(std::string_view client_id) const {
    return std::lower_bound(
        sessions_.begin(), sessions_.end(), client_id,
        [](const auto& session, std::string_view id) { return session->client_id() < id; });
  }

  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace owb::core

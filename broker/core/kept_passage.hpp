#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "broker/core/keeper.hpp"
#include "broker/core/kept_values.hpp"
#include "broker/core/tenant_scope.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::core {

/// The entries of one tenant on their way from another server. They come from a file, so each is
/// checked before anybody makes something of it; and each gets the name of the tenant it goes to,
/// wherever the former one is the first level of a topic. What is in payloads stays as it is.
///
/// Bounds: remembers each session's number and ids and each subscription, so as much as the file
/// has. Threading: one thread.
class KeptPassage {
 public:
  KeptPassage(std::string_view from, std::string_view to);

  struct Entry {
    Bytes key;
    Bytes value;
  };

  /// The entry as it has to be kept under the new name. To be called in the store's order, without
  /// the tenant's own entry. Empty: it makes no sense, and problem() says why.
  std::optional<Entry> take(KeptKind kind, ByteView key, ByteView value);

  std::string_view problem() const { return problem_; }

 private:
  struct Session {
    std::unordered_set<std::uint16_t> ids;  ///< of what is queued
  };

  std::optional<Entry> retained(ByteView key, ByteView value);
  std::optional<Entry> session(ByteView key, ByteView value);
  std::optional<Entry> subscription(ByteView key, ByteView value);
  std::optional<Entry> queued(ByteView key, ByteView value);
  std::optional<Entry> received(ByteView key, ByteView value);

  std::nullopt_t bad(std::string_view problem);
  bool is_topic(std::string_view rest) const;
  /// `topic` with the new name as first level, if the former one is.
  std::string renamed(std::string_view topic) const;
  bool skip_deadline(KeptReader& in);
  enum class Payload : std::uint8_t { any, some };
  /// What `in` has left has to be a message; appends it to `out`.
  bool pass_message(KeptReader& in, Bytes& out, Payload payload = Payload::any);
  bool pass_forwarded(ByteView forwarded, Bytes& out);

  const std::string from_;
  const std::string to_;
  const TenantScope scope_;  ///< of the new name
  std::string_view problem_;
  KeptKind last_kind_ = KeptKind::tenant;
  Bytes last_key_;
  std::unordered_map<std::uint64_t, Session> sessions_;
  std::set<std::pair<std::uint64_t, std::string>> filters_;
};

}  // namespace owb::core

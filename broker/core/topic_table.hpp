#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/unordered/unordered_flat_set.hpp>

namespace owb::core {

/// What a topic's name alone decides, worked out once when the name is first seen (TopicRules).
enum TopicFlag : std::uint16_t {
  kTopicDropped = 1U << 0U,        ///< rule 10: secrets of the home, doors into it
  kTopicOrder = 1U << 1U,          ///< rule 9: never retained, waits at most `command_ttl`
  kTopicNeverRetained = 1U << 2U,  ///< orders and `user/openWB/log/#`
  kTopicCloud = 1U << 3U,          ///< rule 2: `user/cloud/#`, the broker's own
  kTopicLogin = 1U << 4U,          ///< rule 13: `user/webparm/#`, `user/webpara/#`
  kTopicOwnerWeb = 1U << 5U,       ///< an owner's cookie session may publish it (dashboard.md 5)
  kTopicViewerWeb = 1U << 6U,      ///< a viewer may publish it (history requests)
  kTopicViewerSees = 1U << 7U,     ///< a viewer may receive it (dashboard.md 2)
  kTopicHomeStatus = 1U << 8U,     ///< `user/openWB/…` outside set: marks a home (rule 8)
  kTopicMalformed = 1U << 9U,      ///< classic mode: no topic for mosquitto, see is_classic_topic()
};

class TopicTable;

/// The part of a topic behind the tenant's name, interned: one object a worker for all tenants that
/// use the name.
///
/// Ownership: counted by hand (`refs`), since millions of slots and messages point here; TopicRef
/// does the counting. Threading: shard-local.
struct TopicName {
  TopicTable* table = nullptr;
  std::uint32_t refs = 0;
  std::uint16_t flags = 0;
  std::uint16_t size = 0;

  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size}; }

  bool has(TopicFlag flag) const { return (flags & flag) != 0; }
};

/// Decides the flags of a new name. Pure.
class TopicRules {
 public:
  virtual ~TopicRules() = default;
  virtual std::uint16_t flags_of(std::string_view rest) const = 0;
};

/// Keeps a TopicName alive. One pointer in size.
class TopicRef {
 public:
  TopicRef() = default;
  explicit TopicRef(TopicName* name);
  TopicRef(const TopicRef& other);

  TopicRef(TopicRef&& other) noexcept : name_(other.name_) { other.name_ = nullptr; }

  TopicRef& operator=(TopicRef other) noexcept;
  ~TopicRef();

  const TopicName* get() const { return name_; }

  const TopicName* operator->() const { return name_; }

  explicit operator bool() const { return name_ != nullptr; }

 private:
  TopicName* name_ = nullptr;
};

/// The names in use on one worker (design.md 6). Names are chosen by peers, so the hash is keyed
/// (SipHash) with a random key.
///
/// Bound: a name lives as long as something of a tenant refers to it, so tenants' own limits bound
/// the table. Threading: shard-local.
class TopicTable {
 public:
  using HashKey = std::array<unsigned char, 16>;

  TopicTable(const TopicRules& rules, const HashKey& key);
  ~TopicTable();
  TopicTable(const TopicTable&) = delete;
  TopicTable& operator=(const TopicTable&) = delete;

  /// The one object for `rest` (at most 65,535 bytes), made if need be.
  TopicRef intern(std::string_view rest);

  /// The object for `rest`, or null if nobody uses that name.
  const TopicName* find(std::string_view rest) const;

  std::size_t size() const { return names_.size(); }

 private:
  friend class TopicRef;
  void release(TopicName* name);

  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    const HashKey* key = nullptr;
    std::size_t operator()(std::string_view text) const;

    std::size_t operator()(const TopicName* name) const { return (*this)(name->text()); }
  };

  struct Equal {
    using is_transparent = void;

    static std::string_view text(std::string_view text) { return text; }

    static std::string_view text(const TopicName* name) { return name->text(); }

    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return text(a) == text(b);
    }
  };

  const TopicRules& rules_;
  HashKey key_;
  boost::unordered_flat_set<TopicName*, Hash, Equal> names_;
};

}  // namespace owb::core

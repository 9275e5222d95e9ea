#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tenants/base/result.hpp"

namespace owb::core {

class TenantScope;

/// A topic that has been proved to be the tenant's own; only TenantScope makes one. Holds the part
/// behind the tenant's name
/// ("" or "/…"; the whole topic in classic mode) as a view into what was admitted.
class ScopedTopic {
 public:
  std::string_view rest() const { return rest_; }

 private:
  friend class TenantScope;

  explicit ScopedTopic(std::string_view rest) : rest_(rest) {}

  std::string_view rest_;
};

/// A filter translated to what is behind the tenant's name; matched against ScopedTopic::rest().
class ScopedFilter {
 public:
  std::string_view rest() const { return rest_; }

  bool has_wildcard() const { return wildcard_; }

  /// Granted, but nothing will ever match (`$SYS/#` inside a tenant).
  bool is_void() const { return void_; }

  /// Its second level is literally `cloud` (rule 2).
  bool names_cloud() const { return cloud_; }

 private:
  friend class TenantScope;
  std::string rest_;
  bool wildcard_ = false;
  bool void_ = false;
  bool cloud_ = false;
};

/// Depth and length limits of topics and filters (F17); 0: none.
struct TopicLimits {
  std::size_t bytes = 0;
  std::size_t levels = 0;
};

/// The border of one tenant: what its clients may name (design.md 3, rules 2 and 3). Byte for byte,
/// level against level.
///
/// Threading: immutable.
class TenantScope {
 public:
  /// `tenant` empty: classic mode, everything is inside but `$SYS` and `$share` for publishing, as
  /// with mosquitto.
  TenantScope(std::string tenant, TopicLimits limits)
      : tenant_(std::move(tenant)), limits_(limits) {}

  const std::string& tenant() const { return tenant_; }

  bool classic() const { return tenant_.empty(); }

  /// `topic` is a valid topic name. Errors: outside_tenant, topic_too_long.
  Result<ScopedTopic> admit_topic(std::string_view topic) const;

  /// `filter` is what stands behind `$share/GROUP/`, if anything does.
  /// Errors: invalid_topic, outside_tenant (could never match), topic_too_long.
  Result<ScopedFilter> admit_filter(std::string_view filter) const;

  /// A topic of the broker's own making, e.g. "/cloud/home".
  static ScopedTopic own_topic(std::string_view rest) { return ScopedTopic{rest}; }

 private:
  bool within_limits(std::string_view topic) const;

  std::string tenant_;
  TopicLimits limits_;
};

}  // namespace owb::core

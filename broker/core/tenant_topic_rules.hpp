#pragma once

#include <string>
#include <vector>

#include "broker/core/classic.hpp"
#include "broker/core/topic_table.hpp"

namespace owb::core {

/// What openWB's topics mean inside a tenant (design 3, rules 2, 8 to 11, 13; dashboard.md 2 and
/// 5). Threading: immutable.
class TenantTopicRules final : public TopicRules {
 public:
  /// `drop_topics`: filters below the tenant's name, e.g. "openWB/system/device/+/config" (rule
  /// 10). `login_topic`: the level that holds id and theme, "webparm".
  TenantTopicRules(const std::vector<std::string>& drop_topics, const std::string& login_topic);

  std::uint16_t flags_of(std::string_view rest) const override;

 private:
  std::vector<std::string> drop_;  ///< with a leading "/", as rests have it
  std::string login_prefix_;
};

/// Classic mode: a name means nothing, but mosquitto does not take every one.
class ClassicTopicRules final : public TopicRules {
 public:
  std::uint16_t flags_of(std::string_view rest) const override {
    return is_classic_topic(rest) ? 0 : kTopicMalformed;
  }
};

}  // namespace owb::core

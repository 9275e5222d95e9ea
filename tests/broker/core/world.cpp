#include "world.hpp"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "broker/core/tenant_topic_rules.hpp"

namespace owb::core {

using mqtt::Reason;

World::World() = default;

World::~World() {
  clients_.clear();
}

void World::make_realm() {
  if (!realm_) {
    std::unique_ptr<const TopicRules> rules;
    if (settings.tenancy) {
      rules = std::make_unique<TenantTopicRules>(
          std::vector<std::string>{"openWB/system/mqtt/secret", "openWB/set/system/mqtt/#"},
          settings.login_topic);
    } else {
      rules = std::make_unique<ClassicTopicRules>();
    }
    Authenticator& authenticator = *this;
    realm_ =
        std::make_unique<Realm>(Realm::Parts{.settings = std::make_shared<const Settings>(settings),
                                             .rules = std::move(rules),
                                             .hash_key = {1, 2, 3},
                                             .random_seed = 42,
                                             .now = now_,
                                             .keeper = keeps ? &keeper : nullptr,
                                             .watch = watch},
                                authenticator);
  }
}

void World::commits() {
  keeper.commit();
  realm_->kept();
  settles();
}

void World::crashes(std::int64_t away_s) {
  keeper.crash();
  const auto entries = keeper.entries;
  for (const auto& client : clients_) {
    client->vanishes();
  }
  realm_.reset();
  keeper.crash();
  keeper.entries = entries;
  now_.wall_s += away_s;
  now_.mono_ms += 17;  // the monotonic clock says nothing about the time away
  make_realm();
  for (const auto& [key, value] : entries) {
    const auto record = records_.find(key.tenant);
    EXPECT_TRUE(realm_->restore(key.tenant, record == records_.end() ? nullptr : record->second,
                                key.kind, as_byte_view(key.key), value));
  }
  realm_->restored();
  settles();
}

Client& World::client(std::string tenant, std::string id, Role role) {
  make_realm();
  clients_.push_back(std::make_unique<Client>(*this, std::move(tenant), std::move(id), role));
  return *clients_.back();
}

void World::registers(const std::string& tenant, std::uint64_t uid, bool suspended,
                      std::uint64_t generation, std::string_view limits) {
  records(tenant, uid, suspended, generation, limits);
  if (realm_) {
    realm_->tenant_changed(tenant, records_[tenant]);
    settles();
  }
}

void World::records(const std::string& tenant, std::uint64_t uid, bool suspended,
                    std::uint64_t generation, std::string_view limits) {
  auto overrides = tenants::LimitOverrides::parse(limits);
  ASSERT_TRUE(overrides) << limits;
  records_[tenant] = std::make_shared<const tenants::TenantRecord>(
      tenants::TenantRecord{.id = *TenantId::parse(tenant),
                            .uid = uid,
                            .suspended = suspended,
                            .generation = generation,
                            .webparm_id = static_cast<std::int64_t>(uid),
                            .thema = "standard",
                            .limits = *overrides});
}

void World::deletes(const std::string& tenant) {
  records_.erase(tenant);
  realm_->tenant_changed(tenant, nullptr);
  settles();
}

void World::passes_ms(std::int64_t ms) {
  constexpr std::int64_t kLongStepMs = 1'000;
  const auto end = now_.mono_ms + ms;
  while (now_.mono_ms < end) {
    const auto left = end - now_.mono_ms;
    const auto step = left > 2 * kLongStepMs ? kLongStepMs : std::min(TimerWheel::kTickMs, left);
    const auto former = now_.mono_ms / 1000;
    now_.mono_ms += step;
    now_.wall_s += now_.mono_ms / 1000 - former;
    realm_->advance(now_);
    settles();
  }
}

void World::settles() {
  constexpr int kMostTurns = 10'000;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    if (keeper.commit_by_itself()) {
      realm_->kept();
    }
    realm_->end_turn();
    bool any = realm_->has_pending_work();
    for (const auto& client : clients_) {
      any = client->answers() || any;
    }
    if (!any) {
      return;
    }
  }
  ADD_FAILURE() << "the world does not come to rest";
}

void World::answers_login(std::uint64_t link, bool granted) {
  AuthResult result;
  if (granted) {
    result = {.status = AuthResult::Status::granted,
              .reason = Reason::success,
              .identity = pending_.at(link)};
  }
  realm_->auth_done(link, result);
  settles();
}

AuthResult World::check(const AuthRequest& request) {
  const auto identity = identity_of(request);
  if (logins_wait) {
    waiting.push_back(request.link);
    pending_[request.link] = identity;
    return {.status = AuthResult::Status::pending};
  }
  return {.status = AuthResult::Status::granted, .reason = Reason::success, .identity = identity};
}

Identity World::identity_of(const AuthRequest& request) const {
  Identity identity;
  identity.user = request.user.value_or("");
  if (!settings.tenancy) {
    identity.role = Role::anonymous;
    return identity;
  }
  identity.tenant = identity.user;
  if (request.password) {
    identity.role = static_cast<Role>(std::stoi(std::string(as_text(*request.password))));
  }
  if (request.peer.web) {
    identity.session_id = request.peer.web->session_id;
    identity.expires = request.peer.web->expires;
  }
  if (const auto record = records_.find(identity.tenant); record != records_.end()) {
    identity.record = record->second;
  }
  return identity;
}

}  // namespace owb::core

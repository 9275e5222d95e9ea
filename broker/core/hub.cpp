#include "broker/core/hub.hpp"

#include <algorithm>

#include "broker/core/error.hpp"
#include "broker/core/json_text.hpp"
#include "broker/core/link.hpp"
#include "broker/mqtt/topic.hpp"
#include "tenants/base/contained.hpp"

namespace owb::core {

namespace {

constexpr std::int64_t kHousekeepingMs = 1'000;
constexpr std::string_view kHomeTopic = "/cloud/home";
constexpr std::string_view kDeniedTopic = "/cloud/denied";

}  // namespace

TenantHub::TenantHub(Realm& realm, std::string tenant,
                     const std::shared_ptr<const tenants::TenantRecord>& record)
    : realm_(realm),
      scope_(std::move(tenant), TopicLimits{}),
      record_(record),
      memory_(realm.memory()),
      kept_(realm, scope_.tenant()) {
  apply_record();
}

TenantHub::~TenantHub() {
  realm_.forget_replay(*this);
  realm_.forget_saving(*this);
  replays_.clear();
  realm_.stats().sessions -= sessions_.size();
}

void TenantHub::apply_record() {
  limits_ = record_ ? &realm_.settings().registry_limits : &realm_.settings().file_user_limits;
  own_limits_.reset();
  if (record_ && !record_->limits.empty()) {
    own_limits_ =
        std::make_unique<const tenants::Limits>(tenants::apply(*limits_, record_->limits));
    limits_ = own_limits_.get();
  }
  scope_ = TenantScope(scope_.tenant(),
                       {.bytes = limits_->topic_bytes, .levels = limits_->topic_levels});
  budget_.configure(*limits_);
  kept_.belongs_to(record_ ? record_->uid : 0);
  set_login_topics();
}

void TenantHub::set_login_topics() {
  if (!record_) {
    return;
  }
  // Rule 13. Both spellings: openWB's predecessor documents one and reads the other.
  for (const auto& root : {"/" + realm_.settings().login_topic, std::string("/webpara")}) {
    publish_own(root + "/id", std::to_string(record_->webparm_id));
    publish_own(root + "/thema", record_->thema);
  }
}

std::vector<ClientLink*> TenantHub::links() const {
  std::vector<ClientLink*> links;
  for (const auto& session : sessions_) {
    if (session->connected()) {
      links.push_back(session->link());
    }
  }
  return links;
}

// ---- the registry ----

void TenantHub::record_changed(const std::shared_ptr<const tenants::TenantRecord>& record) {
  const auto former = record_;
  const bool other_tenant = record && former && record->uid != former->uid;
  if (!record || other_tenant) {
    // Rule 6: deleted, or deleted and added again under the same name: nothing of the former one
    // stays.
    end_all(EndReason::not_authorized, false);
    forget_everything();
  } else if (record->suspended || !former || former->generation != record->generation) {
    end_those_with_former_credentials(former.get(), *record);
  }
  if (former && (!record || other_tenant)) {
    deleted_uid_ = former->uid;
  }
  if (record && record->uid == deleted_uid_) {
    deleted_uid_ = 0;  // the registry says that it is there
  }
  record_ = record;
  try {
    apply_record();
  } catch (...) {
    record_ = former;  // the next login brings it again
    throw;
  }
}

void TenantHub::end_those_with_former_credentials(const tenants::TenantRecord* former,
                                                  const tenants::TenantRecord& record) {
  // Without a former record the registry takes over a name that only a password file knew: from now
  // on it alone decides.
  const bool new_secret = !former || former->home_secret != record.home_secret;
  const bool new_password = !former || former->password_hash != record.password_hash;
  const bool all = record.suspended || (!new_secret && !new_password);
  const auto is_over = [&](const ClientLink& link) {
    if (!link.cookie_session().empty()) {
      return record.suspended;  // a cookie has its own revocation; only a suspension ends it too
    }
    return all || (link.role() == Role::home ? new_secret : new_password);
  };
  end_links(mqtt::Reason::administrative_action, false,
            [&is_over](const ClientLink& link) { return is_over(link); });
  // Whose delayed wills these are is not known any more.
  for (const auto& session : sessions_) {
    session->will.reset();
  }
}

void TenantHub::forget_everything() {
  replays_.clear();
  realm_.forget_replay(*this);
  while (sessions_.size() != 0) {
    end_session(**sessions_.begin());
  }
  kept_.nothing();
  for (std::uint32_t index = 0; index < slots_.end(); ++index) {
    if (slots_[index].in_use() && slots_[index].retained) {
      drop_retained(slots_[index]);
      slots_.release_if_idle(index);
    }
  }
  slots_.release_all_idle();
  denied_ = {};
  home_ = HomeStatus{};
}

// ---- what the owner is told ----

void TenantHub::publish_own(std::string_view rest, std::string_view payload) {
  const auto topic = realm_.topics().intern(TenantScope::own_topic(rest).rest());
  const auto index = slots_.find(topic.get());
  if (index != TopicSlots::kNone && slots_[index].retained &&
      as_text(slots_[index].retained->payload()) == payload) {
    return;
  }
  const MessageView view{.qos = mqtt::Qos::at_least_once,
                         .retain = true,
                         .payload = as_byte_view(payload),
                         .transient = true};
  if (!publish(topic, view, nullptr)) {
    ++realm_.stats().messages_dropped;
  }
}

void TenantHub::acls_changed() {
  for (const auto& session : sessions_) {
    if (session->acl) {
      session->acl->acl = realm_.acl_of(session->acl->listener);
    }
  }
}

void TenantHub::denied(std::string_view topic) {
  ++realm_.stats().denied;
  if (scope_.classic()) {
    return;
  }
  auto& denied = denied_.made();
  if (denied.count++ == 0) {
    denied.since = realm_.now().wall_s;
  }
  denied.topic = json_text(topic);
  denied.changed = true;
  arm_housekeeping();
}

void TenantHub::home_changed() {
  if (scope_.classic()) {
    return;
  }
  HomeStatus now = home_;
  now.connected = now.writable = now.bridge_bit = false;
  for (const auto& session : sessions_) {
    const auto* link = session->link();
    if (link == nullptr || !session->home) {
      continue;
    }
    now.connected = true;
    now.bridge_bit = now.bridge_bit || link->bridge();
    for (const auto& subscription : session->subscriptions) {
      const auto& filter = *subscription;
      now.writable =
          now.writable ||
          (!filter.is_void() &&
           (mqtt::matches(filter.rest(), "/openWB/set/ChargeMode") ||
            mqtt::matches(filter.rest(), "/openWB/set/chargepoint/0/set/charge_template")));
    }
  }
  if (now.connected != home_.connected) {
    now.since = realm_.now().wall_s;
  }
  if (now.connected || home_.connected) {
    now.last = realm_.now().wall_s;
  }
  home_ = now;
  publish_own(kHomeTopic, home_.json());
}

std::size_t TenantHub::subscription_count() const {
  std::size_t count = 0;
  for (const auto& session : sessions_) {
    count += session->subscriptions.size();
  }
  return count;
}

void TenantHub::arm_housekeeping() {
  if (!armed()) {
    realm_.wheel().arm(*this, realm_.now().mono_ms + kHousekeepingMs);
  }
}

void TenantHub::on_timer() {
  if (denied_ && denied_->changed) {
    denied_->changed = false;
    contained("cloud/denied", [this] {
      publish_own(kDeniedTopic, "{\"count\":" + std::to_string(denied_->count) + ",\"topic\":\"" +
                                    denied_->topic +
                                    "\",\"since\":" + std::to_string(denied_->since) + "}");
    });
  }
  // [MQTT5-3.3.2-5]: expired retained messages are taken away, not only hidden.
  for (std::uint32_t index = 0; retained_expiring_ != 0 && index < slots_.end(); ++index) {
    auto& slot = slots_[index];
    if (slot.in_use() && slot.retained && slot.retained->expired(realm_.now().mono_ms)) {
      if (kept_.active()) {
        contained("what is kept of a topic", [&] { kept_.no_retained(*slot.name.get()); });
      }
      drop_retained(slot);
      slots_.release_if_idle(index);
    }
  }
  if (retained_expiring_ != 0) {
    arm_housekeeping();
  }
}

}  // namespace owb::core

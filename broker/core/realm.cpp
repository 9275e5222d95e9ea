#include "broker/core/realm.hpp"

#include <algorithm>

#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"
#include "broker/core/sys_topics.hpp"
#include "tenants/base/contained.hpp"

namespace owb::core {

Realm::Realm(Parts parts, Authenticator& authenticator)
    : parts_(std::move(parts)),
      authenticator_(authenticator),
      now_(parts_.now),
      memory_(parts_.settings->memory_limit),
      random_(parts_.random_seed),
      topics_(*parts_.rules, parts_.hash_key),
      wheel_(now_.mono_ms) {
  if (!settings().tenancy && settings().sys_interval_s > 0) {
    sys_topics_ = std::make_unique<SysTopics>(*this);
  }
  spare_buffers_.reserve(kSpareBuffers);
}

Realm::~Realm() {
  cancel();
}

void Realm::advance(Now now) {
  now_ = now;
  wheel_.advance(now.mono_ms);
}

void Realm::end_turn() {
  // Whatever goes wrong with one connection is contained there (F64); the rest is for all of them,
  // and the next turn tries it again.
  contained("retained messages", [this] { go_on_with_replays(); });
  replay_budget_ = kReplayBudget;
  contained("what is to be kept", [this] { seal(); });
  // A connection that took everything may have more behind it; after some rounds the others get
  // their turn.
  for (int round = 0; round < kFlushRounds && !dirty_.empty(); ++round) {
    flushing_.swap(dirty_);
    for (auto*& link : flushing_) {
      if (link != nullptr) {
        flush(*std::exchange(link, nullptr));
      }
    }
    flushing_.clear();
  }
  if (memory_.exceeded()) {
    contained("memory_limit", [this] { shed(); });
  }
}

void Realm::go_on_with_replays() {
  auto hubs = std::exchange(replaying_, {});
  while (!hubs.empty() && replay_budget_ > 0) {
    auto* hub = hubs.back();
    if (!hub->continue_replays(replay_budget_)) {
      hubs.pop_back();
    }
  }
  if (replaying_.empty()) {
    replaying_ = std::move(hubs);
  } else {
    replaying_.insert(replaying_.begin(), hubs.begin(), hubs.end());
  }
}

// F52: the memory of all is used up, so those who have most give some back.
void Realm::shed() {
  for (int round = 0; round < kShedRounds && memory_.exceeded(); ++round) {
    TenantHub* largest = nullptr;
    for (const auto& hub : hubs_) {
      if (largest == nullptr || hub->memory().used() > largest->memory().used()) {
        largest = hub.get();
      }
    }
    if (largest == nullptr || !largest->shed(memory_.excess())) {
      return;  // what is left is retained or in flight
    }
  }
}

void Realm::flush(ClientLink& link) {
  link.clear_dirty();
  auto& outbox = link.outbox();
  const auto before = outbox.size();
  try {
    link.transport().flush(outbox);
  } catch (...) {
    link.broke();
    return;
  }
  link.count_backlog();
  stats_.bytes_sent += before - outbox.size();
  if (outbox.empty()) {
    return_buffer(outbox);
    if (link.take_held_back()) {
      link.on_writable();
    }
  }
}

void Realm::drop_dirty(const ClientLink& link) {
  std::erase(dirty_, &link);
  std::replace(flushing_.begin(), flushing_.end(), const_cast<ClientLink*>(&link),
               static_cast<ClientLink*>(nullptr));
}

void Realm::adopt_buffer(Outbox& outbox) {
  if (outbox.capacity() == 0 && !spare_buffers_.empty()) {
    outbox.adopt(std::move(spare_buffers_.back()));
    spare_buffers_.pop_back();
  }
}

void Realm::return_buffer(Outbox& outbox) {
  auto buffer = outbox.take();
  buffer.clear();
  if (buffer.capacity() != 0 && buffer.capacity() <= kLargestSpare &&
      spare_buffers_.size() < kSpareBuffers) {
    spare_buffers_.push_back(std::move(buffer));
  }
}

void Realm::auth_done(std::uint64_t link, const AuthResult& result) {
  if (const auto found = links_.find(link); found != links_.end()) {
    found->second->auth_done(result);
  }
}

void Realm::tenant_changed(std::string_view tenant,
                           std::shared_ptr<const tenants::TenantRecord> record) {
  if (auto* hub = find_hub(tenant)) {
    hub->record_changed(record);
  }
}

void Realm::sessions_revoked(const std::vector<std::string>& session_ids) {
  for (const auto& hub : hubs_) {
    hub->end_web_sessions(session_ids);
  }
}

void Realm::set_acls(std::vector<std::shared_ptr<const Acl>> by_listener) {
  acls_ = std::move(by_listener);
  for (const auto& hub : hubs_) {
    hub->acls_changed();
  }
}

void Realm::shut_down() {
  std::vector<ClientLink*> links;
  links.reserve(links_.size());
  for (const auto& [id, link] : links_) {
    links.push_back(link);
  }
  for (auto* link : links) {
    link->end(mqtt::Reason::server_shutting_down);
  }
  save_now();
  end_turn();
}

// ---- what is kept ----

bool Realm::restore(std::string_view tenant,
                    const std::shared_ptr<const tenants::TenantRecord>& record, KeptKind kind,
                    ByteView key, ByteView value) {
  return hub_for_login(std::string(tenant), record)->restore(kind, key, value);
}

void Realm::restored() {
  std::vector<TenantHub*> hubs;
  for (const auto& hub : hubs_) {
    hubs.push_back(hub.get());
  }
  for (auto* hub : hubs) {
    hub->restored();
  }
}

std::size_t Realm::arrive(const std::shared_ptr<const tenants::TenantRecord>& record,
                          std::span<const tenants::StateEntry> entries) {
  const auto& tenant = record->id.str();
  if (auto* known = find_hub(tenant)) {
    if (known->kept().is_announced(record->uid)) {
      return 0;
    }
    known->record_changed(nullptr);
  }
  auto* hub = hub_for_login(tenant, record);
  return hub == nullptr ? entries.size() : hub->arrive(entries);
}

void Realm::seal() {
  // What goes on after a commit may have to be kept as well.
  for (int round = 0; round < kSealRounds && has_unsealed_changes(); ++round) {
    parts_.keeper->seal();
    kept();
  }
}

void Realm::kept() {
  const auto committed = parts_.keeper->committed();
  releasing_.swap(holding_);
  for (auto*& link : releasing_) {
    if (link != nullptr) {
      std::exchange(link, nullptr)->release_held(committed);
    }
  }
  releasing_.clear();
}

void Realm::holds_no_longer(const ClientLink& link) {
  std::erase(holding_, &link);
  std::replace(releasing_.begin(), releasing_.end(), const_cast<ClientLink*>(&link),
               static_cast<ClientLink*>(nullptr));
}

void Realm::wants_saving(TenantHub& hub) {
  unsaved_.push_back({&hub, now_.mono_ms});
  if (!armed() && settings().autosave_interval_s > 0) {
    wheel_.arm(*this, now_.mono_ms + kSaveStepMs);
  }
}

void Realm::forget_saving(const TenantHub& hub) {
  std::erase_if(unsaved_, [&hub](const Unsaved& unsaved) { return unsaved.hub == &hub; });
}

// Hubs become unsaved at different times, so looking at the oldest each second spreads the work
// over the interval.
void Realm::on_timer() {
  const auto before_ms = now_.mono_ms - settings().autosave_interval_s * 1000;
  contained("what is to be kept", [this, before_ms] { save(before_ms); });
  if (!unsaved_.empty()) {
    wheel_.arm(*this, now_.mono_ms + kSaveStepMs);
  }
}

// What finds no room any more waits where it is, the newest value of each topic.
void Realm::save(std::int64_t before_ms) {
  while (!unsaved_.empty() && unsaved_.front().since_ms <= before_ms && !keeper_is_full()) {
    unsaved_.front().hub->save_retained();
    unsaved_.pop_front();
  }
}

TenantHub* Realm::hub_for_login(const std::string& tenant,
                                const std::shared_ptr<const tenants::TenantRecord>& record) {
  auto* hub = find_hub(tenant);
  if (hub == nullptr) {
    return hubs_.insert(std::make_unique<TenantHub>(*this, tenant, record)).first->get();
  }
  // The login and the news from the registry come by different ways, so either can be first. Uids
  // grow, and so does the generation of each record.
  const auto* known = hub->record();
  if (record == nullptr || known == record.get()) {
    return known == nullptr || record != nullptr ? hub : nullptr;
  }
  if (record->uid == hub->deleted_uid()) {
    return nullptr;
  }
  if (known != nullptr && (record->uid < known->uid ||
                           (record->uid == known->uid && record->generation < known->generation))) {
    return nullptr;
  }
  if (known == nullptr || record->uid != known->uid || record->generation != known->generation) {
    hub->record_changed(record);
  }
  return hub;
}

TenantHub* Realm::find_hub(std::string_view tenant) {
  const auto found = hubs_.find(tenant);
  return found == hubs_.end() ? nullptr : found->get();
}

std::size_t Realm::ByTenant::operator()(std::string_view tenant) const {
  return boost::hash<std::string_view>{}(tenant);
}

std::size_t Realm::ByTenant::operator()(const std::unique_ptr<TenantHub>& hub) const {
  return (*this)(std::string_view(hub->scope().tenant()));
}

bool Realm::ByTenant::operator()(const std::unique_ptr<TenantHub>& a,
                                 const std::unique_ptr<TenantHub>& b) const {
  return a->scope().tenant() == b->scope().tenant();
}

bool Realm::ByTenant::operator()(std::string_view a, const std::unique_ptr<TenantHub>& b) const {
  return a == b->scope().tenant();
}

bool Realm::ByTenant::operator()(const std::unique_ptr<TenantHub>& a, std::string_view b) const {
  return a->scope().tenant() == b;
}

// The prefix and a UUID, as mosquitto makes them.
std::string Realm::random_client_id(std::string_view prefix) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  static constexpr std::string_view kForm = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  std::string id{prefix};
  std::uint64_t bits = 0;
  int left = 0;
  for (const char c : kForm) {
    if (c == '-' || c == '4') {
      id += c;
      continue;
    }
    if (left == 0) {
      bits = random_();
      left = 16;
    }
    id += kDigits[c == 'y' ? 8U | (bits & 3U) : bits & 15U];
    bits >>= 4U;
    --left;
  }
  return id;
}

std::uint64_t Realm::register_link(ClientLink& link) {
  const auto count = links_.size() + 1;
  for (auto* list : {&dirty_, &flushing_}) {
    if (list->capacity() < count) {
      list->reserve(std::max(count, 2 * list->capacity()));
    }
  }
  links_.emplace(next_link_, &link);
  ++stats_.connections;
  return next_link_++;
}

void Realm::unregister_link(std::uint64_t id) {
  links_.erase(id);
  --stats_.connections;
}

void Realm::wants_replay(TenantHub& hub) {
  if (std::find(replaying_.begin(), replaying_.end(), &hub) == replaying_.end()) {
    replaying_.push_back(&hub);
  }
}

bool Realm::replay_now(TenantHub& hub) {
  return replay_budget_ > 0 && !hub.continue_replays(replay_budget_);
}

void Realm::forget_replay(const TenantHub& hub) {
  std::erase(replaying_, &hub);
}

}  // namespace owb::core

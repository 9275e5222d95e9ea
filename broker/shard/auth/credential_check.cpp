#include "broker/shard/auth/credential_check.hpp"

#include <utility>

#include "broker/shard/auth/login_log.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::shard {

using core::AuthRequest;
using core::AuthResult;
using core::ListenerKind;
using core::Role;
using mqtt::Reason;
using Outcome = SlowAnswer::Outcome;
using Status = AuthResult::Status;

namespace {

AuthResult refused(Reason reason) {
  return {.status = Status::refused, .reason = reason};
}

// The home secret stands in the status data of openWB 2.x, which browsers see: there it opens
// nothing (rule 11).
bool is_for_homes(ListenerKind kind) {
  return kind == ListenerKind::tcp || kind == ListenerKind::tls;
}

}  // namespace

CredentialCheck::CredentialCheck(std::shared_ptr<const AuthData> data, const CredentialKey& key,
                                 SlowChecks& checks, AuthSink& sink, std::function<core::Now()> now)
    : key_{key}, checks_{checks}, sink_{sink}, now_{std::move(now)}, data_{std::move(data)} {}

CredentialCheck::~CredentialCheck() {
  for (const auto& [link, pending] : pending_) {
    checks_.forget(sink_, link);
  }
}

AuthResult CredentialCheck::check(const AuthRequest& request) {
  if (data_->tenancy && request.peer.web) {
    return check_cookie(request, *request.peer.web);
  }
  if (request.peer.certificate_name) {
    return check_certificate(request, *request.peer.certificate_name);
  }
  if (!request.user || request.user->empty()) {
    return check_anonymous(request);  // F30: an empty name is none, as for mosquitto
  }
  return check_password(request, *request.user);
}

// The cookie was opened at the upgrade; what it stands for may have changed since.
AuthResult CredentialCheck::check_cookie(const AuthRequest& request,
                                         const core::WebSession& session) {
  const auto& registry = *data_->registry;
  auto record = registry.find(session.tenant);
  const bool known = session.tenant_uid != 0 ? record && record->uid == session.tenant_uid  // F25
                                             : !record && !registry.is_tombstone(session.tenant) &&
                                                   data_->any_file_hash(session.tenant) != nullptr;
  if (!known || (session.expires != 0 && now_().wall_s >= session.expires)) {
    log_failed_login(request.peer.address, known ? "cookie_expired" : "cookie_of_former_tenant",
                     session.tenant);
    return refused(Reason::not_authorized);
  }
  auto result =
      grant(session.tenant, session.viewer ? Role::viewer : Role::owner_web, std::move(record));
  result.identity.session_id = session.session_id;
  result.identity.expires = session.expires;
  return result;
}

AuthResult CredentialCheck::check_certificate(const AuthRequest& request, const std::string& name) {
  if (!data_->tenancy) {
    return grant(name, Role::owner, nullptr);
  }
  if (!TenantId::parse(name) || data_->registry->is_tombstone(name)) {
    log_failed_login(request.peer.address, "certificate_name", name);
    return refused(Reason::not_authorized);
  }
  return grant(name, Role::owner, data_->registry->find(name));
}

AuthResult CredentialCheck::check_anonymous(const AuthRequest& request) {
  if (!data_->tenancy && request.peer.allow_anonymous) {
    return grant({}, Role::anonymous, nullptr);
  }
  log_failed_login(request.peer.address, "no_user_name", {});
  return wrong(request.version);
}

AuthResult CredentialCheck::check_password(const AuthRequest& request, std::string_view user) {
  const auto& peer = request.peer;
  if (data_->tenancy) {
    if (const auto id = TenantId::parse(user); !id) {
      log_failed_login(peer.address, "invalid_user_name", user);  // F20
      return wrong(request.version);
    }
  } else if (!data_->has_file(peer.listener)) {
    // Nobody to be compared with: mosquitto takes every name, or none.
    if (peer.allow_anonymous) {
      return grant(user, Role::anonymous, nullptr);
    }
    log_failed_login(peer.address, "unknown_user", user);
    return wrong(request.version);
  }
  if (!request.password || request.password->size() > tenants::kMaxPasswordBytes) {
    log_failed_login(peer.address, request.password ? "password_too_long" : "no_password", user);
    return wrong(request.version);
  }
  const auto account = find_account(user, peer.kind, peer.listener);
  if (account.record && is_for_homes(peer.kind) &&
      data_->registry->check_home_secret(*account.record, as_text(*request.password))) {
    return grant(user, Role::home, account.record);
  }
  const auto mac = key_.mac(user, account.stored_hash, *request.password);
  if (verified_.find(mac) != nullptr) {
    return grant(user, Role::owner, account.record);
  }
  if (is_known_wrong(mac)) {
    log_failed_login(peer.address, "wrong_password_again", user);
    return wrong(request.version);
  }
  return submit(request, account, mac);
}

AuthResult CredentialCheck::submit(const AuthRequest& request, const Account& account,
                                   const CredentialMac& mac) {
  const auto& peer = request.peer;
  const std::string user{*request.user};
  const bool rehash = account.record && tenants::needs_rehash(account.stored_hash);
  const auto taken = checks_.submit(
      {.sink = &sink_,
       .link = request.link,
       .name = user,
       .address = peer.address,
       .stored_hash = std::string{account.stored_hash},
       .password = SecretBytes::copy_of(*request.password),
       .throttled = peer.kind != ListenerKind::login,  // the portal does it, by the same address
       .rehash = rehash});
  switch (taken) {
    case SlowChecks::Taken::blocked:
      log_failed_login(peer.address, "blocked", user);
      return wrong(request.version);
    case SlowChecks::Taken::full:
      log_failed_login(peer.address, "too_many_checks", user);
      return refused(Reason::server_busy);
    case SlowChecks::Taken::queued:
      break;
  }
  pending_[request.link] = {.user = user,
                            .address = peer.address,
                            .mac = mac,
                            .stored_hash = std::string{account.stored_hash},
                            .uid = rehash ? account.record->uid : 0,
                            .generation = rehash ? account.record->generation : 0,
                            .kind = peer.kind,
                            .listener = peer.listener,
                            .version = request.version};
  return {.status = Status::pending};
}

std::optional<AuthResult> CredentialCheck::finish(const SlowAnswer& answer) {
  const auto found = pending_.find(answer.link);
  if (found == pending_.end()) {
    return std::nullopt;
  }
  const auto asked = std::move(found->second);
  pending_.erase(found);
  switch (answer.outcome) {
    case Outcome::wrong:
      wrong_.put(asked.mac, now_().mono_ms + kWrongMs);
      return wrong(asked.version);
    case Outcome::blocked:
      log_failed_login(asked.address, "blocked", asked.user);
      return wrong(asked.version);
    case Outcome::busy:
      return refused(Reason::server_busy);
    case Outcome::failed:
      return refused(Reason::server_unavailable);
    case Outcome::right:
      break;
  }
  // Meanwhile the password may have been changed, or the tenant deleted: that client must ask anew.
  const auto account = find_account(asked.user, asked.kind, asked.listener);
  // A new hash of the same password is no change: the first of several logins at once brings it.
  const bool same_password = asked.uid != 0 && account.record &&
                             account.record->uid == asked.uid &&
                             account.record->generation == asked.generation;
  if (account.stored_hash.empty() ||
      (account.stored_hash != asked.stored_hash && !same_password)) {
    return refused(Reason::server_busy);
  }
  verified_.put(asked.mac, {});
  return grant(asked.user, Role::owner, account.record);
}

void CredentialCheck::forget(std::uint64_t link) {
  if (pending_.erase(link) != 0) {
    checks_.forget(sink_, link);
  }
}

CredentialCheck::Account CredentialCheck::find_account(std::string_view user, ListenerKind kind,
                                                       std::uint32_t listener) const {
  if (data_->tenancy) {
    if (auto record = data_->registry->find(user)) {
      const std::string_view hash = record->password_hash;
      return {.record = std::move(record), .stored_hash = hash};
    }
    if (data_->registry->is_tombstone(user)) {
      return {};
    }
  }
  const auto* hash =
      kind == ListenerKind::login ? data_->any_file_hash(user) : data_->file_hash(user, listener);
  return {.stored_hash = hash == nullptr ? std::string_view{} : *hash};
}

// Only here somebody becomes somebody. A suspended tenant learns it by the right credential only,
// so that strangers cannot tell it from a name that does not exist.
AuthResult CredentialCheck::grant(std::string_view user, Role role,
                                  std::shared_ptr<const tenants::TenantRecord> record) const {
  if (record && record->suspended) {
    return refused(Reason::not_authorized);
  }
  AuthResult result{.status = Status::granted, .reason = Reason::success};
  result.identity.user = user;
  result.identity.role = role;
  if (data_->tenancy) {
    result.identity.tenant = user;
    result.identity.record = std::move(record);
  }
  return result;
}

// One answer for everything that is wrong. 3.x clients read 5, as from mosquitto, and so do 5.0
// clients in classic mode.
AuthResult CredentialCheck::wrong(mqtt::Version version) const {
  const bool as_mosquitto = version != mqtt::Version::v5 || !data_->tenancy;
  return refused(as_mosquitto ? Reason::not_authorized : Reason::bad_user_name_or_password);
}

bool CredentialCheck::is_known_wrong(const CredentialMac& mac) {
  const auto* until = wrong_.find(mac);
  return until != nullptr && now_().mono_ms < *until;
}

}  // namespace owb::shard

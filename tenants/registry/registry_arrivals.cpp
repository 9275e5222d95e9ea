// Tenants that move from one server to another.
#include <algorithm>

#include "tenants/registry/error.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/registry_state.hpp"

namespace owb::tenants {
namespace {

/// What another registry said of a tenant is believed no more than what a person types.
Result<void> check(const TenantRecord& tenant) {
  if (!HomeSecretOrigin::read(tenant.home_origin)) {
    return make_error_code(Errc::secret_invalid);
  }
  if (!is_webparm_id(tenant.webparm_id)) {
    return make_error_code(Errc::webparm_id_invalid);
  }
  if (!is_thema(tenant.thema)) {
    return make_error_code(Errc::thema_invalid);
  }
  return tenant.password_hash.empty() ? Result<void>{} : check_hash_format(tenant.password_hash);
}

}  // namespace

HomeSecretOrigin Registry::origin_of(const TenantRecord& tenant) const {
  if (const auto known = HomeSecretOrigin::read(tenant.home_origin)) {
    return *known;
  }
  HomeSecretOrigin origin{.uid = tenant.uid};
  const auto key = state_->home_key.view();
  std::copy_n(key.begin(), std::min(key.size(), origin.key.size()), origin.key.begin());
  return origin;
}

Result<TenantRecord> Registry::import(const TenantRecord& tenant,
                                      const std::vector<StateEntry>& state, Tombstone tombstone,
                                      const By& by) {
  if (const auto checked = check(tenant); !checked) {
    return checked.error();
  }
  auto& database = state_->database;
  return state_->transact([&]() -> Result<TenantRecord> {
    const auto buried = state_->is_tombstone(tenant.id.str());
    if (!buried || (*buried && tombstone == Tombstone::refuse)) {
      return buried ? make_error_code(Errc::tenant_buried) : buried.error();
    }
    const auto uid = state_->take_number("next_uid");
    if (!uid) {
      return uid.error();
    }
    if (const auto skipped = state_->skip_webparm_id(tenant.webparm_id); !skipped) {
      return skipped.error();
    }
    auto record = tenant;
    record.uid = static_cast<std::uint64_t>(*uid);
    record.generation = 1;
    if (const auto inserted = state_->insert(record); !inserted) {
      return inserted.error();
    }
    for (std::size_t i = 0; i < state.size(); ++i) {
      const auto done = database.run(
          "INSERT INTO arrivals (uid, seq, kind, key, value) VALUES (?1, ?2, ?3, ?4, ?5)", *uid, i,
          state[i].kind, not_null(state[i].key), not_null(state[i].value));
      if (!done) {
        return done.error();
      }
    }
    const auto noted = state_->audit(by, record.id.str(), rows::kTenantImported,
                                     std::to_string(state.size()) + " entries");
    if (!noted) {
      return noted.error();
    }
    return record;
  });
}

Result<std::vector<std::uint64_t>> Registry::arrivals() {
  std::vector<std::uint64_t> uids;
  auto query = state_->database.query("SELECT DISTINCT uid FROM arrivals ORDER BY uid");
  while (query.next()) {
    uids.push_back(static_cast<std::uint64_t>(query.integer(0)));
  }
  if (query.failed()) {
    return rows::plain(query.error());
  }
  return uids;
}

Result<std::vector<StateEntry>> Registry::arrival(std::uint64_t uid) {
  std::vector<StateEntry> entries;
  auto query = state_->database.query(
      "SELECT kind, key, value FROM arrivals WHERE uid = ?1 ORDER BY seq", uid);
  while (query.next()) {
    const auto key = query.blob(1);
    const auto value = query.blob(2);
    entries.push_back({.kind = static_cast<std::uint8_t>(query.integer(0)),
                       .key = {key.begin(), key.end()},
                       .value = {value.begin(), value.end()}});
  }
  if (query.failed()) {
    return rows::plain(query.error());
  }
  return entries;
}

Result<void> Registry::arrival_taken(std::uint64_t uid) {
  const auto done = state_->transact(
      [&] { return state_->database.run("DELETE FROM arrivals WHERE uid = ?1", uid); });
  if (done) {
    state_->tidy();
  }
  return done;
}

}  // namespace owb::tenants

#include <algorithm>

#include "tenants/registry/error.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/registry_state.hpp"
#include "tenants/registry/snapshot.hpp"

namespace owb::tenants {
namespace {

bool is_word(std::string_view text) {
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
         std::string_view::npos;
}

bool is_home_secret(std::string_view secret) {
  return secret.size() == kHomeSecretLength && is_word(secret) &&
         secret.find_first_of("_-") == std::string_view::npos;
}

/// What of a new tenant can be judged without the database.
Result<void> check(const NewTenant& tenant) {
  if (!is_home_secret(tenant.home_secret)) {
    return Errc::secret_invalid;
  }
  if (tenant.webparm_id && !is_webparm_id(*tenant.webparm_id)) {
    return Errc::webparm_id_invalid;
  }
  if (!is_thema(tenant.thema)) {
    return Errc::thema_invalid;
  }
  return tenant.password_hash.empty() ? Result<void>{} : check_hash_format(tenant.password_hash);
}

/// One statement that changes one tenant's row; no_such_tenant if there is none.
template <typename... Args>
Result<void> update(sqlite::Database& database, const char* sql, const Args&... args) {
  if (const auto done = database.run(sql, args...); !done) {
    return done;
  }
  return database.changes() == 0 ? Result<void>{make_error_code(Errc::no_such_tenant)}
                                 : Result<void>{};
}

}  // namespace

bool is_thema(std::string_view thema) {
  return !thema.empty() && thema.size() <= 32 && is_word(thema);
}

bool is_webparm_id(std::int64_t id) {
  return id >= 0 && id <= kMaxWebparmId;
}

Result<std::int64_t> Registry::State::take_number(std::string_view counter) {
  return database.integer_or(
      0, "UPDATE meta SET value = value + 1 WHERE name = ?1 RETURNING value - 1", counter);
}

Result<void> Registry::State::skip_webparm_id(std::int64_t taken) {
  return database.run(
      "UPDATE meta SET value = ?1 + 1 WHERE name = 'next_webparm_id' AND value <= ?1", taken);
}

Result<std::int64_t> Registry::State::webparm_id_for(const NewTenant& tenant) {
  if (!tenant.webparm_id) {
    return take_number("next_webparm_id");
  }
  if (const auto skipped = skip_webparm_id(*tenant.webparm_id); !skipped) {
    return skipped.error();
  }
  return *tenant.webparm_id;
}

Result<void> Registry::State::insert(const TenantRecord& record) {
  const auto inserted = database.run(
      "INSERT INTO tenants (name, uid, suspended, home_secret, home_origin, password_hash,"
      " webparm_id, thema, limits, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
      " ON CONFLICT (name) DO NOTHING",
      record.id.str(), record.uid, record.suspended ? 1 : 0, ByteView{record.home_secret},
      not_null(record.home_origin), record.password_hash, record.webparm_id, record.thema,
      record.limits.str(), record.created);
  if (!inserted) {
    return inserted;
  }
  if (database.changes() == 0) {
    return make_error_code(Errc::tenant_exists);
  }
  return database.run("DELETE FROM tombstones WHERE name = ?1", record.id.str());
}

Result<TenantRecord> Registry::State::find(std::string_view name) {
  auto query = database.query("SELECT " OWB_TENANT_COLUMNS " FROM tenants WHERE name = ?1", name);
  if (query.next()) {
    return rows::read_tenant(query);
  }
  return query.failed() ? rows::plain(query.error()) : make_error_code(Errc::no_such_tenant);
}

Result<bool> Registry::State::is_tombstone(std::string_view name) {
  const auto count =
      database.integer_or(0, "SELECT count(*) FROM tombstones WHERE name = ?1", name);
  return count ? Result<bool>{*count != 0} : failure<bool>(rows::plain(count.error()));
}

Result<TenantRecord> Registry::add(const NewTenant& tenant, const By& by) {
  auto added = add_all({tenant}, by);
  if (!added) {
    return added.error();
  }
  return std::move(added->front());
}

Result<std::vector<TenantRecord>> Registry::add_all(const std::vector<NewTenant>& tenants,
                                                    const By& by, std::size_t* failed_at) {
  std::size_t index = 0;
  const auto add_one = [&](const NewTenant& tenant) -> Result<TenantRecord> {
    if (const auto checked = check(tenant); !checked) {
      return checked.error();
    }
    const auto uid = state_->take_number("next_uid");
    if (!uid) {
      return uid.error();
    }
    const auto webparm_id = state_->webparm_id_for(tenant);
    if (!webparm_id) {
      return webparm_id.error();
    }
    TenantRecord record{tenant.id};
    record.uid = static_cast<std::uint64_t>(*uid);
    record.home_secret = home_secret_mac(state_->home_key, record.uid, tenant.home_secret);
    record.password_hash = tenant.password_hash;
    record.webparm_id = *webparm_id;
    record.thema = tenant.thema;
    record.limits = tenant.limits;
    record.created = by.now;
    if (const auto inserted = state_->insert(record); !inserted) {
      return inserted.error();
    }
    if (const auto noted = state_->audit(by, record.id.str(), "tenant.add"); !noted) {
      return noted.error();
    }
    return record;
  };
  auto added = state_->transact([&]() -> Result<std::vector<TenantRecord>> {
    std::vector<TenantRecord> records;
    records.reserve(tenants.size());
    for (; index < tenants.size(); ++index) {
      auto record = add_one(tenants[index]);
      if (!record) {
        return record.error();
      }
      records.push_back(std::move(*record));
    }
    return records;
  });
  if (!added && failed_at != nullptr) {
    *failed_at = index;
  }
  return added;
}

Result<TenantRecord> Registry::find(const TenantId& id) {
  return state_->find(id.str());
}

Result<std::vector<TenantRecord>> Registry::list() {
  std::vector<TenantRecord> records;
  auto query = state_->database.query("SELECT " OWB_TENANT_COLUMNS " FROM tenants ORDER BY name");
  while (query.next()) {
    auto record = rows::read_tenant(query);
    if (!record) {
      return record.error();
    }
    records.push_back(std::move(*record));
  }
  if (query.failed()) {
    return rows::plain(query.error());
  }
  return records;
}

Result<std::vector<std::string>> Registry::tombstones() {
  std::vector<std::string> names;
  auto query = state_->database.query("SELECT name FROM tombstones ORDER BY name");
  while (query.next()) {
    names.emplace_back(query.text(0));
  }
  if (query.failed()) {
    return rows::plain(query.error());
  }
  return names;
}

Result<bool> Registry::is_tombstone(std::string_view name) {
  return state_->is_tombstone(name);
}

Result<void> Registry::suspend(const TenantId& id, const By& by) {
  return state_->transact([&]() -> Result<void> {
    const auto record = state_->find(id.str());
    if (!record || record->suspended) {
      return record ? Result<void>{} : Result<void>{record.error()};
    }
    const auto done = update(
        state_->database,
        "UPDATE tenants SET suspended = 1, generation = generation + 1 WHERE name = ?1", id.str());
    return done ? state_->audit(by, id.str(), "tenant.suspend") : done;
  });
}

Result<void> Registry::resume(const TenantId& id, const By& by) {
  return state_->transact([&]() -> Result<void> {
    const auto record = state_->find(id.str());
    if (!record || !record->suspended) {
      return record ? Result<void>{} : Result<void>{record.error()};
    }
    const auto done = update(
        state_->database,
        "UPDATE tenants SET suspended = 0, generation = generation + 1 WHERE name = ?1", id.str());
    return done ? state_->audit(by, id.str(), "tenant.resume") : done;
  });
}

Result<void> Registry::remove(const TenantId& id, const By& by) {
  const auto removed = state_->transact([&]() -> Result<void> {
    auto& database = state_->database;
    const auto record = state_->find(id.str());
    if (!record) {
      return record.error();
    }
    if (const auto ended = state_->revoke_others(id.str(), std::nullopt, by); !ended) {
      return ended.error();
    }
    for (const auto* sql :
         {"DELETE FROM sessions WHERE tenant = ?1", "DELETE FROM tenants WHERE name = ?1"}) {
      if (const auto done = database.run(sql, id.str()); !done) {
        return done;
      }
    }
    for (const auto* sql : {"DELETE FROM login_links WHERE tenant_uid = ?1",
                            "DELETE FROM arrivals WHERE uid = ?1"}) {
      if (const auto done = database.run(sql, record->uid); !done) {
        return done;
      }
    }
    if (const auto done = database.run("INSERT INTO tombstones (name, deleted) VALUES (?1, ?2)",
                                       id.str(), by.now);
        !done) {
      return done;
    }
    return state_->audit(by, id.str(), "tenant.delete");
  });
  if (removed) {
    state_->tidy();
  }
  return removed;
}

Result<void> Registry::forget(const TenantId& id, const By& by) {
  return state_->transact([&]() -> Result<void> {
    const auto done = update(state_->database, "DELETE FROM tombstones WHERE name = ?1", id.str());
    return done ? state_->audit(by, id.str(), "tenant.forget") : done;
  });
}

Result<void> Registry::set_password(const TenantId& id, std::string_view password_hash,
                                    const By& by, std::optional<SessionId> keep) {
  if (const auto checked = check_hash_format(password_hash); !checked) {
    return checked;
  }
  return state_->transact([&]() -> Result<void> {
    const auto record = state_->find(id.str());
    if (!record) {
      return record.error();
    }
    auto& database = state_->database;
    if (const auto done = database.run(
            "UPDATE tenants SET password_hash = ?2, generation = generation + 1 WHERE name = ?1",
            id.str(), password_hash);
        !done) {
      return done;
    }
    if (const auto done =
            database.run("DELETE FROM login_links WHERE tenant_uid = ?1", record->uid);
        !done) {
      return done;
    }
    if (const auto ended = state_->revoke_others(id.str(), keep, by); !ended) {
      return ended.error();
    }
    return state_->audit(by, id.str(), "tenant.password");
  });
}

Result<void> Registry::rehash_password(const TenantId& id, std::string_view old_hash,
                                       std::string_view new_hash, const By& by) {
  if (const auto checked = check_hash_format(new_hash); !checked) {
    return checked;
  }
  return state_->transact([&]() -> Result<void> {
    const auto record = state_->find(id.str());
    if (!record || record->password_hash != old_hash) {
      return record ? Result<void>{} : Result<void>{record.error()};
    }
    const auto done =
        update(state_->database, "UPDATE tenants SET password_hash = ?2 WHERE name = ?1", id.str(),
               new_hash);
    return done ? state_->audit(by, id.str(), "tenant.rehash") : done;
  });
}

Result<void> Registry::renew_secret(const TenantId& id, std::string_view home_secret,
                                    const By& by) {
  if (!is_home_secret(home_secret)) {
    return make_error_code(Errc::secret_invalid);
  }
  return state_->transact([&]() -> Result<void> {
    const auto record = state_->find(id.str());
    if (!record) {
      return record.error();
    }
    const auto mac = home_secret_mac(state_->home_key, record->uid, home_secret);
    const auto done =
        update(state_->database,
               "UPDATE tenants SET home_secret = ?2, home_origin = x'',"
               " generation = generation + 1 WHERE name = ?1",
               id.str(), ByteView{mac});
    return done ? state_->audit(by, id.str(), "tenant.secret") : done;
  });
}

Result<void> Registry::set_webparm(const TenantId& id, std::optional<std::int64_t> webparm_id,
                                   std::optional<std::string_view> thema, const By& by) {
  if (webparm_id && !is_webparm_id(*webparm_id)) {
    return make_error_code(Errc::webparm_id_invalid);
  }
  if (thema && !is_thema(*thema)) {
    return make_error_code(Errc::thema_invalid);
  }
  return state_->transact([&]() -> Result<void> {
    const auto record = state_->find(id.str());
    if (!record) {
      return record.error();
    }
    const auto new_id = webparm_id.value_or(record->webparm_id);
    const auto new_thema = std::string{thema.value_or(record->thema)};
    if (const auto skipped = state_->skip_webparm_id(new_id); !skipped) {
      return skipped;
    }
    const auto done =
        update(state_->database, "UPDATE tenants SET webparm_id = ?2, thema = ?3 WHERE name = ?1",
               id.str(), new_id, new_thema);
    return done ? state_->audit(by, id.str(), "tenant.webparm",
                                "id " + std::to_string(new_id) + " thema " + new_thema)
                : done;
  });
}

Result<void> Registry::set_limits(const TenantId& id, const LimitOverrides& limits, const By& by) {
  return state_->transact([&]() -> Result<void> {
    const auto done = update(state_->database, "UPDATE tenants SET limits = ?2 WHERE name = ?1",
                             id.str(), limits.str());
    return done ? state_->audit(by, id.str(), "tenant.limits", limits.str()) : done;
  });
}

}  // namespace owb::tenants

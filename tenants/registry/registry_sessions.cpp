#include <algorithm>

#include "tenants/registry/error.hpp"
#include "tenants/registry/registry_state.hpp"

namespace owb::tenants {
namespace {

std::string cut(std::string_view text) {
  return std::string{text.substr(0, kMaxSessionText)};
}

Result<std::vector<WebSession>> read_all(sqlite::Query query) {
  std::vector<WebSession> sessions;
  while (query.next()) {
    auto session = rows::read_session(query);
    if (!session) {
      return session.error();
    }
    sessions.push_back(std::move(*session));
  }
  if (query.failed()) {
    return rows::plain(query.error());
  }
  return sessions;
}

}  // namespace

Result<std::vector<WebSession>> Registry::State::sessions_of(std::string_view tenant) {
  return read_all(database.query("SELECT " OWB_SESSION_COLUMNS " FROM sessions "
                                 "WHERE tenant = ?1 AND revoked = 0 ORDER BY last_used DESC, id",
                                 tenant));
}

Result<void> Registry::State::revoke(const WebSession& session, const By& by) {
  if (session.revoked) {
    return {};
  }
  const auto done =
      database.run("UPDATE sessions SET revoked = 1 WHERE id = ?1", session.id.bytes());
  return done ? audit_session(by, session, rows::kSessionRevoked) : done;
}

Result<std::size_t> Registry::State::revoke_others(std::string_view tenant,
                                                   std::optional<SessionId> keep, const By& by) {
  const auto sessions = sessions_of(tenant);
  if (!sessions) {
    return sessions.error();
  }
  std::size_t ended = 0;
  for (const auto& session : *sessions) {
    if (session.id == keep) {
      continue;
    }
    if (const auto done = revoke(session, by); !done) {
      return done.error();
    }
    ++ended;
  }
  return ended;
}

Result<WebSession> Registry::create_session(const NewSession& wanted, const By& by) {
  // Whether the login that led here is still true of the tenant, in the same transaction.
  const auto check_tenant = [&]() -> Result<void> {
    const auto record = state_->find(wanted.tenant);
    if (record) {
      if (record->uid != wanted.tenant_uid) {
        return Errc::no_such_tenant;
      }
      return record->suspended ? Result<void>{make_error_code(Errc::tenant_suspended)}
                               : Result<void>{};
    }
    if (record.error() != Errc::no_such_tenant) {
      return record.error();
    }
    const auto buried = state_->is_tombstone(wanted.tenant);
    if (!buried) {
      return buried.error();
    }
    return *buried || wanted.tenant_uid != 0 ? Result<void>{record.error()} : Result<void>{};
  };
  const auto make_room = [&]() -> Result<void> {
    auto& database = state_->database;
    if (const auto done = database.run(
            "DELETE FROM sessions WHERE tenant = ?1 AND (expires <= ?2 OR revoked != 0)",
            wanted.tenant, by.now);
        !done) {
      return done;
    }
    const auto sessions = state_->sessions_of(wanted.tenant);
    if (!sessions) {
      return sessions.error();
    }
    for (auto i = static_cast<std::size_t>(kMaxWebSessions) - 1; i < sessions->size(); ++i) {
      if (const auto done = state_->revoke((*sessions)[i], by); !done) {
        return done;
      }
    }
    return {};
  };
  return state_->transact([&]() -> Result<WebSession> {
    if (const auto checked = check_tenant(); !checked) {
      return checked.error();
    }
    if (const auto made = make_room(); !made) {
      return made.error();
    }
    WebSession session{.id = SessionId::random(),
                       .tenant = wanted.tenant,
                       .tenant_uid = wanted.tenant_uid,
                       .role = wanted.role,
                       .issued = by.now,
                       .expires = by.now + kSessionSliding,
                       .last_used = by.now,
                       .revoked = false,
                       .user_agent = cut(wanted.user_agent),
                       .network = cut(wanted.network)};
    if (const auto done =
            state_->database.run("INSERT INTO sessions (" OWB_SESSION_COLUMNS
                                 ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9)",
                                 session.id.bytes(), session.tenant, session.tenant_uid,
                                 static_cast<int>(session.role), session.issued, session.expires,
                                 session.last_used, session.user_agent, session.network);
        !done) {
      return done.error();
    }
    if (const auto noted = state_->audit_session(by, session, "session.create"); !noted) {
      return noted.error();
    }
    return session;
  });
}

Result<WebSession> Registry::find_session(const SessionId& id) {
  return rows::find_session(state_->database, id);
}

Result<std::vector<WebSession>> Registry::sessions_of(std::string_view tenant, std::int64_t now) {
  auto sessions = state_->sessions_of(tenant);
  if (sessions) {
    std::erase_if(*sessions, [&](const WebSession& session) { return session.expires <= now; });
  }
  return sessions;
}

Result<std::int64_t> Registry::touch_session(const SessionId& id, std::int64_t now) {
  const auto expires = state_->database.integer_or(
      0,
      "UPDATE sessions SET last_used = max(last_used, ?2), expires = min(issued + ?3, ?2 + ?4) "
      "WHERE id = ?1 AND revoked = 0 AND expires > ?2 RETURNING expires",
      id.bytes(), now, kSessionAbsolute, kSessionSliding);
  if (!expires) {
    return rows::plain(expires.error());
  }
  return *expires == 0 ? Result<std::int64_t>{make_error_code(Errc::no_such_session)}
                       : Result<std::int64_t>{*expires};
}

Result<void> Registry::revoke_session(const SessionId& id, const By& by) {
  return state_->transact([&]() -> Result<void> {
    const auto session = rows::find_session(state_->database, id);
    return session ? state_->revoke(*session, by) : Result<void>{session.error()};
  });
}

Result<void> Registry::revoke_session_of(std::string_view tenant, const SessionId& id,
                                         const By& by) {
  return state_->transact([&]() -> Result<void> {
    const auto session = rows::find_session(state_->database, id);
    if (!session) {
      return session.error();
    }
    // somebody else's session is answered like one that does not exist
    return session->tenant == tenant ? state_->revoke(*session, by)
                                     : Result<void>{make_error_code(Errc::no_such_session)};
  });
}

Result<std::size_t> Registry::revoke_others(std::string_view tenant, std::optional<SessionId> keep,
                                            const By& by) {
  return state_->transact([&] { return state_->revoke_others(tenant, keep, by); });
}

}  // namespace owb::tenants

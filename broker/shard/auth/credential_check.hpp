#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/core/authenticator.hpp"
#include "broker/core/now.hpp"
#include "broker/shard/auth/auth_data.hpp"
#include "broker/shard/auth/credential_mac.hpp"
#include "broker/shard/auth/lru_map.hpp"
#include "broker/shard/auth/slow_checks.hpp"

namespace owb::shard {

/// Who is who (design 8): cookie, client certificate, home secret, password, in this order. What is
/// cheap is answered at once; a password that was not seen before goes to the slow checks.
///
/// Ownership: the worker, one each. Threading: shard-local. Bounds: kVerified, kWrong; one pending
/// check a link.
class CredentialCheck final : public core::Authenticator {
 public:
  static constexpr std::size_t kVerified = 65'536;      ///< remembered right passwords
  static constexpr std::size_t kWrong = 8'192;          ///< remembered wrong passwords
  static constexpr std::int64_t kWrongMs = 5 * 60'000;  ///< for so long

  /// `key`, `checks` and `sink` outlive it. `now` is asked at every check.
  CredentialCheck(std::shared_ptr<const AuthData> data, const CredentialKey& key,
                  SlowChecks& checks, AuthSink& sink, std::function<core::Now()> now);
  ~CredentialCheck() override;
  CredentialCheck(const CredentialCheck&) = delete;
  CredentialCheck& operator=(const CredentialCheck&) = delete;

  core::AuthResult check(const core::AuthRequest& request) override;
  void forget(std::uint64_t link) override;

  /// The answer that was brought here by AuthSink; give it to Realm::auth_done(). Nothing: the link
  /// is gone, or was forgotten.
  std::optional<core::AuthResult> finish(const SlowAnswer& answer);

  /// The registry or a password file has changed.
  void set_data(std::shared_ptr<const AuthData> data) { data_ = std::move(data); }

  std::size_t pending() const { return pending_.size(); }

 private:
  /// What a name stands for, and what its password is checked against.
  struct Account {
    std::shared_ptr<const tenants::TenantRecord> record;  ///< null: password file, or unknown
    std::string_view stored_hash;                         ///< empty: no password fits
  };

  struct Pending {
    std::string user;
    std::string address;
    CredentialMac mac{};
    std::string stored_hash;
    std::uint64_t uid = 0;         ///< of a registry tenant whose hash is made anew meanwhile
    std::uint64_t generation = 0;  ///< likewise
    core::ListenerKind kind = core::ListenerKind::tcp;
    std::uint32_t listener = 0;
    mqtt::Version version = mqtt::Version::v311;
  };

  core::AuthResult check_cookie(const core::AuthRequest& request, const core::WebSession& session);
  core::AuthResult check_certificate(const core::AuthRequest& request, const std::string& name);
  core::AuthResult check_anonymous(const core::AuthRequest& request);
  core::AuthResult check_password(const core::AuthRequest& request, std::string_view user);
  core::AuthResult submit(const core::AuthRequest& request, const Account& account,
                          const CredentialMac& mac);
  Account find_account(std::string_view user, core::ListenerKind kind,
                       std::uint32_t listener) const;
  core::AuthResult grant(std::string_view user, core::Role role,
                         std::shared_ptr<const tenants::TenantRecord> record) const;
  core::AuthResult wrong(mqtt::Version version) const;
  bool is_known_wrong(const CredentialMac& mac);

  // constant after construction
  const CredentialKey& key_;
  SlowChecks& checks_;
  AuthSink& sink_;
  std::function<core::Now()> now_;

  std::shared_ptr<const AuthData> data_;
  LruMap<CredentialMac, char> verified_{kVerified};
  LruMap<CredentialMac, std::int64_t> wrong_{kWrong};  ///< until when, monotonic ms
  std::unordered_map<std::uint64_t, Pending> pending_;
};

}  // namespace owb::shard

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "broker/shard/auth/credential_check.hpp"
#include "tenants/registry/password_hash.hpp"

namespace owb::shard {

inline std::string name_of(const core::AuthResult& result) {
  using Status = core::AuthResult::Status;
  if (result.status == Status::pending) {
    return "pending";
  }
  if (result.status == Status::granted) {
    switch (result.identity.role) {
      case core::Role::home:
        return "home";
      case core::Role::owner:
        return "owner";
      case core::Role::owner_web:
        return "owner_web";
      case core::Role::viewer:
        return "viewer";
      case core::Role::anonymous:
        return "anonymous";
    }
  }
  switch (result.reason) {
    case mqtt::Reason::bad_user_name_or_password:
      return "bad credentials";
    case mqtt::Reason::not_authorized:
      return "not authorized";
    case mqtt::Reason::server_busy:
      return "busy";
    case mqtt::Reason::server_unavailable:
      return "unavailable";
    default:
      return "another reason";
  }
}

/// Takes checks and does what the test says.
class FakeChecks final : public SlowChecks {
 public:
  Taken submit(SlowCheck check) override {
    if (answer == Taken::queued) {
      submitted.push_back(std::move(check));
    }
    return answer;
  }

  void forget(const AuthSink& /*sink*/, std::uint64_t link) override { forgotten.push_back(link); }

  Taken answer = Taken::queued;
  std::vector<SlowCheck> submitted;
  std::vector<std::uint64_t> forgotten;
};

/// alice and suspended sam in the registry, gone was deleted from it, fred is in a password file.
class CredentialTest : public testing::Test, public AuthSink {
 protected:
  CredentialTest() { update(); }

  void auth_answered(SlowAnswer /*answer*/) override {}

  // ---- the world ----
  tenants::TenantRecord& record(const std::string& name) {
    for (auto& known : records_) {
      if (known.id.str() == name) {
        return known;
      }
    }
    ADD_FAILURE() << name;
    return records_.front();
  }

  /// Makes what was changed known to `check`.
  void update() {
    auto next = std::make_shared<AuthData>(data);
    tenants::SnapshotBuilder builder{tenants::RegistrySnapshot{}};
    builder.set_home_key(SecretBytes::copy_of(home_key_.view()));
    for (const auto& known : records_) {
      builder.put(known);
    }
    builder.bury("gone");
    next->registry = builder.build();
    current = next;
    check.set_data(current);
  }

  tenants::TenantRecord make_record(std::string_view name, std::uint64_t uid,
                                    std::string_view home_secret, std::string hash) const {
    return {.id = *TenantId::parse(name),
            .uid = uid,
            .home_secret = tenants::home_secret_mac(home_key_, uid, home_secret),
            .password_hash = std::move(hash)};
  }

  // ---- what comes in ----
  core::AuthResult asks(std::optional<std::string_view> user,
                        std::optional<std::string_view> password) {
    std::optional<ByteView> bytes;
    if (password) {
      bytes = as_byte_view(*password);
    }
    return check.check({.link = ++link,
                        .peer = peer,
                        .user = user,
                        .password = bytes,
                        .client_id = "id",
                        .version = version});
  }

  /// The same, with the answer of the slow check if there is one.
  std::string logs_in(std::string_view user, std::string_view password,
                      SlowAnswer::Outcome outcome) {
    const auto result = asks(user, password);
    if (result.status != core::AuthResult::Status::pending) {
      return name_of(result);
    }
    return slow_answer(outcome);
  }

  std::string slow_answer(SlowAnswer::Outcome outcome) {
    const auto result = check.finish({.link = link, .outcome = outcome});
    return result ? name_of(*result) : "nobody waits";
  }

  static constexpr std::string_view kSecret = "AliceAliceAliceAliceAlice1";
  static constexpr std::string_view kSamSecret = "SamSamSamSamSamSamSamSam12";

  core::Now now{.mono_ms = 1'000, .wall_s = 1'700'000'000};
  core::Peer peer{.address = "203.0.113.7", .kind = core::ListenerKind::tls};
  mqtt::Version version = mqtt::Version::v5;
  std::uint64_t link = 0;
  AuthData data = make_data();  ///< known to `check` after update()
  std::shared_ptr<const AuthData> current;
  FakeChecks checks;
  CredentialKey key;

 private:
  static AuthData make_data() {
    auto parsed =
        tenants::parse_password_file("fred:" + *tenants::hash_random_password("fredpw") + "\n" +
                                     "alice:" + *tenants::hash_random_password("filepw") + "\n" +
                                     "gone:" + *tenants::hash_random_password("gonepw") + "\n");
    AuthData data;
    data.password_file = std::make_shared<const tenants::PasswordFile>(std::move(parsed.file));
    return data;
  }

  SecretBytes home_key_ = SecretBytes::random(32);
  std::vector<tenants::TenantRecord> records_ = make_records();

  std::vector<tenants::TenantRecord> make_records() const {
    auto sam = make_record("sam", 2, kSamSecret, *tenants::hash_random_password("sampw"));
    sam.suspended = true;
    return {make_record("alice", 1, kSecret, *tenants::hash_random_password("alicepw")), sam};
  }

 protected:
  CredentialCheck check{nullptr, key, checks, *this, [this] { return now; }};
};

}  // namespace owb::shard

#include "portal/auth/login_service.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "portal/auth/account_service.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/snapshot.hpp"
#include "tenants/session/session_check.hpp"

namespace owb::portal::auth {
namespace {

using std::chrono::seconds;
namespace fs = std::filesystem;

constexpr std::int64_t kNow = 1'800'000'000;
const Browser kBrowser{.address = "203.0.113.77", .user_agent = "Test/1.0"};
const tenants::By kOperator{.now = kNow, .actor = "test"};

/// A registry with alice, a broker whose word is `broker_says_`, and a clock that stands still.
class LoginServiceTest : public testing::Test {
 protected:
  LoginServiceTest() { adds("alice", "alice's password"); }

  ~LoginServiceTest() override { fs::remove_all(folder_); }

  static fs::path new_folder() {
    std::string name = fs::temp_directory_path().string() + "/owb-XXXXXX";
    return ::mkdtemp(name.data());
  }

  fs::path file() const { return folder_ / "registry.db"; }

  static TenantId id(std::string_view name) { return *TenantId::parse(name); }

  void adds(std::string_view name, std::string_view password) {
    const tenants::NewTenant tenant{.id = id(name),
                                    .home_secret = tenants::make_home_secret(),
                                    .password_hash = *tenants::hash_random_password(password),
                                    .webparm_id = std::nullopt,
                                    .thema = "standard",
                                    .limits = {}};
    ASSERT_TRUE(registry_->add(tenant, kOperator));
  }

  Answer<NewLogin> logs_in(std::string_view name, std::string_view password = "alice's password") {
    return login_.log_in(name, password, kBrowser, now_);
  }

  /// What the broker would say of this cookie.
  Result<session::CheckedSession> checks(const NewLogin& login) {
    return sessions_->check(login.cookie_value, now_.unix_seconds);
  }

  static Errc why(const Answer<NewLogin>& answer) { return answer.error().why; }

  const fs::path folder_ = new_folder();
  Result<tenants::Registry> registry_{tenants::Registry::open(file(), tenants::OpenMode::create)};
  Moment now_{.steady = FailureTable::TimePoint{seconds{1'000}}, .unix_seconds = kNow};
  Result<Webparm> broker_says_ = Webparm{.id = 1, .theme = "dark"};
  int asked_ = 0;
  LoginThrottle throttle_;
  Accounts accounts_{file()};
  LoginService login_{[this](std::string_view, std::string_view, const std::string&) {
                        ++asked_;
                        return broker_says_;
                      },
                      accounts_, throttle_};
  AccountService account_{accounts_, throttle_};
  Result<session::SessionChecker> sessions_{session::SessionChecker::open(file())};
};

TEST_F(LoginServiceTest, GoodLoginGivesACookieTheBrokerTakes) {
  const auto login = logs_in("alice");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->user, "alice");
  EXPECT_EQ(login->theme, "dark");
  EXPECT_TRUE(login->in_registry);
  EXPECT_EQ(login->max_age, seconds{tenants::kSessionSliding});
  const auto checked = checks(*login);
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_EQ(checked->claims.tenant, "alice");
  EXPECT_EQ(checked->claims.role, tenants::Role::owner);
  EXPECT_EQ(checked->row.network, "203.0.113.0/24") << "never the full address";
  EXPECT_EQ(checked->row.user_agent, "Test/1.0");
}

TEST_F(LoginServiceTest, UserOfAPasswordFileLogsInToo) {
  const auto login = logs_in("filius");
  ASSERT_TRUE(login);
  EXPECT_FALSE(login->in_registry);
  const auto checked = checks(*login);
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_EQ(checked->claims.tenant_uid, 0U);
}

TEST_F(LoginServiceTest, F45EachLoginIsANewSession) {
  const auto first = logs_in("alice");
  const auto second = logs_in("alice");
  ASSERT_TRUE(first && second);
  EXPECT_NE(checks(*first)->claims.id, checks(*second)->claims.id);
}

TEST_F(LoginServiceTest, EachRefusalKeepsItsName) {
  for (const auto errc : {Errc::wrong_credentials, Errc::not_unlocked, Errc::broker_away,
                          Errc::broker_busy, Errc::timed_out, Errc::bad_answer}) {
    broker_says_ = errc;
    EXPECT_EQ(why(logs_in("alice")), errc);
  }
}

TEST_F(LoginServiceTest, SuspendedTenantGetsNoSession) {
  ASSERT_TRUE(registry_->suspend(id("alice"), kOperator));
  EXPECT_EQ(why(logs_in("alice")), Errc::suspended);
}

TEST_F(LoginServiceTest, F20NamesThatCannotBeOneNeverReachTheBroker) {
  for (const auto* name : {"", "#", "+", "a/b", "al+ice", "a.b", "$SYS", "%u", "alice ", " alice",
                           "a\nb", "0123456789012345678901234567890123"}) {
    SCOPED_TRACE(name);
    LoginThrottle fresh;
    const LoginService login{[this](std::string_view, std::string_view, const std::string&) {
                               ++asked_;
                               return broker_says_;
                             },
                             accounts_, fresh};
    EXPECT_EQ(why(login.log_in(name, "x", kBrowser, now_)), Errc::wrong_credentials);
  }
  EXPECT_EQ(asked_, 0);
}

TEST_F(LoginServiceTest, PasswordsBeyondAnySenseNeverReachTheBroker) {
  EXPECT_EQ(why(logs_in("alice", "")), Errc::wrong_credentials);
  EXPECT_EQ(why(logs_in("alice", std::string(100'000, 'x'))), Errc::wrong_credentials);
  EXPECT_EQ(asked_, 0);
}

TEST_F(LoginServiceTest, F33TooManyWrongPasswordsAreStoppedBeforeTheBroker) {
  broker_says_ = Errc::wrong_credentials;
  Answer<NewLogin> last = logs_in("alice");
  for (int i = 0; i < 20; ++i) {
    last = logs_in("alice");
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().why, Errc::too_many_attempts);
  EXPECT_GT(last.error().retry_after, seconds{0});
  EXPECT_EQ(asked_, 4);

  now_.steady += last.error().retry_after;
  broker_says_ = Webparm{.id = 1, .theme = "standard"};
  EXPECT_TRUE(logs_in("alice")) << "after waiting as told";
}

TEST_F(LoginServiceTest, BrokerAwayIsNotHeldAgainstAnybody) {
  broker_says_ = Errc::broker_away;
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(why(logs_in("alice")), Errc::broker_away);
  }
}

TEST_F(LoginServiceTest, OneTimeLinkWorksOnce) {
  const auto token = registry_->create_login_link(id("alice"), 3'600, kOperator);
  ASSERT_TRUE(token);
  const auto login = login_.log_in_once(*token, "", kBrowser, now_);
  ASSERT_TRUE(login);
  EXPECT_TRUE(checks(*login));
  EXPECT_EQ(why(login_.log_in_once(*token, "", kBrowser, now_)), Errc::link_invalid);
  EXPECT_EQ(why(login_.log_in_once("made-up", "", kBrowser, now_)), Errc::link_invalid);
  EXPECT_EQ(asked_, 0);
}

TEST_F(LoginServiceTest, OneTimeLinkCanSetANewPassword) {
  const auto token = registry_->create_login_link(id("alice"), 3'600, kOperator);
  ASSERT_TRUE(token);
  EXPECT_EQ(why(login_.log_in_once(*token, "short", kBrowser, now_)), Errc::password_too_short)
      << "and the link is still good";
  const auto login = login_.log_in_once(*token, "a long new one", kBrowser, now_);
  ASSERT_TRUE(login);
  EXPECT_TRUE(checks(*login));
  const auto record = registry_->find(id("alice"));
  EXPECT_TRUE(*tenants::verify_password(record->password_hash, "a long new one"));
}

TEST_F(LoginServiceTest, F45PasswordChangeEndsOtherSessionsOnly) {
  const auto mine = logs_in("alice");
  const auto other = logs_in("alice");
  ASSERT_TRUE(mine && other);
  const auto claims = checks(*mine)->claims;
  ASSERT_TRUE(
      account_.change_password(claims, "alice's password", "another password", kBrowser, now_));
  EXPECT_TRUE(checks(*mine));
  EXPECT_FALSE(checks(*other));
  EXPECT_TRUE(
      *tenants::verify_password(registry_->find(id("alice"))->password_hash, "another password"));
}

TEST_F(LoginServiceTest, PasswordChangeNeedsTheOldOneAndARule) {
  const auto login = logs_in("alice");
  const auto claims = checks(*login)->claims;
  const auto change = [&](std::string_view old_one, std::string_view new_one) {
    return account_.change_password(claims, old_one, new_one, kBrowser, now_).error().why;
  };
  EXPECT_EQ(change("wrong", "another password"), Errc::wrong_credentials);
  EXPECT_EQ(change("alice's password", "short"), Errc::password_too_short);
  EXPECT_EQ(change("alice's password", "alice's password"), Errc::password_unchanged);
  EXPECT_TRUE(
      *tenants::verify_password(registry_->find(id("alice"))->password_hash, "alice's password"));
}

TEST_F(LoginServiceTest, F33GuessingInThePasswordFormIsThrottledToo) {
  const auto claims = checks(*logs_in("alice"))->claims;
  auto last = Errc::wrong_credentials;
  for (int i = 0; i < 6; ++i) {
    last = account_.renew_home_secret(claims, "guess", kBrowser, now_).error().why;
  }
  EXPECT_EQ(last, Errc::too_many_attempts);
  EXPECT_EQ(why(logs_in("alice")), Errc::too_many_attempts) << "one account, one count";
}

TEST_F(LoginServiceTest, NewHomeSecretReplacesTheOldOne) {
  const auto before = registry_->find(id("alice"))->home_secret;
  const auto claims = checks(*logs_in("alice"))->claims;
  const auto secret = account_.renew_home_secret(claims, "alice's password", kBrowser, now_);
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->size(), tenants::kHomeSecretLength);
  EXPECT_NE(registry_->find(id("alice"))->home_secret, before);
}

TEST_F(LoginServiceTest, AccountsOutsideTheRegistryAndViewersChangeNothing) {
  const auto file_user = logs_in("filius");
  const auto claims = checks(*file_user)->claims;
  EXPECT_EQ(account_.renew_home_secret(claims, "x", kBrowser, now_).error().why, Errc::not_allowed);
  auto viewer = checks(*logs_in("alice"))->claims;
  viewer.role = tenants::Role::viewer;
  EXPECT_EQ(account_.change_password(viewer, "alice's password", "another password", kBrowser, now_)
                .error()
                .why,
            Errc::not_allowed);
}

TEST_F(LoginServiceTest, F45SessionsOfOneTenantAreOutOfAnothersReach) {
  adds("bob", "bob's password");
  const auto alice = logs_in("alice");
  const auto id_of_alice = checks(*alice)->claims.id;
  EXPECT_EQ(accounts_.end_session("bob", id_of_alice, kBrowser, kNow).error().why,
            Errc::no_session);
  EXPECT_TRUE(checks(*alice));
  EXPECT_TRUE(accounts_.sessions_of("bob", kNow)->empty());
}

TEST_F(LoginServiceTest, CookieIsProlongedButNotBeyond90Days) {
  const auto login = logs_in("alice");
  auto row = checks(*login)->row;
  for (int day = 20; day < 90; day += 20) {
    now_.unix_seconds = kNow + day * 86'400LL;
    const auto longer = accounts_.renew_cookie(row, now_.unix_seconds);
    ASSERT_TRUE(longer) << day;
    const auto checked = checks(*longer);
    ASSERT_TRUE(checked) << day;
    row = checked->row;
    EXPECT_LE(row.expires, kNow + tenants::kSessionAbsolute);
  }
  EXPECT_EQ(row.expires, kNow + tenants::kSessionAbsolute);
}

}  // namespace
}  // namespace owb::portal::auth

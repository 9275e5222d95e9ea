#include "portal/http/pages.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "portal/http/assets.hpp"
#include "portal/http/home_setup.hpp"

namespace owb::portal::http {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kHostile = "\"><script>alert('1')</script>&<img src=x onerror=y>";

std::vector<std::string> all_pages(Language language, const std::string& text) {
  const PageFrame frame{language, "/login?next=" + text};
  return {
      login_page(frame, {text, text, {text, WrongInput::credentials}, text}).markup,
      once_page(frame, text, {text, WrongInput::new_password}).markup,
      password_page(frame, {text, {text, WrongInput::none}}).markup,
      password_done_page(frame).markup,
      home_page(frame, {text, {text, WrongInput::none}}).markup,
      home_done_page(frame, {text, {{text, {{text, text, text}}, text}}}).markup,
      message_page(frame, text, text).markup,
  };
}

TEST(Pages, F45HostileTextStaysText) {
  for (const auto language : {Language::german, Language::english}) {
    for (const auto& page : all_pages(language, kHostile)) {
      EXPECT_THAT(page, Not(HasSubstr("<script")));
      EXPECT_THAT(page, Not(HasSubstr("<img")));
      EXPECT_THAT(page, Not(HasSubstr("alert('1')")));
    }
  }
}

TEST(Pages, HoldNoScriptAndNoInlineStyle) {
  for (const auto language : {Language::german, Language::english}) {
    for (const auto& page : all_pages(language, "x")) {
      for (const auto* forbidden :
           {"<script", "javascript:", "style=", "<style", " onerror=", "http:", "https:"}) {
        EXPECT_THAT(page, Not(HasSubstr(forbidden)));
      }
      EXPECT_THAT(page, Not(HasSubstr("{{")));
      EXPECT_EQ(std::count(page.begin(), page.end(), '<'),
                std::count(page.begin(), page.end(), '>'));
    }
  }
}

TEST(Pages, SayTheirLanguage) {
  EXPECT_THAT(login_page({Language::german, "/login"}, {}).markup, HasSubstr("<html lang=\"de\">"));
  EXPECT_THAT(login_page({Language::english, "/login"}, {}).markup,
              HasSubstr("<html lang=\"en\">"));
}

TEST(Pages, LanguageLinksKeepTheWay) {
  EXPECT_THAT(login_page({Language::german, "/login?next=%2Flog"}, {}).markup,
              HasSubstr("href=\"/login?next=%2Flog&amp;lang=en\""));
  EXPECT_THAT(login_page({Language::german, "/login"}, {}).markup,
              HasSubstr("href=\"/login?lang=en\""));
}

TEST(Pages, LoginFieldsAreLabelledForPasswordManagers) {
  const auto page = login_page({}, {}).markup;
  for (const auto* part :
       {"<label for=\"user\">", "<label for=\"password\">", "autocomplete=\"username\"",
        "autocomplete=\"current-password\"", "method=\"post\" action=\"/login\""}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, Not(HasSubstr("role=\"alert\"")));
}

TEST(Pages, ErrorIsOneAlertThatTheFieldsPointAt) {
  const auto page = login_page({}, {.next = "/",
                                    .user = "alice",
                                    .error = {"Nein.", WrongInput::credentials},
                                    .signed_in_as = {}})
                        .markup;
  EXPECT_THAT(page, HasSubstr("<p class=\"alert\" id=\"error\" role=\"alert\">Nein.</p>"));
  EXPECT_THAT(page, HasSubstr("aria-invalid=\"true\" aria-describedby=\"error\""));
  EXPECT_THAT(page, HasSubstr("value=\"alice\""));
}

TEST(Pages, ErrorThatIsNobodysFaultMarksNoField) {
  const auto page =
      login_page({},
                 {.next = "/", .user = {}, .error = {"Weg.", WrongInput::none}, .signed_in_as = {}})
          .markup;
  EXPECT_THAT(page, HasSubstr("role=\"alert\">Weg.</p>"));
  EXPECT_THAT(page, Not(HasSubstr("aria-invalid")));
}

TEST(Pages, WaitIsSaidInWords) {
  const auto& german = texts_of(Language::german);
  EXPECT_EQ(too_many_text(german, std::chrono::seconds{1}),
            "Zu viele Versuche. Bitte warte 1 Sekunde.");
  EXPECT_EQ(too_many_text(german, std::chrono::seconds{32}),
            "Zu viele Versuche. Bitte warte 32 Sekunden.");
  EXPECT_EQ(too_many_text(german, std::chrono::seconds{900}),
            "Zu viele Versuche. Bitte warte 15 Minuten.");
  EXPECT_EQ(wait_text(texts_of(Language::english), std::chrono::seconds{91}), "2 minutes");
}

TEST(HomeSetup, FillsInWhatOpenWbAsksFor) {
  const auto setups = home_setups("alice", "SECRET", "cloud.example");
  ASSERT_EQ(setups.size(), 2U);
  for (const auto& setup : setups) {
    SCOPED_TRACE(setup.version);
    const auto page = home_done_page({}, {"SECRET", {setup}}).markup;
    for (const auto* part : {"<code>alice/</code>", "<code>SECRET</code>", "cloud.example",
                             "remote_password SECRET", "remote_username alice"}) {
      EXPECT_THAT(page, HasSubstr(part));
    }
  }
}

TEST(HomeSetup, HostComesFromOriginOrHost) {
  EXPECT_EQ(host_name_of("https://cloud.example:8443"), "cloud.example");
  EXPECT_EQ(host_name_of("https://cloud.example"), "cloud.example");
  EXPECT_EQ(host_name_of("cloud.example:8443"), "cloud.example");
  for (const auto* host : {"", "[::1]:8443", "a b", "x\nallow_anonymous true", "<script>"}) {
    EXPECT_EQ(host_name_of(host), "HOST");
  }
}

TEST(Assets, ArePublishedBelowLogin) {
  EXPECT_TRUE(stylesheet().path.starts_with("/login.css?v="));
  EXPECT_TRUE(icon().path.starts_with("/login.svg?v="));
  EXPECT_THAT(std::string{stylesheet().content}, Not(HasSubstr("url(")));
}

}  // namespace
}  // namespace owb::portal::http

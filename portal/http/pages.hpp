#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "portal/http/html.hpp"
#include "portal/http/language.hpp"
#include "portal/http/texts.hpp"

/// The portal's pages: script-free, complete without anything but the stylesheet. All arguments are
/// plain text.
namespace owb::portal::http {

/// What every page has.
struct PageFrame {
  Language language = Language::german;
  /// Where the language links lead, without `lang`: a path of ours with or without a query.
  std::string self = "/login";
};

/// The input that an error is about, which is then marked.
enum class WrongInput : std::uint8_t { none, credentials, new_password };

/// What went wrong the last time.
struct PageError {
  std::string text;  ///< empty: nothing
  WrongInput input = WrongInput::none;
};

struct LoginPage {
  std::string next = "/";
  std::string user;  ///< what was typed before
  PageError error;
  std::string signed_in_as;  ///< empty: nobody
};

struct PasswordPage {
  std::string user;
  PageError error;
};

/// What a new home secret looks like to the person who has to type it into openWB.
struct NewSecret {
  std::string user;
  std::string secret;
};

Html login_page(const PageFrame& frame, const LoginPage& page);
Html once_page(const PageFrame& frame, std::string_view token, const PageError& error);
Html password_page(const PageFrame& frame, const PasswordPage& page);
Html password_done_page(const PageFrame& frame);
Html home_page(const PageFrame& frame, const PasswordPage& page);
Html home_done_page(const PageFrame& frame, const NewSecret& secret);
/// A heading, one sentence, and a way on.
Html message_page(const PageFrame& frame, std::string_view title, std::string_view text);

}  // namespace owb::portal::http

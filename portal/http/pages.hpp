#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "portal/http/html.hpp"
#include "portal/http/language.hpp"
#include "portal/http/texts.hpp"

/// The portal's pages: script-free, complete without anything but the stylesheet. All arguments are
/// plain text.
namespace owb::portal::http {

/// What every page has.
struct PageFrame {
  Language language = Language::german;
  /// Where the language links lead, without `lang`: a path of ours with or without a query. Empty:
  /// no links, for a page that must not be left by accident.
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

/// One field of openWB's page "MQTT-Brücke".
struct HomeField {
  std::string label;
  std::string value;
  std::string hint;  ///< empty: none
};

/// What a home of one openWB version needs.
struct HomeSetup {
  std::string version;            ///< "1.9" or "2.x"
  std::vector<HomeField> fields;  ///< in the order of the page
  std::string file;               ///< the same as a bridge file for mosquitto
};

/// A new home secret, and all that has to be typed into openWB with it.
struct NewSecret {
  std::string secret;
  std::vector<HomeSetup> setups;
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

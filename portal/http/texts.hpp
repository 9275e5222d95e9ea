#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "portal/http/language.hpp"

namespace owb::portal::http {

/// Every sentence of the portal's pages in one language. Plain text: pages escape it.
struct Texts {
  // Login
  std::string_view login_title;
  std::string_view user_label;
  std::string_view password_label;
  std::string_view login_button;
  std::string_view login_hint;
  std::string_view signed_in_as;  ///< the name follows
  std::string_view go_on;
  std::string_view logout_button;
  std::string_view languages_label;

  // One-time link
  std::string_view once_title;
  std::string_view once_hint;
  std::string_view once_password_label;
  std::string_view once_button;

  // Password
  std::string_view password_title;
  std::string_view old_password_label;
  std::string_view new_password_label;
  std::string_view new_password_hint;
  std::string_view password_button;
  std::string_view password_done;
  std::string_view password_done_hint;

  // Home secret
  std::string_view home_title;
  std::string_view home_hint;
  std::string_view home_button;
  std::string_view home_done;
  std::string_view home_done_hint;
  std::string_view home_fields_label;  ///< "openWB 1.9" follows
  std::string_view home_file_label;    ///< the same
  std::string_view to_home_form;
  std::string_view to_password_form;
  std::string_view to_dashboard;

  // What can go wrong
  std::string_view wrong_credentials;
  std::string_view wrong_password;  ///< where the name is known already
  std::string_view not_unlocked;
  std::string_view suspended;
  std::string_view broker_away;
  std::string_view broker_busy;
  std::string_view broker_slow;
  std::string_view bad_answer;
  std::string_view too_many_attempts;  ///< `{}` is the time to wait
  std::string_view no_session;
  std::string_view viewer;
  std::string_view not_in_registry;
  std::string_view password_too_short;
  std::string_view password_too_long;
  std::string_view password_unchanged;
  std::string_view link_invalid;
  std::string_view registry_failed;
  std::string_view foreign_origin;
  std::string_view bad_form;
  std::string_view not_found_title;
  std::string_view not_found;
  std::string_view error_title;
  std::string_view internal_error;

  std::string_view one_second;
  std::string_view seconds;  ///< the number stands before it
  std::string_view one_minute;
  std::string_view minutes;
};

const Texts& texts_of(Language language);

/// "30 Sekunden", "1 Minute", "15 minutes": rounded up.
std::string wait_text(const Texts& texts, std::chrono::seconds wait);

/// too_many_attempts with the time in it.
std::string too_many_text(const Texts& texts, std::chrono::seconds wait);

}  // namespace owb::portal::http

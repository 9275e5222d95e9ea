#include "portal/http/pages.hpp"

#include "portal/http/assets.hpp"
#include "portal/http/form.hpp"
#include "portal/http/page_templates.hpp"

namespace owb::portal::http {
namespace {

const Html kNothing{};
const Html kCurrent{R"( aria-current="true")"};
const Html kWrongInput{R"( aria-invalid="true" aria-describedby="error")"};
const Html kNewPassword{R"( aria-describedby="new-hint")"};
const Html kWrongNewPassword{R"( aria-invalid="true" aria-describedby="error new-hint")"};
const Html kFocus{" autofocus"};

std::string language_link(const PageFrame& frame, Language language) {
  const char* separator = frame.self.find('?') == std::string::npos ? "?" : "&";
  return frame.self + separator + "lang=" + std::string{code_of(language)};
}

Html language_links(const PageFrame& frame) {
  if (frame.self.empty()) {
    return kNothing;
  }
  const bool german = frame.language == Language::german;
  const auto to_german = language_link(frame, Language::german);
  const auto to_english = language_link(frame, Language::english);
  return fill(templates::kLanguages, {{"languages_label", texts_of(frame.language).languages_label},
                                      {"german", to_german},
                                      {"german_current", german ? kCurrent : kNothing},
                                      {"english", to_english},
                                      {"english_current", german ? kNothing : kCurrent}});
}

Html frame_around(const PageFrame& frame, std::string_view title, const Html& content) {
  const auto languages = language_links(frame);
  return fill(templates::kFrame, {{"lang", code_of(frame.language)},
                                  {"title", title},
                                  {"icon", icon().path},
                                  {"stylesheet", stylesheet().path},
                                  {"content", content},
                                  {"languages", languages}});
}

Html alert(const PageError& error) {
  return error.text.empty() ? kNothing : fill(templates::kAlert, {{"text", error.text}});
}

const Html& credentials_state(const PageError& error) {
  return error.input == WrongInput::credentials ? kWrongInput : kNothing;
}

const Html& new_password_state(const PageError& error) {
  return error.input == WrongInput::new_password ? kWrongNewPassword : kNewPassword;
}

Html signed_in(const PageFrame& frame, const LoginPage& page) {
  if (page.signed_in_as.empty()) {
    return kNothing;
  }
  const auto& texts = texts_of(frame.language);
  return fill(templates::kSignedIn, {{"signed_in_as", texts.signed_in_as},
                                     {"user", page.signed_in_as},
                                     {"next", page.next},
                                     {"go_on", texts.go_on},
                                     {"logout_button", texts.logout_button}});
}

Html home_field(const HomeField& field) {
  const auto hint =
      field.hint.empty() ? kNothing : fill(templates::kHomeFieldHint, {{"hint", field.hint}});
  return fill(templates::kHomeField,
              {{"label", field.label}, {"value", field.value}, {"hint", hint}});
}

Html home_setup(const Texts& texts, const HomeSetup& setup) {
  Html fields;
  for (const auto& field : setup.fields) {
    fields.markup += home_field(field).markup;
  }
  return fill(templates::kHomeSetup, {{"home_fields_label", texts.home_fields_label},
                                      {"version", setup.version},
                                      {"fields", fields},
                                      {"home_file_label", texts.home_file_label},
                                      {"file", setup.file}});
}

}  // namespace

Html login_page(const PageFrame& frame, const LoginPage& page) {
  const auto& texts = texts_of(frame.language);
  const auto error = alert(page.error);
  const auto session = signed_in(frame, page);
  const bool name_is_there = !page.user.empty();
  const auto content =
      fill(templates::kLogin, {{"signed_in", session},
                               {"alert", error},
                               {"next", page.next},
                               {"lang", code_of(frame.language)},
                               {"user_label", texts.user_label},
                               {"user", page.user},
                               {"error_state", credentials_state(page.error)},
                               {"focus_user", name_is_there ? kNothing : kFocus},
                               {"password_label", texts.password_label},
                               {"focus_password", name_is_there ? kFocus : kNothing},
                               {"login_button", texts.login_button},
                               {"login_hint", texts.login_hint}});
  return frame_around(frame, texts.login_title, content);
}

Html once_page(const PageFrame& frame, std::string_view token, const PageError& error) {
  const auto& texts = texts_of(frame.language);
  const auto error_line = alert(error);
  const auto content = fill(templates::kOnce, {{"alert", error_line},
                                               {"once_hint", texts.once_hint},
                                               {"token", token},
                                               {"lang", code_of(frame.language)},
                                               {"once_password_label", texts.once_password_label},
                                               {"error_state", new_password_state(error)},
                                               {"new_password_hint", texts.new_password_hint},
                                               {"once_button", texts.once_button}});
  return frame_around(frame, texts.once_title, content);
}

Html password_page(const PageFrame& frame, const PasswordPage& page) {
  const auto& texts = texts_of(frame.language);
  const auto error = alert(page.error);
  const auto content =
      fill(templates::kPassword, {{"alert", error},
                                  {"lang", code_of(frame.language)},
                                  {"user_label", texts.user_label},
                                  {"user", page.user},
                                  {"old_password_label", texts.old_password_label},
                                  {"error_state", credentials_state(page.error)},
                                  {"new_password_label", texts.new_password_label},
                                  {"new_error_state", new_password_state(page.error)},
                                  {"new_password_hint", texts.new_password_hint},
                                  {"password_button", texts.password_button},
                                  {"to_dashboard", texts.to_dashboard},
                                  {"to_home_form", texts.to_home_form}});
  return frame_around(frame, texts.password_title, content);
}

Html password_done_page(const PageFrame& frame) {
  const auto& texts = texts_of(frame.language);
  const auto text = std::string{texts.password_done} + ' ' + std::string{texts.password_done_hint};
  return message_page(frame, texts.password_title, text);
}

Html home_page(const PageFrame& frame, const PasswordPage& page) {
  const auto& texts = texts_of(frame.language);
  const auto error = alert(page.error);
  const auto content = fill(templates::kHome, {{"alert", error},
                                               {"home_hint", texts.home_hint},
                                               {"lang", code_of(frame.language)},
                                               {"user_label", texts.user_label},
                                               {"user", page.user},
                                               {"password_label", texts.password_label},
                                               {"error_state", credentials_state(page.error)},
                                               {"home_button", texts.home_button},
                                               {"to_dashboard", texts.to_dashboard},
                                               {"to_password_form", texts.to_password_form}});
  return frame_around(frame, texts.home_title, content);
}

Html home_done_page(const PageFrame& frame, const NewSecret& secret) {
  const auto& texts = texts_of(frame.language);
  Html setups;
  for (const auto& setup : secret.setups) {
    setups.markup += home_setup(texts, setup).markup;
  }
  const auto content = fill(templates::kHomeDone, {{"home_done", texts.home_done},
                                                   {"secret", secret.secret},
                                                   {"home_done_hint", texts.home_done_hint},
                                                   {"setups", setups},
                                                   {"to_dashboard", texts.to_dashboard}});
  return frame_around(frame, texts.home_title, content);
}

Html message_page(const PageFrame& frame, std::string_view title, std::string_view text) {
  const auto& texts = texts_of(frame.language);
  const auto content =
      fill(templates::kMessage, {{"text", text}, {"way", "/"}, {"way_label", texts.to_dashboard}});
  return frame_around(frame, title, content);
}

}  // namespace owb::portal::http

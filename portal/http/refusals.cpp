#include "portal/http/refusals.hpp"

namespace owb::portal::http {
namespace {

using auth::Errc;

constexpr const char* kSoon = "5";  // seconds after which a broker that is away may be asked again

PageError error(std::string_view text, WrongInput input = WrongInput::none) {
  return {std::string{text}, input};
}

}  // namespace

RefusalView view_of(const auth::Refusal& refusal, const Texts& texts) {
  switch (refusal.why) {
    case Errc::wrong_credentials:
      return {
          403, error(texts.wrong_credentials, WrongInput::credentials), "wrong_credentials", {}};
    case Errc::not_unlocked:
      return {403, error(texts.not_unlocked), "not_unlocked", {}};
    case Errc::suspended:
      return {403, error(texts.suspended), "suspended", {}};
    case Errc::broker_away:
      return {503, error(texts.broker_away), "broker_away", kSoon};
    case Errc::broker_busy:
      return {503, error(texts.broker_busy), "broker_busy", kSoon};
    case Errc::timed_out:
      return {503, error(texts.broker_slow), "timed_out", kSoon};
    case Errc::bad_answer:
      return {503, error(texts.bad_answer), "bad_answer", kSoon};
    case Errc::too_many_attempts:
      return {429, error(too_many_text(texts, refusal.retry_after)), "too_many_attempts",
              std::to_string(refusal.retry_after.count())};
    case Errc::no_session:
      return {401, error(texts.no_session), "no_session", {}};
    case Errc::not_allowed:
      return {403, error(texts.not_in_registry), "not_allowed", {}};
    case Errc::password_too_short:
      return {
          400, error(texts.password_too_short, WrongInput::new_password), "password_too_short", {}};
    case Errc::password_too_long:
      return {
          400, error(texts.password_too_long, WrongInput::new_password), "password_too_long", {}};
    case Errc::password_unchanged:
      return {
          400, error(texts.password_unchanged, WrongInput::new_password), "password_unchanged", {}};
    case Errc::link_invalid:
      return {404, error(texts.link_invalid), "link_invalid", {}};
    case Errc::registry_failed:
      return {500, error(texts.registry_failed), "registry_failed", {}};
  }
  return {500, error(texts.internal_error), "internal_error", {}};
}

}  // namespace owb::portal::http

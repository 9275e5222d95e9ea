#include "portal/http/texts.hpp"

namespace owb::portal::http {
namespace {

constexpr Texts kGerman{
    .login_title = "Anmelden",
    .user_label = "Benutzername",
    .password_label = "Passwort",
    .login_button = "Anmelden",
    .login_hint = "Passwort vergessen? Der Betreiber deiner Cloud gibt dir einen Einmal-Link.",
    .signed_in_as = "Du bist angemeldet als",
    .go_on = "Weiter zur Übersicht",
    .logout_button = "Abmelden",
    .languages_label = "Sprache",

    .once_title = "Einmal-Link",
    .once_hint = "Mit diesem Link meldest du dich ein Mal ohne Passwort an.",
    .once_password_label = "Neues Passwort (leer: das alte bleibt)",
    .once_button = "Jetzt anmelden",

    .password_title = "Passwort ändern",
    .old_password_label = "Bisheriges Passwort",
    .new_password_label = "Neues Passwort",
    .new_password_hint = "Mindestens 10 Zeichen. Andere Geräte werden abgemeldet.",
    .password_button = "Passwort ändern",
    .password_done = "Dein Passwort ist geändert.",
    .password_done_hint = "Alle anderen Anmeldungen sind beendet.",

    .home_title = "Neues Zuhause-Geheimnis",
    .home_hint =
        "Das Geheimnis ist das Passwort, mit dem deine openWB die Cloud erreicht. Mit dem neuen "
        "ist das alte sofort "
        "ungültig: Deine openWB ist getrennt, bis du es dort in der MQTT-Brücke einträgst.",
    .home_button = "Neues Geheimnis erzeugen",
    .home_done = "Das ist dein neues Geheimnis. Es wird nur jetzt gezeigt.",
    .home_done_hint =
        "Trage es in openWB unter „MQTT-Brücke“ als Passwort ein und speichere. "
        "openWB 2 danach neu starten.",
    .home_fields_label = "Alle Felder für",
    .home_file_label = "Als Datei für",
    .to_home_form = "Zuhause-Geheimnis erneuern",
    .to_password_form = "Passwort ändern",
    .to_dashboard = "Zur Übersicht",

    .wrong_credentials = "Benutzername oder Passwort ist falsch.",
    .wrong_password = "Das Passwort ist falsch.",
    .not_unlocked =
        "Konto noch nicht freigeschaltet. Bitte wende dich an den Betreiber deiner Cloud.",
    .suspended = "Dieses Konto ist gesperrt. Bitte wende dich an den Betreiber deiner Cloud.",
    .broker_away =
        "Der Server der Cloud ist gerade nicht erreichbar. Bitte versuche es gleich noch einmal.",
    .broker_busy =
        "Der Server der Cloud ist gerade überlastet. Bitte versuche es gleich noch einmal.",
    .broker_slow =
        "Der Server der Cloud antwortet gerade nicht. Bitte versuche es gleich noch einmal.",
    .bad_answer =
        "Der Server der Cloud hat unverständlich geantwortet. Der Betreiber findet den Grund im "
        "Protokoll.",
    .too_many_attempts = "Zu viele Versuche. Bitte warte {}.",
    .no_session = "Bitte melde dich an.",
    .viewer = "Mit einem Gast-Link geht das nicht.",
    .not_in_registry =
        "Dieses Konto verwaltet der Betreiber deiner Cloud von Hand. Bitte wende dich an ihn.",
    .password_too_short = "Das neue Passwort ist zu kurz: mindestens 10 Zeichen.",
    .password_too_long = "Das neue Passwort ist zu lang: höchstens 1024 Zeichen.",
    .password_unchanged = "Das neue Passwort ist das alte.",
    .link_invalid = "Dieser Link gilt nicht mehr. Bitte den Betreiber um einen neuen.",
    .registry_failed =
        "Das ließ sich nicht speichern. Der Betreiber findet den Grund im Protokoll.",
    .foreign_origin =
        "Diese Anfrage kam nicht von unserer eigenen Seite und wurde abgelehnt. "
        "Bitte öffne die Seite neu.",
    .bad_form = "Die Eingabe war unvollständig. Bitte öffne die Seite neu.",
    .not_found_title = "Nicht gefunden",
    .not_found = "Diese Seite gibt es nicht.",
    .error_title = "Das ging schief",
    .internal_error = "Ein unerwarteter Fehler. Der Betreiber findet den Grund im Protokoll.",

    .one_second = "1 Sekunde",
    .seconds = "Sekunden",
    .one_minute = "1 Minute",
    .minutes = "Minuten",
};

constexpr Texts kEnglish{
    .login_title = "Log in",
    .user_label = "User name",
    .password_label = "Password",
    .login_button = "Log in",
    .login_hint = "Forgot your password? The operator of your cloud can give you a one-time link.",
    .signed_in_as = "You are logged in as",
    .go_on = "Go to the overview",
    .logout_button = "Log out",
    .languages_label = "Language",

    .once_title = "One-time link",
    .once_hint = "This link logs you in once, without a password.",
    .once_password_label = "New password (empty: keep the old one)",
    .once_button = "Log in now",

    .password_title = "Change password",
    .old_password_label = "Current password",
    .new_password_label = "New password",
    .new_password_hint = "At least 10 characters. Other devices will be logged out.",
    .password_button = "Change password",
    .password_done = "Your password has been changed.",
    .password_done_hint = "All your other sessions have ended.",

    .home_title = "New home secret",
    .home_hint =
        "The secret is the password your openWB uses to reach the cloud. As soon as there is a new "
        "one, the old one no longer "
        "works: your openWB stays disconnected until you enter it there in the MQTT bridge.",
    .home_button = "Create a new secret",
    .home_done = "This is your new secret. It is shown only now.",
    .home_done_hint =
        "Enter it in openWB under “MQTT-Brücke” as the password and save. "
        "Restart openWB 2 afterwards.",
    .home_fields_label = "All fields for",
    .home_file_label = "As a file for",
    .to_home_form = "Renew the home secret",
    .to_password_form = "Change password",
    .to_dashboard = "Go to the overview",

    .wrong_credentials = "The user name or the password is wrong.",
    .wrong_password = "The password is wrong.",
    .not_unlocked = "This account is not unlocked yet. Please ask the operator of your cloud.",
    .suspended = "This account is suspended. Please ask the operator of your cloud.",
    .broker_away = "The cloud's server cannot be reached right now. Please try again in a moment.",
    .broker_busy = "The cloud's server is overloaded right now. Please try again in a moment.",
    .broker_slow = "The cloud's server is not answering right now. Please try again in a moment.",
    .bad_answer =
        "The cloud's server gave an answer that makes no sense. The operator finds the reason in "
        "the log.",
    .too_many_attempts = "Too many attempts. Please wait {}.",
    .no_session = "Please log in.",
    .viewer = "This is not possible with a guest link.",
    .not_in_registry = "The operator of your cloud manages this account by hand. Please ask them.",
    .password_too_short = "The new password is too short: at least 10 characters.",
    .password_too_long = "The new password is too long: at most 1024 characters.",
    .password_unchanged = "The new password is the old one.",
    .link_invalid = "This link is no longer valid. Please ask the operator for a new one.",
    .registry_failed = "This could not be saved. The operator finds the reason in the log.",
    .foreign_origin =
        "This request did not come from our own page and was refused. Please open the page again.",
    .bad_form = "The input was incomplete. Please open the page again.",
    .not_found_title = "Not found",
    .not_found = "There is no such page.",
    .error_title = "Something went wrong",
    .internal_error = "An unexpected error. The operator finds the reason in the log.",

    .one_second = "1 second",
    .seconds = "seconds",
    .one_minute = "1 minute",
    .minutes = "minutes",
};

constexpr std::chrono::seconds kShownInSeconds{90};

}  // namespace

const Texts& texts_of(Language language) {
  return language == Language::german ? kGerman : kEnglish;
}

std::string wait_text(const Texts& texts, std::chrono::seconds wait) {
  if (wait == std::chrono::seconds{1}) {
    return std::string{texts.one_second};
  }
  if (wait < kShownInSeconds) {
    return std::to_string(wait.count()) + ' ' + std::string{texts.seconds};
  }
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(wait).count();
  if (minutes == 1) {
    return std::string{texts.one_minute};
  }
  return std::to_string(minutes) + ' ' + std::string{texts.minutes};
}

std::string too_many_text(const Texts& texts, std::chrono::seconds wait) {
  std::string text{texts.too_many_attempts};
  text.replace(text.find("{}"), 2, wait_text(texts, wait));
  return text;
}

}  // namespace owb::portal::http

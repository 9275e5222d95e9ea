#include "broker/net/web/error_pages.hpp"

#include <array>
#include <string>

#include <fmt/core.h>

#include "tenants/base/text.hpp"

namespace owb::net::web {

namespace {

struct Text {
  int status;
  std::string_view german_title;
  std::string_view german;
  std::string_view english_title;
  std::string_view english;
};

constexpr std::array<Text, 13> kTexts{{
    {400, "Ungültige Anfrage", "Diese Anfrage war nicht zu verstehen.", "Bad request",
     "This request could not be understood."},
    {401, "Nicht angemeldet", "Deine Anmeldung ist abgelaufen. Bitte melde dich neu an.",
     "Not logged in", "Your login has expired. Please log in again."},
    {403, "Nicht erlaubt", "Diese Seite darf sich hier nicht verbinden.", "Not allowed",
     "This page may not connect here."},
    {404, "Nicht gefunden", "Unter dieser Adresse gibt es nichts.", "Not found",
     "There is nothing at this address."},
    {405, "Methode nicht erlaubt", "So lässt sich diese Adresse nicht ansprechen.",
     "Method not allowed", "This address cannot be used that way."},
    {411, "Länge fehlt", "Die Anfrage sagt nicht, wie lang ihr Inhalt ist.", "Length required",
     "The request does not say how long its content is."},
    {413, "Zu groß", "Der Inhalt der Anfrage ist zu groß.", "Too large",
     "The content of the request is too large."},
    {426, "Falsche WebSocket-Version", "Hier wird WebSocket Version 13 gesprochen.",
     "Wrong WebSocket version", "WebSocket version 13 is spoken here."},
    {431, "Kopfzeilen zu groß", "Eine Kopfzeile der Anfrage ist zu groß.", "Headers too large",
     "A header of the request is too large."},
    {500, "Fehler", "Hier ist etwas schiefgegangen.", "Error", "Something has gone wrong here."},
    {502, "Portal nicht erreichbar",
     "Das Portal für Anmeldung und Einstellungen antwortet gerade nicht. Deine Wallbox und offene "
     "Ansichten laufen weiter. Bitte versuche es in einer Minute noch einmal.",
     "Portal not reachable",
     "The portal for login and settings does not answer at the moment. Your wallbox and open views "
     "keep running. Please try again in a minute."},
    {503, "Überlastet",
     "Gerade sind zu viele Anfragen auf einmal da. Bitte versuche es gleich noch "
     "einmal.",
     "Overloaded", "There are too many requests at the moment. Please try again shortly."},
    {504, "Keine Antwort", "Das Portal hat nicht rechtzeitig geantwortet.", "No answer",
     "The portal did not answer in time."},
}};

const Text& text_of(int status) {
  for (const auto& text : kTexts) {
    if (text.status == status) {
      return text;
    }
  }
  return kTexts.front();
}

bool ends_connection(int status) {
  return status == 400 || status == 411 || status == 413 || status == 431;
}

}  // namespace

Language choose_language(std::string_view accept_language) {
  for (auto part : text::split(accept_language, ',')) {
    part = text::trim(part);
    if (text::starts_with_ignoring_case(part, "de")) {
      return Language::german;
    }
    if (text::starts_with_ignoring_case(part, "en")) {
      return Language::english;
    }
  }
  return Language::german;
}

HttpResponse error_page(int status, std::string_view accept_language) {
  const auto& text = text_of(status);
  const bool german = choose_language(accept_language) == Language::german;
  const auto title = german ? text.german_title : text.english_title;
  HttpResponse response;
  response.status = status;
  response.close = ends_connection(status);
  response.headers = {{"Content-Type", "text/html; charset=utf-8"},
                      {"Cache-Control", "no-store"},
                      {"Vary", "Accept-Language"}};
  response.body = std::make_shared<std::string>(fmt::format(
      "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" "
      "content=\"light dark\"><title>{}</title></head>\n<body><main><h1>{}</h1><p>{}</p></main>"
      "</body>\n</html>\n",
      german ? "de" : "en", title, title, german ? text.german : text.english));
  return response;
}

}  // namespace owb::net::web

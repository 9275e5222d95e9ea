#include "tenants/cli/onboarding.hpp"

#include "tenants/cli/tenant_text.hpp"

namespace owb::cli {
namespace {

/// Characters, not bytes: the labels have umlauts.
std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (const char character : text) {
    width += (static_cast<unsigned char>(character) & 0xC0) != 0x80 ? 1U : 0U;
  }
  return width;
}

std::string table(const std::vector<FormField>& fields) {
  std::size_t widest = 0;
  for (const auto& field : fields) {
    widest = std::max(widest, width_of(field.label));
  }
  std::string text;
  for (const auto& field : fields) {
    text += "  " + field.label + std::string(widest - width_of(field.label) + 2, ' ') + field.value;
    text += field.hint.empty() ? "\n" : "   (" + field.hint + ")\n";
  }
  return text;
}

std::vector<FormField> fields_1_9(const HomeAccess& access) {
  return {{"MQTT-Brücke", "An", ""},
          {"Name der Brücke", "cloud", ""},
          {"Addresse und Portnummer des entfernten MQTT-Servers",
           access.host + ":" + std::to_string(access.port), ""},
          {"Benutzer", access.name, ""},
          {"Passwort", access.secret, ""},
          {"Entfernter Präfix", access.name + "/", "mit Schrägstrich am Ende"},
          {"MQTT Protokoll", "v3.1.1", ""},
          {"TLS Protokoll", "TLS v1.2", "TLS v1.3 nur ab Debian Buster"},
          {"Brücke signalisieren", "An", ""},
          {"Alle Status Daten", "An", ""},
          {"Datenserien für Diagramme", "An", "für Verlauf und Ladelog"},
          {"Fernkonfiguration ermöglichen (gefährlich)", "An",
           "zum Steuern aus der Ferne; Aus: nur ansehen"}};
}

std::vector<FormField> fields_2(const HomeAccess& access) {
  return {{"Bezeichnung", "cloud", ""},
          {"Brücke aktivieren", "Ja", ""},
          {"Entfernter Server", access.host, ""},
          {"Entfernter Port", std::to_string(access.port), ""},
          {"Benutzername", access.name, ""},
          {"Passwort", access.secret, ""},
          {"Präfix", access.name + "/", "mit Schrägstrich am Ende"},
          {"Client ID", access.name + "-openwb", ""},
          {"MQTT Protokoll", "v3.1.1", ""},
          {"TLS Version", "v1.2", "oder Automatisch"},
          {"Brücke signalisieren", "An", ""},
          {"Alle Statusdaten", "An", ""},
          {"Datenserien für Diagramme", "An", "für Verlauf; viel mehr Daten"},
          {"Fernkonfiguration ermöglichen", "An", "zum Steuern aus der Ferne; Aus: nur ansehen"}};
}

}  // namespace

std::vector<FormField> form_fields(HomeVersion version, const HomeAccess& access) {
  return version == HomeVersion::openwb_1_9 ? fields_1_9(access) : fields_2(access);
}

std::string onboarding_text(const HomeAccess& access) {
  return "openWB 1.9, Einstellungen -> MQTT-Brücke:\n" +
         table(form_fields(HomeVersion::openwb_1_9, access)) +
         "\nopenWB 2.x, Einstellungen -> MQTT-Brücken (danach openWB neu starten):\n" +
         table(form_fields(HomeVersion::openwb_2, access));
}

nlohmann::json onboarding_json(const HomeAccess& access) {
  const auto page = [&](HomeVersion version) {
    auto fields = nlohmann::json::array();
    for (const auto& field : form_fields(version, access)) {
      fields.push_back({{"label", field.label}, {"value", field.value}, {"hint", field.hint}});
    }
    return fields;
  };
  return {{"1.9", page(HomeVersion::openwb_1_9)}, {"2.x", page(HomeVersion::openwb_2)}};
}

}  // namespace owb::cli

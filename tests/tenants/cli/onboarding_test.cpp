#include "tenants/cli/onboarding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace owb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const HomeAccess kAccess{
    .name = "mueller", .secret = "SECRET", .host = "cloud.example.org", .port = 8883};

std::vector<std::string> labels(HomeVersion version) {
  std::vector<std::string> all;
  for (const auto& field : form_fields(version, kAccess)) {
    all.push_back(field.label);
  }
  return all;
}

std::string value(HomeVersion version, std::string_view label) {
  for (const auto& field : form_fields(version, kAccess)) {
    if (field.label == label) {
      return field.value;
    }
  }
  return {};
}

TEST(Onboarding, Has19sFieldsInTheOrderAndWordsOfItsPage) {
  EXPECT_THAT(labels(HomeVersion::openwb_1_9),
              ElementsAre("MQTT-Brücke", "Name der Brücke",
                          "Addresse und Portnummer des entfernten MQTT-Servers", "Benutzer",
                          "Passwort", "Entfernter Präfix", "MQTT Protokoll", "TLS Protokoll",
                          "Brücke signalisieren", "Alle Status Daten", "Datenserien für Diagramme",
                          "Fernkonfiguration ermöglichen (gefährlich)"));
}

TEST(Onboarding, Has2sFieldsInTheOrderAndWordsOfItsPage) {
  EXPECT_THAT(
      labels(HomeVersion::openwb_2),
      ElementsAre("Bezeichnung", "Brücke aktivieren", "Entfernter Server", "Entfernter Port",
                  "Benutzername", "Passwort", "Präfix", "Client ID", "MQTT Protokoll",
                  "TLS Version", "Brücke signalisieren", "Alle Statusdaten",
                  "Datenserien für Diagramme", "Fernkonfiguration ermöglichen"));
}

TEST(Onboarding, EndsThePrefixWithASlash) {
  EXPECT_EQ(value(HomeVersion::openwb_1_9, "Entfernter Präfix"), "mueller/");
  EXPECT_EQ(value(HomeVersion::openwb_2, "Präfix"), "mueller/");
}

TEST(Onboarding, WritesHostAndPortAsEachPageWantsThem) {
  EXPECT_EQ(value(HomeVersion::openwb_1_9, "Addresse und Portnummer des entfernten MQTT-Servers"),
            "cloud.example.org:8883");
  EXPECT_EQ(value(HomeVersion::openwb_2, "Entfernter Server"), "cloud.example.org");
  EXPECT_EQ(value(HomeVersion::openwb_2, "Entfernter Port"), "8883");
}

TEST(Onboarding, IsToldAsTextAndAsJson) {
  EXPECT_THAT(onboarding_text(kAccess), HasSubstr("danach openWB neu starten"));
  const auto json = onboarding_json(kAccess);
  EXPECT_EQ(json["1.9"][4]["label"], "Passwort");
  EXPECT_EQ(json["1.9"][4]["value"], "SECRET");
  EXPECT_EQ(json["2.x"].size(), 14U);
}

}  // namespace
}  // namespace owb::cli

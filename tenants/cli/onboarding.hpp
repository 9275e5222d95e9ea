#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace owb::cli {

/// The two kinds of homes; their settings pages and bridge files differ.
enum class HomeVersion { openwb_1_9, openwb_2 };

/// What a home needs to find and enter the cloud.
struct HomeAccess {
  std::string name{};
  std::string secret{};
  std::string host{};  ///< a DNS name: the certificate is checked against it
  std::uint16_t port = 8883;
};

/// One field of openWB's page "MQTT-Brücke": its label as the page writes it, and what to enter.
struct FormField {
  std::string label{};
  std::string value{};
  std::string hint{};  ///< German, as the page is; may be empty
};

/// The page's fields in its own order and words.
std::vector<FormField> form_fields(HomeVersion version, const HomeAccess& access);

/// Both pages as text for the terminal.
std::string onboarding_text(const HomeAccess& access);
/// {"1.9": [{"label": …, "value": …}, …], "2.x": […]}
nlohmann::json onboarding_json(const HomeAccess& access);

}  // namespace owb::cli

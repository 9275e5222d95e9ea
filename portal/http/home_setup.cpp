#include "portal/http/home_setup.hpp"

#include <algorithm>

#include "tenants/base/random.hpp"
#include "tenants/cli/bridge_file.hpp"
#include "tenants/cli/onboarding.hpp"

namespace owb::portal::http {
namespace {

constexpr const char* kNoHost = "HOST";
constexpr std::uint32_t kClientNumbers = 1'000'000;  // as openWB draws them

HomeSetup setup_of(cli::HomeVersion version, std::string name, const cli::HomeAccess& access) {
  HomeSetup setup{.version = std::move(name), .fields = {}, .file = {}};
  for (const auto& field : cli::form_fields(version, access)) {
    setup.fields.push_back({field.label, field.value, field.hint});
  }
  setup.file = cli::bridge_file(version, access, 1 + random_below(kClientNumbers));
  return setup;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}

}  // namespace

std::vector<HomeSetup> home_setups(const std::string& user, const std::string& secret,
                                   const std::string& host) {
  const cli::HomeAccess access{.name = user, .secret = secret, .host = host};
  return {setup_of(cli::HomeVersion::openwb_1_9, "1.9", access),
          setup_of(cli::HomeVersion::openwb_2, "2.x", access)};
}

std::string host_name_of(std::string_view origin_or_host) {
  const auto scheme = origin_or_host.find("://");
  if (scheme != std::string_view::npos) {
    origin_or_host.remove_prefix(scheme + 3);
  }
  const auto name = origin_or_host.substr(0, origin_or_host.find(':'));
  // An address in brackets would fail the home's certificate check anyway.
  const bool good = !name.empty() && std::all_of(name.begin(), name.end(), is_host_character);
  return good ? std::string{name} : std::string{kNoHost};
}

}  // namespace owb::portal::http

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/app/config.hpp"
#include "broker/app/options.hpp"
#include "tenants/base/assert.hpp"

namespace owb {
namespace {

void check_grammar(const config::ParsedConfig& parsed) {
  OWB_ASSERT(parsed.directives.size() <= config::kMaxDirectives);
  OWB_ASSERT(parsed.problems.size() <= config::kMaxProblems);
  for (const auto& directive : parsed.directives) {
    OWB_ASSERT(!directive.key.empty() && directive.place.line > 0);
    OWB_ASSERT(directive.key.size() + directive.value.size() <= config::kMaxLineBytes);
    OWB_ASSERT(directive.key.find_first_of(" \t\r\n") == std::string::npos);
    OWB_ASSERT(directive.value.find_first_of("\r\n") == std::string::npos);
  }
}

/// What holds whatever the file says.
void check_config(const app::LoadedConfig& loaded, bool tenancy) {
  OWB_ASSERT(loaded.config.cloud.tenancy == tenancy);
  for (const auto& problem : loaded.errors) {
    OWB_ASSERT(!problem.text.empty() && problem.str().find('\n') == std::string::npos);
  }
  if (!loaded.ok()) {
    return;
  }
  OWB_ASSERT(!loaded.config.listeners.empty());
  for (const auto& listener : loaded.config.listeners) {
    OWB_ASSERT(!tenancy || !listener.security.allow_anonymous);
    OWB_ASSERT(listener.tls.certfile.empty() == listener.tls.keyfile.empty());
    OWB_ASSERT(listener.port != 0 || !listener.socket_path.empty());
  }
}

}  // namespace
}  // namespace owb

/// The grammar, then its meaning, with tenancy and without.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto parsed = owb::config::parse_text(text, "fuzz.conf");
  owb::check_grammar(parsed);
  for (const bool tenancy : {true, false}) {
    owb::app::Options options;
    options.tenancy = tenancy;
    options.lenient = true;
    owb::check_config(owb::app::make_broker_config(parsed.directives, options), tenancy);
  }
  return 0;
}

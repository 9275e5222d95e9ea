#pragma once

#include <cstdint>
#include <string>

#include "tenants/cli/context.hpp"
#include "tenants/cli/onboarding.hpp"

namespace owb::cli {

/// The options that say how a home reaches the cloud, and where its bridge file goes.
struct HomeOptions {
  std::string host{};
  std::uint16_t port = 8883;
  std::string conf{};
  std::string version = "1.9";

  void add_to(CLI::App& command);

  /// Host from --host, else from the configuration's `origin`, else a placeholder.
  HomeAccess access(Context& context, const std::string& name, const std::string& secret) const;

  /// Fails before anything is changed: no host for the file, or the file exists.
  void check_file(const HomeAccess& access) const;

  /// Writes the bridge file if --conf was given; says whether. Failure if it cannot.
  bool write_file(const HomeAccess& access) const;
};

/// The address of a one-time login; without a known origin only its path.
std::string login_link(Context& context, const std::string& token);

}  // namespace owb::cli

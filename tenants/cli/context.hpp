#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tenants/cli/failure.hpp"
#include "tenants/registry/registry.hpp"

namespace owb::cli {

/// What all subcommands share: the options before them, the registry, and how to speak.
class Context {
 public:
  /// The options that stand before or behind any subcommand.
  void add_options(CLI::App& app);

  bool json() const { return json_; }

  /// Opens the registry that --registry, the configuration or the default names. Failure if it
  /// cannot be opened.
  tenants::Registry open_registry(tenants::OpenMode mode = tenants::OpenMode::existing);
  std::filesystem::path registry_path();
  /// `given`, or what the configuration says as the broker reads it, or state.db beside the
  /// registry.
  std::filesystem::path state_path(const std::string& given);

  /// The first `origin` of the configuration ("https://cloud.example.org:8443"); nothing without
  /// one.
  std::optional<std::string> origin();
  /// Its host name alone.
  std::optional<std::string> host();

  /// Now, and who sits here: "cli:NAME", the person behind sudo if there is one.
  static tenants::By by();

  /// The tenant's name on the command line. Failure with the broken rule.
  static TenantId name(const std::string& text);

  /// Prints the one or the other.
  void print(const nlohmann::json& json, const std::string& text) const;

  /// Goes on only if --yes was given or `answer` is typed. Failure kNotConfirmed otherwise.
  void confirm(const std::string& question, const std::string& answer) const;

 private:
  /// Value of a directive of the configuration file; nothing without file or directive.
  std::optional<std::string> directive(std::string_view key);

  std::string registry_;
  std::string configuration_;
  bool json_ = false;
  bool yes_ = false;
};

/// One subcommand: a help text, and what it does.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& summary,
                      const std::string& details, std::function<void()> run);

// The subcommands, one file each.
void add_init(CLI::App& app, Context& context);
void add_add(CLI::App& app, Context& context);
void add_list(CLI::App& app, Context& context);
void add_show(CLI::App& app, Context& context);
void add_suspend(CLI::App& app, Context& context);
void add_resume(CLI::App& app, Context& context);
void add_delete(CLI::App& app, Context& context);
void add_password(CLI::App& app, Context& context);
void add_secret(CLI::App& app, Context& context);
void add_webparm(CLI::App& app, Context& context);
void add_limits(CLI::App& app, Context& context);
void add_backup(CLI::App& app, Context& context);
void add_restore(CLI::App& app, Context& context);
// In tenants/move, because they know the broker's state:
void add_export(CLI::App& app, Context& context);
void add_import(CLI::App& app, Context& context);

}  // namespace owb::cli

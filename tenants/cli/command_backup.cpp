#include <array>
#include <cerrno>
#include <ctime>
#include <memory>

#include <sys/stat.h>

#include "tenants/cli/context.hpp"
#include "tenants/cli/state_files.hpp"

namespace owb::cli {
namespace {

constexpr const char* kBackupDetails =
    R"(Copies the registry and the broker's state (retained messages, sessions, queues) into a new folder, each as it is at one
moment. The broker may run. The folder holds password hashes: keep it as you keep the registry.

The state is found through --config, or is `state.db` beside the registry; --state names it.

Examples:
  owb-tenants -c /etc/owb-cloud/owb-cloud.conf backup /var/backups/owb-cloud-monday)";

constexpr const char* kRestoreDetails =
    R"(Puts the copies of a backup in the place of registry and state. The broker and the portal must not run. What was there is
not deleted but moved into a folder `before-restore-DATE` beside it.

Examples:
  systemctl stop owb-broker owb-portal
  owb-tenants -c /etc/owb-cloud/owb-cloud.conf restore /var/backups/owb-cloud-monday
  systemctl start owb-broker owb-portal)";

struct Options {
  std::string folder;
  std::string state;
};

void make_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0) {
    throw Failure{kFailed, folder.string(),
                  Error{errno, boost::system::system_category()}.message()};
  }
}

void backup(Context& context, const Options& options) {
  const std::filesystem::path folder{options.folder};
  const auto registry = context.registry_path();
  context.open_registry();  // says what is wrong with it
  const StateFiles state{context.state_path(options.state)};
  make_folder(folder);
  copy_database(registry, folder / "registry.db");
  if (state.exists()) {
    state.copy_to(folder);
  } else if (!options.state.empty()) {
    throw Failure{kFailed, "--state", options.state + " does not exist"};
  }
  context.print({{"folder", options.folder}, {"state", state.exists()}},
                "Copied registry" + std::string{state.exists() ? " and state" : ""} + " to " +
                    options.folder + (state.exists() ? ".\n" : "; there is no state.\n"));
}

std::filesystem::path aside_folder(const std::filesystem::path& beside) {
  const auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  const auto size =
      std::strftime(text.data(), text.size(), "before-restore-%Y-%m-%dT%H%M%S", &parts);
  const auto name = beside.parent_path() / std::string{text.data(), size};
  auto free = name;
  for (int i = 2; std::filesystem::exists(free); ++i) {
    free = name.string() + '-' + std::to_string(i);
  }
  return free;
}

void move_into(const std::filesystem::path& folder, const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) {
    std::filesystem::rename(file, folder / file.filename());
  }
}

/// A copy with the owner of what it replaces: root restores, the broker's own user reads.
void put(const std::filesystem::path& from, const std::filesystem::path& to,
         const std::filesystem::path& like) {
  std::filesystem::copy_file(from, to);

  struct stat status {};

  if (::stat(like.c_str(), &status) == 0 && ::geteuid() == 0 &&
      ::chown(to.c_str(), status.st_uid, status.st_gid) != 0) {
    throw Failure{kFailed, to.string(), "cannot be given to its owner"};
  }
}

void restore(Context& context, const Options& options) {
  const std::filesystem::path folder{options.folder};
  const auto registry = context.registry_path();
  const StateFiles state{context.state_path(options.state)};
  const StateFiles saved{folder / "state.db"};
  if (!std::filesystem::exists(folder / "registry.db")) {
    throw Failure{kFailed, options.folder, "is not a backup: there is no registry.db"};
  }
  if (state.in_use()) {
    throw Failure{kFailed, state.database().string(), "the broker runs; stop it first"};
  }
  context.confirm("Everything since the backup is taken out of service.", "restore");
  const auto old_registry = aside_folder(registry);
  make_folder(old_registry);
  for (const auto* end : {"", "-wal", "-shm"}) {
    move_into(old_registry, registry.string() + end);
  }
  const bool together = registry.parent_path() == state.database().parent_path();
  const auto old_state = together ? old_registry : aside_folder(state.database());
  if (!together) {
    make_folder(old_state);
  }
  for (const auto& file : state.all()) {
    move_into(old_state, file);
  }
  put(folder / "registry.db", registry, old_registry / registry.filename());
  const auto target = state.database().parent_path();
  const auto stem = state.database().stem().string();
  for (const auto& file : saved.all()) {
    // state.db and state.log.N, by the name that the configuration gives them
    const auto name =
        file == saved.database()
            ? state.database().filename().string()
            : stem + file.filename().string().substr(saved.database().stem().string().size());
    put(file, target / name, old_registry / registry.filename());
  }
  context.print({{"folder", options.folder}, {"before", old_registry.string()}},
                "Restored from " + options.folder + "; what was there is in " +
                    old_registry.string() + ".\n");
}

}  // namespace

void add_backup(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "backup", "Copy registry and state while the broker runs",
                              kBackupDetails, [&context, options] { backup(context, *options); });
  command->add_option("FOLDER", options->folder, "Where to; it is made")->required()->type_name("");
  command->add_option("--state", options->state, "The broker's state.db")->type_name("PATH");
}

void add_restore(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "restore", "Put a backup in the place of registry and state",
                              kRestoreDetails, [&context, options] { restore(context, *options); });
  command->add_option("FOLDER", options->folder, "A folder that `backup` made")
      ->required()
      ->type_name("");
  command->add_option("--state", options->state, "The broker's state.db")->type_name("PATH");
}

}  // namespace owb::cli

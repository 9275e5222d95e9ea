#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <stdlib.h>  // mkdtemp
#include <unistd.h>

#include "broker/core/kept_passage.hpp"
#include "broker/store/store.hpp"
#include "tenants/base/file.hpp"
#include "tenants/base/unique_fd.hpp"
#include "tenants/cli/context.hpp"
#include "tenants/cli/state_files.hpp"
#include "tenants/cli/tenant_text.hpp"
#include "tenants/move/tenant_file.hpp"

namespace owb::cli {
namespace {

constexpr const char* kExportDetails =
    R"(Writes all there is of one tenant into a new file, for `import` on another server or under another name: name, limits,
webparm id and theme, home secret and password (as stored: hashed), and from the broker's state, as it is at one moment,
retained messages, sessions, subscriptions and the messages that wait in them. The broker may run; what it has not written
yet (retained values of QoS 0 of the last `autosave_interval`) is missing, as after a loss of power. Nobody's login is in the
file: web sessions and login links stay behind, and the owner logs in again.

The file holds what a home needs to get in: it is made for its owner only (0600); keep it as you keep the registry.

The state is found through --config, or is `state.db` beside the registry; --state names it.

Examples:
  owb-tenants -c /etc/owb-cloud/owb-cloud.conf export mueller mueller.owb)";

constexpr const char* kImportDetails =
    R"(Adds the tenant of a file that `export` wrote, with all that is in it: the home connects with the secret it has, finds
its session and what waits there, and the owner logs in with the password of before. All of it or nothing; a damaged file
changes nothing. The broker may run: it takes the tenant in within a second. If it does not run, it does so when it starts.

--as NAME gives the tenant another name. The first level of each topic becomes that name, in what is retained, in
subscriptions and in what waits; payloads stay as they are. In openWB the bridge needs the new user name and prefix.

A name that exists is refused; delete that tenant first. A deleted one is refused too, unless --forget is given.

Examples:
  owb-tenants import mueller.owb
  owb-tenants import mueller.owb --as mueller-2)";

struct ExportOptions {
  std::string name;
  std::string file;
  std::string state;
};

struct ImportOptions {
  std::string file;
  std::string as;
  bool forget = false;
};

/// For the copy of the state, beside the file to be written; gone afterwards.
class Workplace {
 public:
  explicit Workplace(const std::filesystem::path& file) {
    auto name = file.string() + ".XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      throw Failure{kFailed, file.string(),
                    Error{errno, boost::system::system_category()}.message()};
    }
    path_ = name;
  }

  ~Workplace() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Found {
  std::vector<tenants::StateEntry> state;
  std::size_t left_out = 0;
};

/// Collects the entries of one tenant while a copy of the state is loaded.
class Collector {
 public:
  Collector(const tenants::TenantRecord& tenant, Found& found)
      : tenant_{tenant}, passage_{tenant.id.str(), tenant.id.str()}, found_{found} {}

  void take(std::string_view name, core::KeptKind kind, ByteView key, ByteView value) {
    if (name != tenant_.id.str()) {
      return;
    }
    if (kind == core::KeptKind::tenant) {
      core::KeptReader in{value};
      const bool known = in.format();
      const auto uid = in.u64();
      // 0: whom only a password file knew, before the registry took the name over.
      another_ = known && in.finish() && uid != 0 && uid != tenant_.uid;
    }
    if (kind == core::KeptKind::tenant || another_) {
      return;
    }
    if (auto entry = passage_.take(kind, key, value)) {
      size_ += entry->key.size() + entry->value.size();
      if (size_ > move::kMaxFile / 2) {
        throw Failure{kFailed, tenant_.id.str(), "has more state than a file can take"};
      }
      found_.state.push_back(
          {static_cast<std::uint8_t>(kind), std::move(entry->key), std::move(entry->value)});
    } else {
      ++found_.left_out;
    }
  }

 private:
  const tenants::TenantRecord& tenant_;
  core::KeptPassage passage_;
  Found& found_;
  bool another_ = false;  ///< the state of a deleted tenant of the same name
  std::size_t size_ = 0;
};

Found state_of(const tenants::TenantRecord& tenant, const StateFiles& files,
               const std::filesystem::path& beside) {
  const Workplace workplace{beside};
  files.copy_to(workplace.path());
  std::string damage;
  auto opened =
      store::Store::open({.path = (workplace.path() / "state.db").string(),
                          .durability = store::Durability::none,
                          .report = [&damage](store::Severity severity, const std::string& text) {
                            if (severity == store::Severity::error && damage.empty()) {
                              damage = text;
                            }
                          }});
  auto state = value_or_fail(std::move(opened), files.database().string());
  Found found;
  Collector collector{tenant, found};
  state->load([&collector](std::string_view name, core::KeptKind kind, ByteView key,
                           ByteView value) { collector.take(name, kind, key, value); });
  state->stop();
  if (!damage.empty()) {
    throw Failure{kFailed, files.database().string(),
                  "is damaged; the broker repairs it when it starts (" + damage + ")"};
  }
  return found;
}

/// With mode 0600, whole and on the disk, or not at all.
void write_new_file(const std::string& path, std::string_view content) {
  fail_unless(write_private_file(path, content), path);
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file || ::fsync(file.get()) != 0) {
    const auto why = Error{errno, boost::system::system_category()}.message();
    ::unlink(path.c_str());
    throw Failure{kFailed, path, why};
  }
}

void export_tenant(Context& context, const ExportOptions& options) {
  const auto id = Context::name(options.name);
  if (std::filesystem::exists(options.file)) {
    throw Failure{kFailed, options.file, "exists"};
  }
  auto registry = context.open_registry();
  const StateFiles files{context.state_path(options.state)};
  if (!files.exists() && !options.state.empty()) {
    throw Failure{kFailed, "--state", options.state + " does not exist"};
  }
  auto tenant = value_or_fail(registry.find(id), id.str());
  const auto found = files.exists() ? state_of(tenant, files, options.file) : Found{};
  auto record = value_or_fail(registry.find(id), id.str());
  if (record.uid != tenant.uid) {
    throw Failure{kFailed, id.str(), "was deleted and added again just now; try again"};
  }
  record.home_origin = registry.origin_of(record).bytes();
  write_new_file(options.file, move::write_tenant_file({.tenant = std::move(record),
                                                        .exported = Context::by().now,
                                                        .state = found.state}));
  auto text = "Exported " + id.str() + " with " + std::to_string(found.state.size()) +
              " entries of its state to " + options.file + ".\n";
  if (!files.exists()) {
    text = "Exported " + id.str() + " to " + options.file + "; there is no state.\n";
  }
  if (found.left_out != 0) {
    text += std::to_string(found.left_out) + " entries make no sense and were left out.\n";
  }
  context.print({{"name", id.str()},
                 {"file", options.file},
                 {"state", files.exists()},
                 {"entries", found.state.size()},
                 {"left_out", found.left_out}},
                text);
}

/// The entries under the new name. Failure that names the first one that makes no sense.
std::vector<tenants::StateEntry> passed(const move::TenantFile& file, const TenantId& id,
                                        const std::string& path) {
  core::KeptPassage passage{file.tenant.id.str(), id.str()};
  std::vector<tenants::StateEntry> state;
  state.reserve(file.state.size());
  for (std::size_t i = 0; i < file.state.size(); ++i) {
    const auto& entry = file.state[i];
    auto taken = passage.take(static_cast<core::KeptKind>(entry.kind), entry.key, entry.value);
    if (!taken) {
      throw Failure{kFailed, path,
                    "nothing was imported: entry " + std::to_string(i + 1) +
                        " of the state: " + std::string{passage.problem()}};
    }
    state.push_back({entry.kind, std::move(taken->key), std::move(taken->value)});
  }
  return state;
}

void import_tenant(Context& context, const ImportOptions& options) {
  auto read =
      move::read_tenant_file(value_or_fail(read_file(options.file, move::kMaxFile), options.file));
  if (!read) {
    throw Failure{kFailed, options.file, "nothing was imported: " + read.problem};
  }
  auto tenant = read.file.tenant;
  if (!options.as.empty()) {
    tenant.id = Context::name(options.as);
  }
  const auto state = passed(read.file, tenant.id, options.file);
  auto registry = context.open_registry();
  using Tombstone = tenants::Registry::Tombstone;
  const auto record = value_or_fail(
      registry.import(tenant, state, options.forget ? Tombstone::forget : Tombstone::refuse,
                      Context::by()),
      tenant.id.str());
  auto json = to_json(record);
  json["entries"] = state.size();
  context.print(json, "Imported " + record.id.str() + " with " + std::to_string(state.size()) +
                          " entries of its state (webparm id " + std::to_string(record.webparm_id) +
                          ").\n");
}

}  // namespace

void add_export(CLI::App& app, Context& context) {
  auto options = std::make_shared<ExportOptions>();
  auto* command = add_command(app, "export", "Write all of one tenant into a file", kExportDetails,
                              [&context, options] { export_tenant(context, *options); });
  command->add_option("NAME", options->name, "Name of the tenant")->required()->type_name("");
  command->add_option("FILE", options->file, "Where to; it is made")->required()->type_name("");
  command->add_option("--state", options->state, "The broker's state.db")->type_name("PATH");
}

void add_import(CLI::App& app, Context& context) {
  auto options = std::make_shared<ImportOptions>();
  auto* command =
      add_command(app, "import", "Add the tenant of a file that export wrote", kImportDetails,
                  [&context, options] { import_tenant(context, *options); });
  command->add_option("FILE", options->file, "A file that `export` wrote")
      ->required()
      ->type_name("");
  command->add_option("--as", options->as, "Another name for the tenant")->type_name("NAME");
  command->add_flag("--forget", options->forget, "Also if a tenant of that name was deleted");
}

}  // namespace owb::cli

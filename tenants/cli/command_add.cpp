#include <memory>

#include "tenants/base/file.hpp"
#include "tenants/base/random.hpp"
#include "tenants/cli/bridge_file.hpp"
#include "tenants/cli/context.hpp"
#include "tenants/cli/home_options.hpp"
#include "tenants/cli/import_file.hpp"
#include "tenants/cli/onboarding.hpp"
#include "tenants/cli/tenant_text.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/snapshot.hpp"

namespace owb::cli {
namespace {

constexpr const char* kDetails =
    R"(Makes a tenant that can be used at once: a home secret for the bridge, an initial password for the owner, and the
number (webparm id) with which the owner may log in. Secret and password are shown here and never again. Below them
stand the fields to type into openWB's page "MQTT-Brücke", in the order and words of that page.

--conf FILE writes a bridge section for a real mosquitto instead of typing: for /etc/mosquitto/conf.d/ of an openWB 1.9
home or of any Linux beside it. --host must then be given (or known from `origin` of the configuration).

--link makes a link with which the owner logs in once and chooses a password, instead of an initial password.

--from FILE adds many at once, all or none, at most 50000: one NAME a line, or NAME:HASH as in a mosquitto password
file, whose owners keep their passwords. With --json the answer is a list with each name, secret and password.

Examples:
  owb-tenants add mueller --host cloud.example.org
  owb-tenants add mueller --host cloud.example.org --conf 99-bridge-cloud.conf --for 1.9
  owb-tenants add --from /etc/mosquitto/passwords --json > accounts.json)";

constexpr std::size_t kInitialPasswordLength = 16;  // 95 bits

struct Options {
  std::string name;
  std::string from;
  std::string thema = "standard";
  std::int64_t webparm_id = -1;
  bool link = false;
  HomeOptions home;
};

/// What is told once about a new tenant.
struct Told {
  std::string secret;
  std::string password;  ///< empty: a link, or a hash that was imported
};

void add_one(Context& context, const Options& options) {
  const auto id = Context::name(options.name);
  const auto access_for = [&](const std::string& secret) {
    return options.home.access(context, id.str(), secret);
  };
  const Told told{.secret = tenants::make_home_secret(),
                  .password = options.link ? "" : random_alnum(kInitialPasswordLength)};
  options.home.check_file(access_for(told.secret));
  auto registry = context.open_registry();
  const auto hash = told.password.empty()
                        ? std::string{}
                        : value_or_fail(tenants::hash_password(told.password), "password");
  const auto record = value_or_fail(
      registry.add(
          {.id = id,
           .home_secret = told.secret,
           .password_hash = hash,
           .webparm_id = options.webparm_id < 0 ? std::nullopt : std::optional{options.webparm_id},
           .thema = options.thema},
          Context::by()),
      id.str());
  auto json = to_json(record);
  json["secret"] = told.secret;
  std::string text = "Added " + id.str() + " (webparm id " + std::to_string(record.webparm_id) +
                     ").\n\nShown once, never again:\n  home secret  " + told.secret + "\n";
  if (options.link) {
    const auto token = value_or_fail(
        registry.create_login_link(id, tenants::kLoginLinkLifetime, Context::by()), id.str());
    const auto link = login_link(context, token);
    json["link"] = link;
    text += "  login link   " + link + "   (valid 3 days, once)\n";
  } else {
    json["password"] = told.password;
    text += "  password     " + told.password + "\n";
  }
  const auto access = access_for(told.secret);
  if (options.home.write_file(access)) {
    json["conf"] = options.home.conf;
    text += "\nWrote the bridge section to " + options.home.conf + ".\n";
  }
  json["form"] = onboarding_json(access);
  context.print(json, text + "\n" + onboarding_text(access));
}

std::string import_errors(const ImportList& list) {
  std::string text = "nothing was added";
  for (const auto& error : list.errors) {
    text += "\n  " + error;
  }
  return text;
}

void add_many(Context& context, const Options& options) {
  const auto text = value_or_fail(read_file(options.from, kMaxImportBytes), options.from);
  const auto list = parse_import(text);
  if (!list.errors.empty()) {
    throw Failure{kFailed, options.from, import_errors(list)};
  }
  std::vector<tenants::NewTenant> wanted;
  std::vector<Told> told;
  wanted.reserve(list.entries.size());
  told.reserve(list.entries.size());
  for (const auto& entry : list.entries) {
    Told one{.secret = tenants::make_home_secret(), .password = {}};
    auto hash = entry.password_hash;
    if (hash.empty()) {
      one.password = random_alnum(kInitialPasswordLength);
      hash = value_or_fail(tenants::hash_random_password(one.password), "password");
    }
    wanted.push_back({.id = entry.id,
                      .home_secret = one.secret,
                      .password_hash = std::move(hash),
                      .thema = options.thema});
    told.push_back(std::move(one));
  }
  auto registry = context.open_registry();
  std::size_t failed_at = 0;
  const auto added = registry.add_all(wanted, Context::by(), &failed_at);
  if (!added) {
    const auto where = failed_at < list.entries.size()
                           ? "line " + std::to_string(list.entries[failed_at].line) + ": '" +
                                 list.entries[failed_at].id.str() + "': "
                           : std::string{};
    throw Failure{kFailed, options.from, "nothing was added: " + where + added.error().message()};
  }
  auto json = nlohmann::json::array();
  std::string lines = "# name  home-secret  initial-password (shown once, never again)\n";
  for (std::size_t i = 0; i < added->size(); ++i) {
    auto one = to_json((*added)[i]);
    one["secret"] = told[i].secret;
    if (!told[i].password.empty()) {
      one["password"] = told[i].password;
    }
    json.push_back(std::move(one));
    lines += padded((*added)[i].id.str(), 32) + "  " + told[i].secret + "  " +
             (told[i].password.empty() ? "(its own)" : told[i].password) + "\n";
  }
  context.print(json, lines + "Added " + std::to_string(added->size()) + " tenants.\n");
}

}  // namespace

void add_add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "add", "Add a tenant, or many", kDetails, [&context, options] {
    if (options->name.empty() && options->from.empty()) {
      throw Failure{kUsage, "NAME", "give the name of a tenant, or --from FILE for many"};
    }
    options->from.empty() ? add_one(context, *options) : add_many(context, *options);
  });
  auto* name = command->add_option("NAME", options->name, "Name of the tenant")->type_name("");
  auto* from = command->add_option("--from", options->from, "Add all tenants of this file")
                   ->type_name("FILE")
                   ->excludes(name);
  command
      ->add_option("--webparm-id", options->webparm_id,
                   "Default: the next free one; 0: may not log in yet")
      ->type_name("ID")
      ->check(CLI::Range(std::int64_t{0}, tenants::kMaxWebparmId))
      ->excludes(from);
  command->add_option("--thema", options->thema, "Theme of the dashboard")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_flag("--link", options->link, "A one-time login link instead of an initial password")
      ->excludes(from);
  options->home.add_to(*command);
}

}  // namespace owb::cli

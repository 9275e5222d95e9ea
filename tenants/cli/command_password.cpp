#include <memory>

#include "tenants/base/random.hpp"
#include "tenants/base/secret_bytes.hpp"
#include "tenants/cli/context.hpp"
#include "tenants/cli/home_options.hpp"
#include "tenants/cli/terminal.hpp"
#include "tenants/registry/password_hash.hpp"

namespace owb::cli {
namespace {

constexpr const char* kDetails =
    R"(Sets the owner's password: asked for twice without showing it, read from standard input (--stdin), or drawn and shown
once (--generate). 10 to 1024 bytes. The owner's connections and web sessions end; the home's stay, since it has the home
secret.

--link changes nothing yet: it makes a link, valid once and for 3 days, with which the owner logs in and chooses a new
password.

Examples:
  owb-tenants password mueller
  owb-tenants password mueller --link
  pwgen 20 1 | owb-tenants password mueller --stdin)";

constexpr std::size_t kMinPasswordBytes = 10;
constexpr std::size_t kGeneratedLength = 16;

struct Options {
  std::string name;
  bool generate = false;
  bool from_stdin = false;
  bool link = false;
};

void make_link(Context& context, const TenantId& id) {
  const auto by = Context::by();
  const auto token = value_or_fail(
      context.open_registry().create_login_link(id, tenants::kLoginLinkLifetime, by), id.str());
  const auto link = login_link(context, token);
  context.print(
      {{"name", id.str()}, {"link", link}, {"expires", by.now + tenants::kLoginLinkLifetime}},
      "Valid once, for 3 days:\n  " + link + "\n");
}

std::string ask_twice() {
  if (!can_ask()) {
    throw Failure{kUsage, "password", "nobody can be asked here; use --stdin or --generate"};
  }
  auto first = ask_hidden("New password: ");
  auto second = ask_hidden("Once more: ");
  const bool same = first == second;
  wipe(second);
  if (!same) {
    throw Failure{kUsage, "password", "the two are not the same; nothing was changed"};
  }
  return first;
}

std::string wanted_password(const Options& options) {
  if (options.generate) {
    return random_alnum(kGeneratedLength);
  }
  auto password = options.from_stdin ? read_line(tenants::kMaxPasswordBytes + 1) : ask_twice();
  if (password.size() < kMinPasswordBytes || password.size() > tenants::kMaxPasswordBytes) {
    throw Failure{kUsage, "password", "must have 10 to 1024 bytes"};
  }
  return password;
}

void set_password(Context& context, const Options& options) {
  const auto id = Context::name(options.name);
  if (options.link) {
    return make_link(context, id);
  }
  auto registry = context.open_registry();
  value_or_fail(registry.find(id), id.str());
  auto password = wanted_password(options);
  const auto hash = value_or_fail(tenants::hash_password(password), "password");
  fail_unless(registry.set_password(id, hash, Context::by()), id.str());
  nlohmann::json json{{"name", id.str()}, {"changed", true}};
  auto text = "The password of " + id.str() + " was changed.\n";
  if (options.generate) {
    json["password"] = password;
    text += "Shown once, never again:\n  " + password + "\n";
  }
  wipe(password);
  context.print(json, text);
}

}  // namespace

void add_password(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "password", "Set a tenant's password", kDetails,
                              [&context, options] { set_password(context, *options); });
  command->add_option("NAME", options->name, "Name of the tenant")->required()->type_name("");
  auto* generate = command->add_flag("--generate", options->generate, "Draw one and show it once");
  auto* from_stdin = command
                         ->add_flag("--stdin", options->from_stdin,
                                    "Read it from the first line of standard input")
                         ->excludes(generate);
  command->add_flag("--link", options->link, "Make a one-time login link instead")
      ->excludes(generate)
      ->excludes(from_stdin);
}

}  // namespace owb::cli

#include "tenants/cli/context.hpp"

namespace owb::cli {

void add_init(CLI::App& app, Context& context) {
  add_command(app, "init", "Make the registry",
              "Makes the registry file and its folder, unless they are there; harmless to "
              "repeat. The broker does "
              "the same\nwhen it starts. Run as root, the file gets the owner of its folder.",
              [&context] {
                const auto path = context.registry_path();
                const bool existed = std::filesystem::exists(path);
                context.open_registry(tenants::OpenMode::create);
                context.print({{"registry", path.string()}, {"created", !existed}},
                              existed ? "The registry " + path.string() + " exists.\n"
                                      : "Made the registry " + path.string() + ".\n");
              });
}

}  // namespace owb::cli

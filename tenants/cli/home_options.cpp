#include "tenants/cli/home_options.hpp"

#include "tenants/base/file.hpp"
#include "tenants/base/random.hpp"
#include "tenants/cli/bridge_file.hpp"

namespace owb::cli {
namespace {

constexpr const char* kUnknownHost = "CLOUD-HOST";

/// As openWB 1.9's form takes it; a line break in it would be another directive of the bridge file.
bool is_host_name(const std::string& host) {
  return !host.empty() && host.size() <= 253 &&
         host.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-") ==
             std::string::npos;
}

/// A mosquitto at home checks the certificate against what it was told to connect to: with an
/// address that fails.
bool is_address(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

void HomeOptions::add_to(CLI::App& command) {
  command.add_option("--host", host, "DNS name of the cloud, as its certificate has it")
      ->type_name("NAME");
  command.add_option("--port", port, "Port of the cloud for homes")
      ->capture_default_str()
      ->type_name("PORT")
      ->check(CLI::Range(1, 65'535));
  command.add_option("--conf", conf, "Write a ready bridge section to this new file (mode 0600)")
      ->type_name("FILE");
  command.add_option("--for", version, "openWB of that home: 1.9 or 2.x")
      ->capture_default_str()
      ->type_name("VERSION")
      ->check(CLI::IsMember({"1.9", "2.x"}));
}

HomeAccess HomeOptions::access(Context& context, const std::string& name,
                               const std::string& secret) const {
  auto known = host.empty() ? context.host().value_or(kUnknownHost) : host;
  if (!is_host_name(known)) {
    throw Failure{kUsage, host.empty() ? "origin" : "--host",
                  "a DNS name has only the characters A-Z a-z 0-9 . -"};
  }
  if (!host.empty() && is_address(host)) {
    throw Failure{kUsage, "--host", "give the DNS name: homes check the certificate against it"};
  }
  return {.name = name, .secret = secret, .host = std::move(known), .port = port};
}

void HomeOptions::check_file(const HomeAccess& access) const {
  if (conf.empty()) {
    return;
  }
  if (access.host == kUnknownHost) {
    throw Failure{kUsage, "--host", "needed for --conf: the bridge must know the cloud's DNS name"};
  }
  if (std::filesystem::exists(conf)) {
    throw Failure{kFailed, conf, "the file exists; it is not overwritten"};
  }
}

bool HomeOptions::write_file(const HomeAccess& access) const {
  if (conf.empty()) {
    return false;
  }
  const auto kind = version == "1.9" ? HomeVersion::openwb_1_9 : HomeVersion::openwb_2;
  fail_unless(write_private_file(conf, bridge_file(kind, access, 1 + random_below(1'000'000))),
              conf);
  return true;
}

std::string login_link(Context& context, const std::string& token) {
  return context.origin().value_or("") + "/login/once?t=" + token;
}

}  // namespace owb::cli

#include "broker/app/acl_files.hpp"

#include <map>
#include <stdexcept>
#include <string>

#include "tenants/base/file.hpp"

namespace owb::app {

namespace {

constexpr std::size_t kMaxAclFileBytes = 16U << 20U;

std::shared_ptr<const core::Acl> load_acl(const std::string& path) {
  const auto text = read_file(path, kMaxAclFileBytes);
  if (!text) {
    throw std::runtime_error(path + ": " + text.error().message());
  }
  core::Acl::Problem problem;
  auto acl = core::Acl::parse(*text, problem);
  if (!acl) {
    throw std::runtime_error(path + ':' + std::to_string(problem.line) + ": " + problem.what);
  }
  return std::make_shared<const core::Acl>(std::move(*acl));
}

}  // namespace

std::vector<std::shared_ptr<const core::Acl>> load_acls(const BrokerConfig& config) {
  std::vector<std::shared_ptr<const core::Acl>> acls;
  if (config.cloud.tenancy) {
    return acls;
  }
  std::map<std::string, std::shared_ptr<const core::Acl>> by_path{{"", nullptr}};
  for (const auto& listener : config.listeners) {
    const auto& path = listener.security.acl_file;
    auto found = by_path.find(path);
    if (found == by_path.end()) {
      found = by_path.emplace(path, load_acl(path)).first;
    }
    acls.push_back(found->second);
  }
  return acls;
}

}  // namespace owb::app

#pragma once

#include <gtest/gtest.h>

#include "tenants/registry/error.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/registry.hpp"
#include "tenants/registry/snapshot.hpp"
#include "tests/tenants/support/temporary_folder.hpp"

namespace owb::test {

inline constexpr std::int64_t kNow = 1'800'000'000;

inline TenantId id(std::string_view name) {
  return *TenantId::parse(name);
}

inline tenants::By at(std::int64_t now) {
  return {.now = now, .actor = "test"};
}

/// A registry in a folder of its own, and the few words its tests are made of.
class RegistryFixture : public testing::Test {
 protected:
  RegistryFixture()
      : path_{folder_ / "registry.db"},
        registry_{*tenants::Registry::open(path_, tenants::OpenMode::create)} {}

  static tenants::NewTenant tenant(std::string_view name,
                                   std::string home_secret = tenants::make_home_secret()) {
    return {.id = id(name),
            .home_secret = std::move(home_secret),
            .password_hash = *tenants::hash_random_password("first password")};
  }

  tenants::TenantRecord add(std::string_view name) {
    return *registry_.add(tenant(name), at(kNow));
  }

  tenants::WebSession log_in(const tenants::TenantRecord& who, std::int64_t now = kNow) {
    return *registry_.create_session({.tenant = who.id.str(), .tenant_uid = who.uid}, at(now));
  }

  TemporaryFolder folder_;
  std::filesystem::path path_;
  tenants::Registry registry_;
};

}  // namespace owb::test

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tenants/base/assert.hpp"
#include "tenants/registry/password_file.hpp"
#include "tenants/registry/password_hash.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::tenants {
namespace {

bool is_one_clean_line(std::string_view text) {
  for (const char character : text) {
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7F) {
      return false;
    }
  }
  return !text.empty();
}

/// What holds for every text.
void check(const PasswordFileResult& result, UserNames names) {
  OWB_ASSERT(result || result.file.size() == 0);
  OWB_ASSERT(result.first_error("f").empty() == result.errors.empty());
  for (const auto& [user, hash] : result.file.users()) {
    OWB_ASSERT(names == UserNames::any || TenantId::parse(user));
    OWB_ASSERT(!user.empty() && check_hash_format(hash));
    OWB_ASSERT(result.file.find(user) == &hash);
  }
  for (const auto& note : result.errors) {
    OWB_ASSERT(note.line > 0 && is_one_clean_line(note.message));
  }
  for (const auto& note : result.file.warnings()) {
    OWB_ASSERT(note.line > 0 && is_one_clean_line(note.message));
  }
}

}  // namespace
}  // namespace owb::tenants

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace owb::tenants;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto names : {UserNames::tenants, UserNames::any}) {
    check(parse_password_file(text, names), names);
  }
  return 0;
}

// What a stranger gives to `owb-tenants import`: the file, and behind it the entries of the state.
// The first byte says whether the rest is a whole file, or entries that are put into a file whose
// checks are right, so that the fuzzer gets past them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/core/kept_passage.hpp"
#include "tenants/base/assert.hpp"
#include "tenants/move/tenant_file.hpp"
#include "tenants/registry/snapshot.hpp"

namespace owb::move {
namespace {

std::vector<tenants::StateEntry> cut(std::string_view text) {
  std::vector<tenants::StateEntry> entries;
  while (text.size() >= 3) {
    const auto kind = static_cast<std::uint8_t>(text[0]);
    const auto key = std::min<std::size_t>(static_cast<unsigned char>(text[1]), text.size() - 3);
    const auto value =
        std::min<std::size_t>(static_cast<unsigned char>(text[2]), text.size() - 3 - key);
    const auto bytes = as_byte_view(text);
    const auto name = bytes.subspan(3, key);
    const auto content = bytes.subspan(3 + key, value);
    entries.push_back({kind, {name.begin(), name.end()}, {content.begin(), content.end()}});
    text.remove_prefix(3 + key + value);
  }
  return entries;
}

TenantFile make_file(std::string_view text) {
  tenants::TenantRecord tenant{*TenantId::parse("alice")};
  tenant.home_origin = tenants::HomeSecretOrigin{}.bytes();
  tenant.thema = "standard";
  return {.tenant = std::move(tenant), .exported = 1, .state = cut(text)};
}

/// Under its own name, under another one, and back. An import ends at the first entry that makes no
/// sense; what a passage says about the ones before must be in keeping.
void pass(const TenantFile& file) {
  core::KeptPassage same{file.tenant.id.str(), file.tenant.id.str()};
  core::KeptPassage there{file.tenant.id.str(), "another-name"};
  core::KeptPassage back{"another-name", file.tenant.id.str()};
  bool going = true;
  for (const auto& entry : file.state) {
    const auto kind = static_cast<core::KeptKind>(entry.kind);
    const auto kept = same.take(kind, entry.key, entry.value);
    OWB_ASSERT(kept.has_value() == same.problem().empty());
    const auto moved = there.take(kind, entry.key, entry.value);
    if (!kept || !moved || !going) {
      going = false;
      continue;
    }
    (void)back.take(kind, moved->key, moved->value);
  }
}

}  // namespace
}  // namespace owb::move

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace owb::move;
  if (size == 0) {
    return 0;
  }
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  if (data[0] % 2 == 0) {
    const auto read = read_tenant_file(text);
    if (read) {
      pass(read.file);
      OWB_ASSERT(read_tenant_file(write_tenant_file(read.file)));
    }
    return 0;
  }
  const auto made = make_file(text);
  const auto read = read_tenant_file(write_tenant_file(made));
  OWB_ASSERT(read && read.file.state == made.state);
  pass(read.file);
  return 0;
}

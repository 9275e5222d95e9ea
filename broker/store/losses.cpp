#include "broker/store/losses.hpp"

#include <fmt/core.h>

namespace owb::store {

void Losses::add(std::string_view tenant, std::uint64_t count) {
  if (count == 0) {
    return;
  }
  const auto found = entries.find(tenant);
  if (found == entries.end()) {
    entries.emplace(tenant, count);
  } else {
    found->second += count;
  }
}

void Losses::add(const Losses& other) {
  for (const auto& [tenant, count] : other.entries) {
    add(tenant, count);
  }
  unknown += other.unknown;
}

std::string Losses::text() const {
  std::string text;
  const auto more = [&text](std::uint64_t count, std::string_view whose) {
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", count,
                        count == 1 ? "entry" : "entries", whose);
  };
  for (const auto& [tenant, count] : entries) {
    more(count, tenant.empty() ? std::string{} : fmt::format(" of {}", tenant));
  }
  if (unknown != 0) {
    more(unknown, " of a tenant that cannot be told");
  }
  return text;
}

}  // namespace owb::store

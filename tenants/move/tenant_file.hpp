#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tenants/registry/record.hpp"

/// One tenant as a file (`owb-tenants export`). Pure.
///
///   "owb-tenant-file\n" · version u16
///   records: type u8 · length u32 · check (16 bytes) · body
///     1 tenant   what the registry knows, as JSON: the first record, once
///     2 entry    one entry of the broker's state: kind u8 · key length u16 · key · value
///     3 end      count u64 of the entries before it: the last record, and nothing behind it
///
/// Numbers are big-endian. A check is the BLAKE2b of the record's place in the file (u64), its
/// type, length and body: a file that lost, doubled or exchanged something is not believed. It is
/// no signature: what the entries say is judged by broker/core/kept_passage.hpp.
namespace owb::move {

inline constexpr std::size_t kMaxFile = std::size_t{1} << 30;
inline constexpr std::size_t kMaxTenantJson = std::size_t{1} << 16;

struct TenantFile {
  tenants::TenantRecord tenant;
  std::int64_t exported = 0;  ///< unix s
  std::vector<tenants::StateEntry> state;
};

/// The bytes of the file. Errors do not occur; a state beyond kMaxFile is the caller's to refuse.
std::string write_tenant_file(const TenantFile& file);

struct TenantFileResult {
  TenantFile file;
  std::string problem;  ///< what and where: "byte 81: the record is damaged"; then nothing counts

  explicit operator bool() const { return problem.empty(); }
};

/// Takes any bytes. Memory is bounded by that of `bytes`.
TenantFileResult read_tenant_file(std::string_view bytes);

}  // namespace owb::move

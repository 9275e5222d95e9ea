#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "broker/store/changes.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::store {

/// Rows of `marks` and `kept` found in a damaged state.db, as views into the file or into
/// `spilled`.
struct Salvaged {
  std::vector<Change> kept;  ///< by tenant, kind, key; each with the right checksum

  struct Mark {
    std::string_view tenant;
    ByteView numbers;
  };

  std::vector<Mark> marks;
  std::deque<Bytes> spilled;  ///< payloads that were scattered over several pages
};

/// Goes through all pages of the file without SQLite, which gives up at the first page that makes
/// no sense. Only rows with the right checksum come out. Never fails.
Salvaged salvage(ByteView file);

/// The checksum of a row of `kept`, and of one of `marks`.
std::uint32_t row_checksum(std::string_view tenant, core::KeptKind kind, ByteView key,
                           ByteView value);
std::uint32_t mark_checksum(std::string_view tenant, ByteView numbers);

}  // namespace owb::store

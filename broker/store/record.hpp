#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "broker/core/keeper.hpp"
#include "tenants/base/bytes.hpp"

/// What a journal is made of: items, each with its length and checksum. Pure.
///
///   marker u32 · checksum u32 · length u32 (of the whole item) · type u8 · body
///   put, erase     kind u8, tenant length u8, key length u16, tenant, key, value
///   erase_tenant   the same, without kind, key and value
///   begin          group u64: batches that were written together
///   end            count u64: records of the batch since its begin
///
/// Numbers are little-endian. The checksum begins at the length.
namespace owb::store {

enum class ItemType : std::uint8_t { begin = 1, put = 2, erase = 3, erase_tenant = 4, end = 5 };

/// Random, one for each file: it goes into every checksum, and the marker is made of it. So bytes
/// that a client sent never pass for an item when a damaged file is searched for the next good one.
struct Salt {
  std::uint64_t value = 0;

  std::uint32_t marker() const { return static_cast<std::uint32_t>(value >> 32); }
};

/// One item, as views into the file it was read from.
struct Item {
  ItemType type = ItemType::begin;
  core::KeptKind kind = core::KeptKind::tenant;
  std::string_view tenant;
  ByteView key;
  ByteView value;
  std::uint64_t number = 0;  ///< begin: group; end: count
  std::size_t length = 0;    ///< bytes it takes in the file
};

inline constexpr std::size_t kItemHead = 13;

/// CRC-32 of `parts`, one after another, seeded with `salt`.
std::uint32_t checksum(const Salt& salt, std::initializer_list<ByteView> parts);

/// Append an item that is not sealed yet.
void append_begin(Bytes& out);
void append_end(Bytes& out, std::uint64_t count);
void append_record(Bytes& out, ItemType type, std::string_view tenant, core::KeptKind kind,
                   ByteView key, std::span<const ByteView> parts);

/// Gives all of `items` their markers and checksums, and each begin its group.
void seal_items(std::span<std::byte> items, const Salt& salt, std::uint64_t group);

/// The item at the start of `bytes`, if it is whole and its checksum is right.
std::optional<Item> read_item(ByteView bytes, const Salt& salt);

/// The tenant that a damaged item seems to name; empty if that cannot be told.
std::string_view tenant_of_damaged(ByteView bytes);

std::uint64_t load_number(ByteView bytes, std::size_t at, std::size_t width);
void store_number(std::span<std::byte> bytes, std::size_t at, std::size_t width,
                  std::uint64_t number);

}  // namespace owb::store

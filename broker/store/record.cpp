#include "broker/store/record.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "broker/store/crc32.hpp"
#include "tenants/base/assert.hpp"

namespace owb::store {
namespace {

constexpr std::size_t kChecksumAt = 4;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kTypeAt = 12;
constexpr std::size_t kKindAt = kItemHead;
constexpr std::size_t kTenantSizeAt = kItemHead + 1;
constexpr std::size_t kKeySizeAt = kItemHead + 2;
constexpr std::size_t kRecordHead = kItemHead + 4;
constexpr std::size_t kNumberItem = kItemHead + 8;

bool is_record(ItemType type) {
  return type == ItemType::put || type == ItemType::erase || type == ItemType::erase_tenant;
}

std::uint32_t seed_of(const Salt& salt) {
  std::array<std::byte, 8> seed{};
  store_number(seed, 0, 8, salt.value);
  return crc32(0, seed);
}

std::byte* grow(Bytes& out, std::size_t length, ItemType type) {
  OWB_ASSERT(length <= UINT32_MAX);
  const auto at = out.size();
  out.resize(at + length);
  const std::span item{out.data() + at, length};
  store_number(item, kLengthAt, 4, length);
  item[kTypeAt] = static_cast<std::byte>(type);
  return item.data();
}

std::byte* copy(std::byte* to, ByteView bytes) {
  if (!bytes.empty()) {
    std::memcpy(to, bytes.data(), bytes.size());
  }
  return to + bytes.size();
}

std::size_t length_of(ByteView bytes) {
  return bytes.size() < kItemHead ? 0 : load_number(bytes, kLengthAt, 4);
}

/// Fills the fields of a record; false if its lengths contradict each other.
bool read_record(ByteView bytes, Item& item) {
  if (bytes.size() < kRecordHead) {
    return false;
  }
  const auto tenant_size = load_number(bytes, kTenantSizeAt, 1);
  const auto key_size = load_number(bytes, kKeySizeAt, 2);
  const auto body = bytes.subspan(kRecordHead);
  if (body.size() < tenant_size + key_size) {
    return false;
  }
  item.kind = static_cast<core::KeptKind>(bytes[kKindAt]);
  item.tenant = as_text(body.first(tenant_size));
  item.key = body.subspan(tenant_size, key_size);
  item.value = body.subspan(tenant_size + key_size);
  return true;
}

}  // namespace

std::uint64_t load_number(ByteView bytes, std::size_t at, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    number |= static_cast<std::uint64_t>(bytes[at + i]) << (8 * i);
  }
  return number;
}

void store_number(std::span<std::byte> bytes, std::size_t at, std::size_t width,
                  std::uint64_t number) {
  for (std::size_t i = 0; i < width; ++i) {
    bytes[at + i] = static_cast<std::byte>(number >> (8 * i));
  }
}

std::uint32_t checksum(const Salt& salt, std::initializer_list<ByteView> parts) {
  auto sum = seed_of(salt);
  for (const auto& part : parts) {
    sum = crc32(sum, part);
  }
  return sum;
}

void append_begin(Bytes& out) {
  grow(out, kNumberItem, ItemType::begin);
}

void append_end(Bytes& out, std::uint64_t count) {
  auto* item = grow(out, kNumberItem, ItemType::end);
  store_number({item, kNumberItem}, kItemHead, 8, count);
}

void append_record(Bytes& out, ItemType type, std::string_view tenant, core::KeptKind kind,
                   ByteView key, std::span<const ByteView> parts) {
  OWB_ASSERT(tenant.size() <= UINT8_MAX && key.size() <= UINT16_MAX);
  auto length = kRecordHead + tenant.size() + key.size();
  for (const auto& part : parts) {
    length += part.size();
  }
  auto* item = grow(out, length, type);
  const std::span head{item, kRecordHead};
  head[kKindAt] = static_cast<std::byte>(kind);
  head[kTenantSizeAt] = static_cast<std::byte>(tenant.size());
  store_number(head, kKeySizeAt, 2, key.size());
  auto* to = copy(item + kRecordHead, as_byte_view(tenant));
  to = copy(to, key);
  for (const auto& part : parts) {
    to = copy(to, part);
  }
}

void seal_items(std::span<std::byte> items, const Salt& salt, std::uint64_t group) {
  const auto seed = seed_of(salt);
  while (!items.empty()) {
    const auto length = length_of(items);
    OWB_ASSERT(length >= kItemHead && length <= items.size());
    const auto item = items.first(length);
    if (static_cast<ItemType>(item[kTypeAt]) == ItemType::begin) {
      store_number(item, kItemHead, 8, group);
    }
    store_number(item, 0, 4, salt.marker());
    store_number(item, kChecksumAt, 4, crc32(seed, item.subspan(kLengthAt)));
    items = items.subspan(length);
  }
}

std::optional<Item> read_item(ByteView bytes, const Salt& salt) {
  const auto length = length_of(bytes);
  if (length < kItemHead || length > bytes.size()) {
    return std::nullopt;
  }
  bytes = bytes.first(length);
  if (checksum(salt, {bytes.subspan(kLengthAt)}) != load_number(bytes, kChecksumAt, 4)) {
    return std::nullopt;
  }
  Item item{.type = static_cast<ItemType>(bytes[kTypeAt]), .length = length};
  if (is_record(item.type)) {
    return read_record(bytes, item) ? std::optional{item} : std::nullopt;
  }
  if (length != kNumberItem) {
    return std::nullopt;
  }
  item.number = load_number(bytes, kItemHead, 8);
  return item;
}

std::string_view tenant_of_damaged(ByteView bytes) {
  Item item;
  if (bytes.size() < kItemHead || !is_record(static_cast<ItemType>(bytes[kTypeAt])) ||
      !read_record(bytes, item)) {
    return {};
  }
  const auto plain = [](char c) { return c > ' ' && c < '\x7F'; };
  return std::ranges::all_of(item.tenant, plain) ? item.tenant : std::string_view{};
}

}  // namespace owb::store

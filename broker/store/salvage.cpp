#include "broker/store/salvage.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "broker/store/record.hpp"

/// SQLite's file format, as far as tables WITHOUT ROWID need it: their rows are the cells of index
/// b-trees (https://www.sqlite.org/fileformat2.html, 1.6 and 2.1).
namespace owb::store {
namespace {

constexpr std::byte kInteriorIndex{0x02};
constexpr std::byte kLeafIndex{0x0A};

std::uint64_t big_endian(ByteView bytes, std::size_t at, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    number = number << 8 | static_cast<std::uint64_t>(bytes[at + i]);
  }
  return number;
}

/// Takes a varint off the front.
std::optional<std::uint64_t> take_varint(ByteView& bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 9 && i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint64_t>(bytes[i]);
    if (i == 8) {
      number = number << 8 | byte;
    } else {
      number = number << 7 | (byte & 0x7F);
    }
    if (i == 8 || (byte & 0x80) == 0) {
      bytes = bytes.subspan(i + 1);
      return number;
    }
  }
  return std::nullopt;
}

struct Column {
  std::uint64_t type = 0;
  ByteView bytes;

  bool is_text() const { return type >= 13 && type % 2 == 1; }

  bool is_blob() const { return type >= 12 && type % 2 == 0; }

  std::optional<std::uint64_t> integer() const {
    if (type == 8 || type == 9) {
      return type - 8;
    }
    if (type >= 1 && type <= 6) {
      return big_endian(bytes, 0, bytes.size());
    }
    return std::nullopt;
  }
};

std::uint64_t size_of_type(std::uint64_t type) {
  constexpr std::array<std::uint64_t, 12> kSizes{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
  return type < kSizes.size() ? kSizes[type] : (type - 12) / 2;
}

class Search {
 public:
  Search(ByteView file, Salvaged& found) : file_{file}, found_{found} {
    const auto said = file.size() < 18 ? 0 : big_endian(file, 16, 2);
    page_size_ = said >= 512 && (said & (said - 1)) == 0 ? said : 4096;
  }

  void run() {
    for (std::size_t at = 0; at + page_size_ <= file_.size(); at += page_size_) {
      take_page(file_.subspan(at, page_size_), at == 0 ? 100 : 0);
    }
  }

 private:
  void take_page(ByteView page, std::size_t head) {
    const bool leaf = page[head] == kLeafIndex;
    if (!leaf && page[head] != kInteriorIndex) {
      return;
    }
    const auto pointers = head + (leaf ? 8U : 12U);
    const auto count = big_endian(page, head + 3, 2);
    // The count may be what is damaged: the pointers end where they begin to make no sense.
    for (std::size_t i = 0; pointers + 2 * i + 2 <= page.size(); ++i) {
      const auto cell = big_endian(page, pointers + 2 * i, 2) + (leaf ? 0U : 4U);
      const bool good = cell > pointers && cell < page.size() && take_cell(page.subspan(cell));
      if (!good && i >= count) {
        return;
      }
    }
  }

  bool take_cell(ByteView cell) {
    const auto size = take_varint(cell);
    if (!size || *size > file_.size()) {
      return false;
    }
    const auto payload = gather(cell, *size);
    return payload && take_row(*payload);
  }

  /// The payload in one piece, if need be collected from its overflow pages.
  std::optional<ByteView> gather(ByteView cell, std::size_t size) {
    const auto most = (page_size_ - 12) * 64 / 255 - 23;
    const auto least = (page_size_ - 12) * 32 / 255 - 23;
    auto local = size;
    if (size > most) {
      const auto fitting = least + (size - least) % (page_size_ - 4);
      local = fitting <= most ? fitting : least;
    }
    if (cell.size() < local + (local < size ? 4U : 0U)) {
      return std::nullopt;
    }
    if (local == size) {
      return cell.first(size);
    }
    Bytes whole(cell.begin(), cell.begin() + static_cast<std::ptrdiff_t>(local));
    auto page = big_endian(cell, local, 4);
    while (whole.size() < size) {
      if (page == 0 || page * page_size_ > file_.size()) {
        return std::nullopt;
      }
      const auto overflow = file_.subspan((page - 1) * page_size_, page_size_);
      const auto part = std::min(size - whole.size(), page_size_ - 4);
      const auto bytes = overflow.subspan(4, part);
      whole.insert(whole.end(), bytes.begin(), bytes.end());
      page = big_endian(overflow, 0, 4);
    }
    return found_.spilled.emplace_back(std::move(whole));
  }

  bool take_row(ByteView payload) {
    auto types = payload;
    const auto head = take_varint(types);
    if (!head || *head > payload.size() || *head < payload.size() - types.size()) {
      return false;
    }
    auto rest = payload.subspan(*head);
    types = types.first(*head - (payload.size() - types.size()));
    std::array<Column, 5> columns;
    std::size_t count = 0;
    for (; !types.empty(); ++count) {
      const auto type = take_varint(types);
      if (!type || count == columns.size() || size_of_type(*type) > rest.size()) {
        return false;
      }
      columns[count] = {*type, rest.first(size_of_type(*type))};
      rest = rest.subspan(size_of_type(*type));
    }
    if (count == 5) {
      return take_kept(columns);
    }
    return count == 3 && take_mark(columns);
  }

  bool take_kept(const std::array<Column, 5>& columns) {
    const auto& [tenant, kind, key, value, sum] = columns;
    const auto kind_number = kind.integer();
    const auto sum_number = sum.integer();
    if (!tenant.is_text() || !kind_number || *kind_number > 255 || !key.is_blob() ||
        !value.is_blob() || !sum_number) {
      return false;
    }
    const Change row{.tenant = as_text(tenant.bytes),
                     .kind = static_cast<core::KeptKind>(*kind_number),
                     .key = key.bytes,
                     .value = value.bytes};
    if (row_checksum(row.tenant, row.kind, row.key, row.value) != *sum_number) {
      return false;
    }
    found_.kept.push_back(row);
    return true;
  }

  bool take_mark(const std::array<Column, 5>& columns) {
    const auto& [tenant, numbers, sum, unused, unused_too] = columns;
    const auto sum_number = sum.integer();
    if (!tenant.is_text() || !numbers.is_blob() || !sum_number ||
        mark_checksum(as_text(tenant.bytes), numbers.bytes) != *sum_number) {
      return false;
    }
    found_.marks.push_back({as_text(tenant.bytes), numbers.bytes});
    return true;
  }

  ByteView file_;
  Salvaged& found_;
  std::size_t page_size_;
};

}  // namespace

Salvaged salvage(ByteView file) {
  Salvaged found;
  Search{file, found}.run();
  std::ranges::stable_sort(found.kept, comes_before);
  const auto same = [](const Change& left, const Change& right) {
    return !comes_before(left, right) && !comes_before(right, left);
  };
  const auto doubled = std::ranges::unique(found.kept, same);
  found.kept.erase(doubled.begin(), doubled.end());
  return found;
}

std::uint32_t row_checksum(std::string_view tenant, core::KeptKind kind, ByteView key,
                           ByteView value) {
  const auto what = static_cast<std::uint64_t>(kind) << 32;
  return checksum({what | tenant.size() << 16 | key.size()}, {as_byte_view(tenant), key, value});
}

std::uint32_t mark_checksum(std::string_view tenant, ByteView numbers) {
  return checksum({std::uint64_t{0x100} << 32 | tenant.size()}, {as_byte_view(tenant), numbers});
}

}  // namespace owb::store

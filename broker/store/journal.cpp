#include "broker/store/journal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "tenants/base/text.hpp"

namespace owb::store {
namespace {

constexpr std::array<unsigned char, 8> kMagic{'O', 'W', 'B', 'L', 'O', 'G', '1', '\n'};
// Twice, so that no single byte can make a file unreadable.
constexpr std::size_t kHeaderCopy = 32;
constexpr std::size_t kHeader = kJournalHeader;
static_assert(kHeader == 2 * kHeaderCopy);
constexpr std::size_t kHeaderSumAt = 24;

Bytes make_header(std::uint64_t number, const Salt& salt) {
  Bytes header(kHeader);
  for (std::size_t at = 0; at < kHeader; at += kHeaderCopy) {
    const std::span copy{header.data() + at, kHeaderCopy};
    std::ranges::copy(std::as_bytes(std::span{kMagic}), copy.begin());
    store_number(copy, 8, 8, number);
    store_number(copy, 16, 8, salt.value);
    store_number(copy, kHeaderSumAt, 4, checksum({}, {copy.first(kHeaderSumAt)}));
  }
  return header;
}

std::optional<Salt> read_header(ByteView file) {
  for (std::size_t at = 0; at < kHeader && at + kHeaderCopy <= file.size(); at += kHeaderCopy) {
    const auto copy = file.subspan(at, kHeaderCopy);
    if (checksum({}, {copy.first(kHeaderSumAt)}) == load_number(copy, kHeaderSumAt, 4)) {
      return Salt{load_number(copy, 16, 8)};
    }
  }
  return std::nullopt;
}

Result<void> write_all(File& file, ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = file.write(bytes);
    if (!written) {
      return written.error();
    }
    if (*written == 0) {
      return Error{EIO, boost::system::system_category()};
    }
    bytes = bytes.subspan(*written);
  }
  return {};
}

/// Puts the items of a file together again.
class Reader {
 public:
  Reader(ByteView file, const Salt& salt, const std::function<void(const Item&)>& give)
      : file_{file}, salt_{salt}, give_{give} {}

  JournalCheck run() && {
    std::size_t at = kHeader;
    while (at < file_.size()) {
      if (const auto item = read_item(file_.subspan(at), salt_)) {
        take(*item);
        at += item->length;
        continue;
      }
      const auto next = find_next(at);
      if (next == file_.size()) {
        break;  // torn: what follows was never committed
      }
      check_.damaged = true;
      damage(at);
      at = next;
    }
    finish_group(Last::yes);
    return std::move(check_);
  }

 private:
  enum class Last : bool { no, yes };

  struct Batch {
    std::vector<Item> records;
    Losses damage;
    bool begun = false;
    bool ended = false;
    std::uint64_t count = 0;

    /// Records that must have been there, and nothing tells whose they were.
    std::uint64_t silent_losses() const {
      auto known = static_cast<std::uint64_t>(records.size()) + damage.unknown;
      for (const auto& [tenant, lost] : damage.entries) {
        known += lost;
      }
      return ended && count > known ? count - known : 0;
    }

    bool whole() const { return begun && ended && records.size() == count && !damage.any(); }
  };

  void take(const Item& item) {
    switch (item.type) {
      case ItemType::begin:
        if (item.number != group_number_) {
          finish_group(Last::no);
          group_number_ = item.number;
        }
        group_.emplace_back().begun = true;
        return;
      case ItemType::end: {
        auto& batch = current();
        batch.ended = true;
        batch.count = item.number;
        return;
      }
      default:
        current().records.push_back(item);
    }
  }

  /// A record or an end without its begin belongs to a batch of which the begin is damaged.
  Batch& current() {
    if (group_.empty() || group_.back().ended) {
      group_.emplace_back();
    }
    return group_.back();
  }

  void damage(std::size_t at) {
    const auto tenant = tenant_of_damaged(file_.subspan(at));
    if (tenant.empty()) {
      ++current().damage.unknown;
    } else {
      current().damage.add(tenant, 1);
    }
  }

  void finish_group(Last last) {
    for (const auto& batch : group_) {
      if (batch.whole() || last == Last::no) {
        for (const auto& record : batch.records) {
          give_(record);
        }
        check_.records += batch.records.size();
        check_.losses.add(batch.damage);
        check_.losses.unknown += batch.silent_losses();
      } else if (batch.damage.any()) {
        // Dropped with everybody it speaks of.
        check_.losses.add(batch.damage);
        for (const auto& record : batch.records) {
          check_.losses.add(record.tenant, 1);
        }
      }
    }
    group_.clear();
  }

  /// Where the next good item begins; the end of the file if there is none.
  std::size_t find_next(std::size_t at) const {
    const auto rest = file_.subspan(at);
    if (rest.size() >= kItemHead) {
      const auto length = load_number(rest, 8, 4);
      if (length >= kItemHead && length < rest.size() && read_item(rest.subspan(length), salt_)) {
        return at + length;
      }
    }
    std::array<std::byte, 4> marker{};
    store_number(marker, 0, 4, salt_.marker());
    auto from = file_.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    while (true) {
      const auto hit = std::search(from, file_.end(), marker.begin(), marker.end());
      if (hit == file_.end()) {
        return file_.size();
      }
      const auto found = static_cast<std::size_t>(hit - file_.begin());
      if (read_item(file_.subspan(found), salt_)) {
        return found;
      }
      from = hit + 1;
    }
  }

  ByteView file_;
  const Salt& salt_;
  const std::function<void(const Item&)>& give_;
  std::vector<Batch> group_;
  std::uint64_t group_number_ = 0;
  JournalCheck check_;
};

}  // namespace

Result<Journal> Journal::create(Disk& disk, std::string path, std::uint64_t number, Salt salt,
                                Sync sync) {
  auto file = disk.create(path);
  if (!file) {
    return file.error();
  }
  Journal journal{std::move(*file), number, salt, sync};
  const auto header = make_header(number, salt);
  auto made = write_all(*journal.file_, header);
  if (made && sync == Sync::yes) {
    made = journal.file_->sync();
    if (made) {
      made = disk.sync(folder_of(path));
    }
  }
  if (!made) {
    // If this fails too, the file is one that holds nothing; the next gets another number.
    (void)disk.remove(path);
    return made.error();
  }
  journal.size_ = header.size();
  return journal;
}

Journal::Journal(std::unique_ptr<File> file, std::uint64_t number, Salt salt, Sync sync)
    : file_{std::move(file)}, number_{number}, salt_{salt}, sync_{sync} {}

Result<void> Journal::append(std::span<std::byte> group) {
  seal_items(group, salt_, ++group_);
  if (const auto written = write_all(*file_, group); !written) {
    return written.error();
  }
  if (sync_ == Sync::yes) {
    if (const auto synced = file_->sync(); !synced) {
      return synced.error();
    }
  }
  size_ += group.size();
  return {};
}

void Journal::abandon() {
  (void)file_->truncate(size_);
}

bool is_journal_header(ByteView bytes) {
  const auto magic = as_text(std::as_bytes(std::span{kMagic}));
  return as_text(bytes).find(magic) != std::string_view::npos && read_header(bytes).has_value();
}

JournalCheck read_journal(ByteView file, const std::function<void(const Item&)>& take) {
  if (file.size() <= kHeader && !read_header(file)) {
    return {};  // died while it was made
  }
  const auto salt = read_header(file);
  if (!salt) {
    JournalCheck check{.damaged = true};
    check.losses.unknown = 1;
    return check;
  }
  return Reader{file, *salt, take}.run();
}

Result<std::vector<JournalFile>> find_journals(Disk& disk, const std::string& prefix) {
  const auto folder = folder_of(prefix);
  const auto names = disk.list(folder);
  if (!names) {
    return names.error();
  }
  const auto slash = prefix.rfind('/');
  const auto stem = (slash == std::string::npos ? prefix : prefix.substr(slash + 1)) + '.';
  std::vector<JournalFile> journals;
  for (const auto& name : *names) {
    if (!name.starts_with(stem)) {
      continue;
    }
    const auto digits = std::string_view{name}.substr(stem.size());
    if (const auto number = text::parse_number<std::uint64_t>(digits, 1, INT64_MAX)) {
      journals.push_back({*number, journal_path(prefix, *number)});
    }
  }
  std::ranges::sort(journals, {}, &JournalFile::number);
  return journals;
}

std::string journal_path(const std::string& prefix, std::uint64_t number) {
  return prefix + '.' + std::to_string(number);
}

}  // namespace owb::store

#include "broker/store/state_owner.hpp"

#include <algorithm>

#include "broker/store/journal.hpp"
#include "broker/store/salvage.hpp"
#include "broker/store/store.hpp"

namespace owb::store {
namespace {

constexpr std::size_t kSqliteHeader = 100;
constexpr std::size_t kFormatAt = 60;
constexpr std::size_t kApplicationIdAt = 68;
constexpr std::string_view kSqlite = "SQLite format 3";
constexpr std::string_view kMosquitto = "mosquitto db";

std::uint64_t number_at(ByteView header, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<std::uint64_t>(header[at + i]);
  }
  return value;
}

bool has_our_header(ByteView header) {
  if (header.size() < kSqliteHeader) {
    return false;
  }
  const int signs = (as_text(header).starts_with(kSqlite) ? 1 : 0) +
                    (number_at(header, kApplicationIdAt) == kStateApplicationId ? 1 : 0) +
                    (number_at(header, kFormatAt) == kStateFormat ? 1 : 0);
  return signs >= 2;
}

bool has_our_rows(Disk& disk, const std::string& path) {
  const auto bytes = disk.read(path, kWholeFile);
  if (!bytes) {
    return false;
  }
  const auto found = salvage(*bytes);
  return !found.kept.empty() || !found.marks.empty();
}

/// Others have files of that name, too: `mosquitto.log.1`.
bool has_our_journal_beside(Disk& disk, const std::string& path) {
  const auto journals = find_journals(disk, journal_prefix(path));
  return journals && std::ranges::any_of(*journals, [&disk](const JournalFile& journal) {
           const auto header = disk.read(journal.path, kJournalHeader);
           return header && is_journal_header(*header);
         });
}

}  // namespace

bool is_state_file(Disk& disk, const std::string& path) {
  const auto header = disk.read(path, kSqliteHeader);
  if (!header || header->empty() || has_our_header(*header)) {
    return true;
  }
  const auto text = as_text(*header);
  if (text.find(kMosquitto) != text.npos) {
    return false;
  }
  if (has_our_rows(disk, path) || has_our_journal_beside(disk, path)) {
    return true;
  }
  return !text.starts_with(kSqlite) && disk.read(path + ".lock", 0).has_value();
}

}  // namespace owb::store

#include <algorithm>

#include "broker/store/salvage.hpp"
#include "broker/store/state_file.hpp"

namespace owb::store {
namespace {

/// The rows of one tenant, copied out of SQLite, so that they are only visited when all are sound.
class TenantRows {
 public:
  void start(std::string_view tenant) {
    tenant_ = tenant;
    bytes_.clear();
    rows_.clear();
    counts_ = {};
  }

  const std::string& tenant() const { return tenant_; }

  /// False: a row that cannot be right.
  bool add(std::int64_t kind, ByteView key, ByteView value, std::int64_t crc) {
    if (kind < 0 || kind >= static_cast<std::int64_t>(counts_.size()) ||
        row_checksum(tenant_, static_cast<core::KeptKind>(kind), key, value) !=
            static_cast<std::uint64_t>(crc)) {
      return false;
    }
    rows_.push_back({static_cast<core::KeptKind>(kind), bytes_.size(), key.size(), value.size()});
    bytes_.insert(bytes_.end(), key.begin(), key.end());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    ++counts_[static_cast<std::size_t>(kind)];
    return rows_.size() < 2 || comes_before(row(rows_.size() - 2), row(rows_.size() - 1));
  }

  Change row(std::size_t index) const {
    const auto& at = rows_[index];
    const ByteView bytes{bytes_};
    return {.tenant = tenant_,
            .kind = at.kind,
            .key = bytes.subspan(at.start, at.key_size),
            .value = bytes.subspan(at.start + at.key_size, at.value_size)};
  }

  std::size_t size() const { return rows_.size(); }

  const auto& counts() const { return counts_; }

 private:
  struct Row {
    core::KeptKind kind;
    std::size_t start;
    std::size_t key_size;
    std::size_t value_size;
  };

  std::string tenant_;
  Bytes bytes_;
  std::vector<Row> rows_;
  std::array<std::uint32_t, 8> counts_{};
};

/// Brings the file's rows and the later changes together, tenant by tenant.
class Merge {
 public:
  Merge(const Changes& overlay, StateFile::Progress& progress, const Visitor& visitor)
      : overlay_{overlay}, changed_{overlay.tenants()}, progress_{progress}, visitor_{visitor} {
    while (next_ != changed_.end() && skipped(*next_)) {
      ++next_;
    }
  }

  bool skipped(std::string_view tenant) const {
    return progress_.any && tenant <= progress_.tenant;
  }

  /// Tenants of which only the changes speak, up to `end` (none: all).
  void visit_new_tenants(const std::string* end) {
    while (next_ != changed_.end() && (end == nullptr || *next_ < *end)) {
      for (const auto& change : overlay_.of(*next_)) {
        visit(change);
      }
      done(*next_++);
    }
  }

  void visit_tenant(const TenantRows& rows) {
    visit_new_tenants(&rows.tenant());
    std::vector<Change> changes;
    if (next_ != changed_.end() && *next_ == rows.tenant()) {
      changes = overlay_.of(*next_++);
    }
    const bool erased = overlay_.tenant_erased(rows.tenant());
    auto change = changes.begin();
    for (std::size_t i = 0; i < rows.size() && !erased; ++i) {
      const auto row = rows.row(i);
      while (change != changes.end() && comes_before(*change, row)) {
        visit(*change++);
      }
      if (change != changes.end() && !comes_before(row, *change)) {
        visit(*change++);
      } else {
        visit(row);
      }
    }
    while (change != changes.end()) {
      visit(*change++);
    }
    done(rows.tenant());
  }

 private:
  void visit(const Change& change) {
    if (!change.erased) {
      visitor_(change.tenant, change.kind, change.key, change.value);
    }
  }

  void done(std::string_view tenant) {
    progress_.any = true;
    progress_.tenant = tenant;
  }

  const Changes& overlay_;
  const std::vector<std::string_view> changed_;
  std::vector<std::string_view>::const_iterator next_ = changed_.begin();
  StateFile::Progress& progress_;
  const Visitor& visitor_;
};

}  // namespace

bool StateFile::load(const Changes& overlay, Progress& progress, const Visitor& visitor) {
  if (!sound_) {
    return false;
  }
  Merge merge{overlay, progress, visitor};
  auto expected = counts_.cbegin();
  TenantRows rows;
  bool begun = false;
  // All rows of a tenant are there, and no tenant before it is missing.
  const auto finish_tenant = [&] {
    if (!begun) {
      return true;
    }
    if (expected == counts_.cend() || expected->first != rows.tenant() ||
        expected->second != rows.counts()) {
      return false;
    }
    ++expected;
    if (!merge.skipped(rows.tenant())) {
      merge.visit_tenant(rows);
    }
    return true;
  };

  auto query =
      database_->query("SELECT tenant, kind, key, value, crc FROM kept ORDER BY tenant, kind, key");
  while (query.next()) {
    const auto tenant = query.text(0);
    if (!begun || tenant != rows.tenant()) {
      if ((begun && tenant < rows.tenant()) || !finish_tenant()) {
        return false;
      }
      rows.start(tenant);
      begun = true;
    }
    if (!rows.add(query.integer(1), query.blob(2), query.blob(3), query.integer(4))) {
      return false;
    }
  }
  if (query.failed() || !finish_tenant() || expected != counts_.cend()) {
    return false;
  }
  merge.visit_new_tenants(nullptr);
  return true;
}

}  // namespace owb::store

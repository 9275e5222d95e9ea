#include "broker/app/restore.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace owb::app {
namespace {

/// A block goes to its realm when it has so many bytes, or its tenant is complete.
constexpr std::size_t kBlockBytes = 128 * 1024;
/// Blocks that wait for one realm: enough that neither side has to wait for the other's next turn.
constexpr std::size_t kMostWaiting = 16;

}  // namespace

/// Consecutive entries of one tenant.
struct Restore::Block {
  struct Entry {
    core::KeptKind kind = core::KeptKind::tenant;
    std::uint32_t key_size = 0;
    std::uint32_t value_size = 0;
  };

  std::string tenant;
  std::shared_ptr<const tenants::TenantRecord> record;
  std::vector<Entry> entries;
  Bytes bytes;  ///< key and value of each

  void clear() {
    record.reset();
    entries.clear();
    bytes.clear();
  }
};

/// A thread that puts blocks into one realm.
class Restore::Builder {
 public:
  explicit Builder(core::Realm& realm) : realm_{realm}, thread_{[this] { run(); }} {}

  ~Builder() { finish(); }

  void put(std::unique_ptr<Block> block) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < kMostWaiting; });
    waiting_.push_back(std::move(block));
    changed_.notify_all();
  }

  /// An empty block, with the memory of one that is done with.
  std::unique_ptr<Block> spare() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) {
      return std::make_unique<Block>();
    }
    auto block = std::move(spare_.back());
    spare_.pop_back();
    return block;
  }

  void finish() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  /// After finish().
  std::size_t bad() const { return bad_; }

  std::exception_ptr failure() const { return failure_; }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) {
        return;
      }
      auto block = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      if (!failure_) {
        try {
          build(*block);
        } catch (...) {
          failure_ = std::current_exception();
        }
      }
      block->clear();
      lock.lock();
      spare_.push_back(std::move(block));
      changed_.notify_all();
    }
  }

  void build(const Block& block) {
    ByteView left{block.bytes};
    for (const auto& entry : block.entries) {
      const auto key = left.first(entry.key_size);
      const auto value = left.subspan(entry.key_size, entry.value_size);
      left = left.subspan(key.size() + value.size());
      if (!realm_.restore(block.tenant, block.record, entry.kind, key, value)) {
        ++bad_;
      }
    }
  }

  core::Realm& realm_;
  std::size_t bad_ = 0;
  std::exception_ptr failure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Block>> waiting_;
  std::vector<std::unique_ptr<Block>> spare_;
  bool ending_ = false;
  std::thread thread_;
};

Restore::Restore(bool tenancy, const std::vector<shard::Worker*>& workers,
                 const shard::AuthData& data)
    : tenancy_{tenancy}, data_{data} {
  for (auto* worker : workers) {
    builders_.push_back(std::make_unique<Builder>(worker->realm()));
  }
}

Restore::~Restore() = default;

void Restore::take(std::string_view tenant, core::KeptKind kind, ByteView key, ByteView value) {
  if (!started_ || tenant != tenant_) {
    start(tenant);
  }
  if (builder_ == nullptr) {
    return;
  }
  if (block_ == nullptr) {
    block_ = builder_->spare();
    block_->tenant = tenant_;
    block_->record = record_;
  }
  block_->entries.push_back({.kind = kind,
                             .key_size = static_cast<std::uint32_t>(key.size()),
                             .value_size = static_cast<std::uint32_t>(value.size())});
  block_->bytes.insert(block_->bytes.end(), key.begin(), key.end());
  block_->bytes.insert(block_->bytes.end(), value.begin(), value.end());
  ++result_.entries;
  if (block_->bytes.size() >= kBlockBytes) {
    hand_over();
  }
}

void Restore::hand_over() {
  if (block_ != nullptr) {
    builder_->put(std::move(block_));
  }
}

void Restore::start(std::string_view tenant) {
  hand_over();
  started_ = true;
  tenant_ = tenant;
  builder_ = nullptr;
  record_ = nullptr;
  if (tenant.empty() == tenancy_) {
    ++result_.foreign;
    return;
  }
  if (tenancy_) {
    record_ = data_.registry->find(tenant);
    if (data_.registry->is_tombstone(tenant)) {
      result_.gone.emplace_back(tenant);
      return;
    }
  }
  ++result_.tenants;
  builder_ = builders_[shard::worker_of(tenant, builders_.size())].get();
}

Restore::Outcome Restore::finish() {
  hand_over();
  for (const auto& builder : builders_) {
    builder->finish();
  }
  for (const auto& builder : builders_) {
    result_.bad += builder->bad();
    if (builder->failure()) {
      std::rethrow_exception(builder->failure());
    }
  }
  return std::move(result_);
}

}  // namespace owb::app

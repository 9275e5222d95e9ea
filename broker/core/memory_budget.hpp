#pragma once

#include <algorithm>
#include <cstddef>

namespace owb::core {

/// What the tenants of one worker may hold together in queues, unsent bytes and retained messages
/// (`memory_limit`, F52). While there is room, everybody takes what its own limits allow; when it
/// is used up, who has more than an equal share gets nothing more, and who has less still does:
/// what is too much then is taken from the largest (Realm::end_turn).
///
/// Threading: shard-local.
class MemoryBudget {
 public:
  /// What memory an entry takes beside its topic, payload and properties.
  static constexpr std::size_t kRetainedOverhead = 100;
  static constexpr std::size_t kQueuedOverhead = 80;

  /// `limit` in bytes; 0: none.
  explicit MemoryBudget(std::size_t limit) : limit_(limit) {}

  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// One tenant's part.
  class Share {
   public:
    explicit Share(MemoryBudget& budget) : budget_(budget) {}

    ~Share() { give(used_); }

    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    std::size_t used() const { return used_; }

    /// False: the tenant has to do without.
    bool may_take(std::size_t bytes) const {
      return budget_.limit_ == 0 || budget_.used_ + bytes <= budget_.limit_ ||
             used_ + bytes <= budget_.equal_share();
    }

    void add(std::size_t bytes) {
      budget_.users_ += used_ == 0 && bytes != 0 ? 1U : 0U;
      used_ += bytes;
      budget_.used_ += bytes;
    }

    void give(std::size_t bytes) {
      used_ -= bytes;
      budget_.used_ -= bytes;
      budget_.users_ -= used_ == 0 && bytes != 0 ? 1U : 0U;
    }

   private:
    MemoryBudget& budget_;
    std::size_t used_ = 0;
  };

  std::size_t used() const { return used_; }

  bool exceeded() const { return limit_ != 0 && used_ > limit_; }

  /// To be taken from the largest, so that it is not asked again at once.
  std::size_t excess() const {
    const auto wanted = limit_ / 8 * 7;
    return used_ > wanted ? used_ - wanted : 0;
  }

  std::size_t equal_share() const { return limit_ / std::max<std::size_t>(users_, 1); }

 private:
  const std::size_t limit_;
  std::size_t used_ = 0;
  std::size_t users_ = 0;  ///< tenants that have anything
};

}  // namespace owb::core

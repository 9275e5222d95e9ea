#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "broker/core/keeper.hpp"
#include "broker/store/committer.hpp"

namespace owb::store {

/// One worker's way into the store. Threading: shard-local.
class Writer final : public core::Keeper {
 public:
  Writer(Committer& committer, std::function<void()> notify);

  void put(std::string_view tenant, core::KeptKind kind, ByteView key,
           std::span<const ByteView> parts) override;
  void erase(std::string_view tenant, core::KeptKind kind, ByteView key) override;
  void erase_tenant(std::string_view tenant) override;

  std::uint64_t open_batch() const override { return open_batch_; }

  void seal() override;

  std::uint64_t committed() const override { return committed_; }

  std::size_t uncommitted_bytes() const override { return sealed_bytes_ + open_.size(); }

  bool failing() const override { return failing_; }

  /// notify was called since the last refresh().
  bool has_news() const { return channel_->told.load(); }

  /// Takes over what the store thread has done; to be called after notify.
  void refresh();

 private:
  struct Sealed {
    std::uint64_t batch = 0;
    std::size_t bytes = 0;
  };

  void add(ItemType type, std::string_view tenant, core::KeptKind kind, ByteView key,
           std::span<const ByteView> parts);

  Committer& committer_;
  std::shared_ptr<Channel> channel_;
  Bytes open_;
  std::uint64_t open_records_ = 0;
  std::uint64_t open_batch_ = 1;
  Committer::Urgency urgency_ = Committer::Urgency::usual;
  std::deque<Sealed> sealed_;  ///< not committed
  std::size_t sealed_bytes_ = 0;
  std::uint64_t committed_ = 0;
  bool failing_ = false;
};

}  // namespace owb::store

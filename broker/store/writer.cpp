#include "broker/store/writer.hpp"

#include <algorithm>

namespace owb::store {
namespace {

constexpr std::size_t kKeptBuffer = 1U << 20U;

}  // namespace

Writer::Writer(Committer& committer, std::function<void()> notify)
    : committer_{committer}, channel_{committer.open_channel(std::move(notify))} {}

void Writer::put(std::string_view tenant, core::KeptKind kind, ByteView key,
                 std::span<const ByteView> parts) {
  add(ItemType::put, tenant, kind, key, parts);
}

void Writer::erase(std::string_view tenant, core::KeptKind kind, ByteView key) {
  add(ItemType::erase, tenant, kind, key, {});
}

void Writer::erase_tenant(std::string_view tenant) {
  add(ItemType::erase_tenant, tenant, core::KeptKind::tenant, {}, {});
  urgency_ = Committer::Urgency::checkpoint_soon;
}

void Writer::add(ItemType type, std::string_view tenant, core::KeptKind kind, ByteView key,
                 std::span<const ByteView> parts) {
  const auto size = open_.size();
  try {
    if (open_records_ == 0) {
      append_begin(open_);
    }
    append_record(open_, type, tenant, kind, key, parts);
  } catch (...) {
    open_.resize(size);  // half a record would make the batch unreadable (F64)
    throw;
  }
  ++open_records_;
}

void Writer::seal() {
  if (open_records_ == 0) {
    return;
  }
  const auto size = open_.size();
  const auto batches = sealed_.size();
  try {
    append_end(open_, open_records_);
    sealed_.push_back({open_batch_, open_.size()});
    committer_.hand_over(*channel_, open_, open_batch_, open_records_, urgency_);
  } catch (...) {
    open_.resize(size);
    sealed_.resize(batches);
    throw;  // the batch stays open, and the next turn tries it again
  }
  sealed_bytes_ += open_.size();
  if (committer_.lazy()) {
    committed_ = open_batch_;
  }
  ++open_batch_;
  open_records_ = 0;
  urgency_ = Committer::Urgency::usual;
  if (open_.capacity() > kKeptBuffer) {
    open_ = {};
  }
  open_.clear();
}

void Writer::refresh() {
  channel_->told.store(false);
  const auto done = channel_->committed.load();
  failing_ = committer_.failing();
  committed_ = std::max(committed_, done);
  while (!sealed_.empty() && sealed_.front().batch <= done) {
    sealed_bytes_ -= sealed_.front().bytes;
    sealed_.pop_front();
  }
}

}  // namespace owb::store

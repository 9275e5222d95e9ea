#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "broker/mqtt/frame.hpp"
#include "tenants/base/assert.hpp"

/// A stream of packets gives the same frames however it is cut into pieces. Input: kCuts bytes with
/// the sizes of the pieces, used in turn, then the stream.
namespace owb::mqtt {
namespace {

constexpr std::size_t kCuts = 4;

struct Seen {
  PacketType type = PacketType::reserved;
  std::uint8_t flags = 0;
  Bytes body;

  bool operator==(const Seen&) const = default;
};

/// Reads frames as a connection does: what came is kept until a frame is whole.
class Stream {
 public:
  void feed(ByteView piece) {
    unread_.insert(unread_.end(), piece.begin(), piece.end());
    while (!failed_ && take_one()) {
    }
  }

  const std::vector<Seen>& frames() const { return frames_; }

  bool failed() const { return failed_; }

  std::size_t unread() const { return unread_.size(); }

 private:
  bool take_one() {
    const Bytes exact = unread_;  // no spare capacity behind it: a read too far is seen
    const auto scan = scan_frame(exact);
    if (!scan) {
      failed_ = true;
      return false;
    }
    if (!scan->complete) {
      OWB_ASSERT(announced_ == 0 || scan->needed == announced_);
      OWB_ASSERT(scan->needed == 0 || scan->needed > exact.size());
      announced_ = scan->needed;
      return false;
    }
    const Frame& frame = scan->frame;
    OWB_ASSERT(announced_ == 0 || frame.size == announced_);
    OWB_ASSERT(frame.size > frame.body.size() && frame.size <= exact.size());
    announced_ = 0;
    frames_.push_back({frame.type, frame.flags, {frame.body.begin(), frame.body.end()}});
    unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(frame.size));
    return true;
  }

  Bytes unread_;
  std::vector<Seen> frames_;
  std::size_t announced_ = 0;
  bool failed_ = false;
};

void check(ByteView input) {
  if (input.size() < kCuts) {
    return;
  }
  const ByteView cuts = input.first(kCuts);
  ByteView rest = input.subspan(kCuts);
  Stream whole;
  whole.feed(rest);
  Stream pieces;
  for (std::size_t turn = 0; !rest.empty() && !pieces.failed(); ++turn) {
    const auto cut = std::to_integer<std::size_t>(cuts[turn % kCuts]);
    const std::size_t size = std::min(rest.size(), 1 + cut);
    pieces.feed(rest.first(size));
    rest = rest.subspan(size);
  }
  OWB_ASSERT(whole.frames() == pieces.frames());
  OWB_ASSERT(whole.failed() == pieces.failed());
  OWB_ASSERT(whole.failed() || whole.unread() == pieces.unread());
}

}  // namespace
}  // namespace owb::mqtt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  owb::mqtt::check({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}

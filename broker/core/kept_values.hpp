#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "broker/core/message.hpp"
#include "broker/core/now.hpp"
#include "broker/mqtt/reader.hpp"
#include "tenants/base/bytes.hpp"

/// The bytes of what is kept (Keeper): numbers big-endian, texts behind two bytes of length. Every
/// value begins with kKeptFormat. Deadlines are stored as what is left of them, with the wall clock
/// at writing (design 7): the monotonic clock does not survive, and a jump of the wall clock while
/// the broker runs changes nothing (F51).
namespace owb::core {

inline constexpr std::uint8_t kKeptFormat = 1;

/// Builds a key or the head of a value. Small; payloads follow as parts of their own.
class KeptWriter {
 public:
  KeptWriter() { bytes_.reserve(kUsual); }

  KeptWriter& u8(std::uint8_t value) {
    bytes_.push_back(std::byte{value});
    return *this;
  }

  KeptWriter& u16(std::uint16_t value) { return number(value, 2); }

  KeptWriter& u32(std::uint32_t value) { return number(value, 4); }

  KeptWriter& u64(std::uint64_t value) { return number(value, 8); }

  KeptWriter& text(std::string_view text) {
    u16(static_cast<std::uint16_t>(text.size()));
    return raw(text);
  }

  KeptWriter& raw(std::string_view text) {
    const auto view = as_byte_view(text);
    bytes_.insert(bytes_.end(), view.begin(), view.end());
    return *this;
  }

  /// All of `view` but its properties and payload; they are to follow as parts, in this order.
  KeptWriter& message_head(const MessageView& view, const Now& now);

  /// What is left until `deadline_ms`; 0: none.
  KeptWriter& deadline(std::int64_t deadline_ms, const Now& now);

  void clear() { bytes_.clear(); }

  ByteView view() const { return bytes_; }

 private:
  static constexpr std::size_t kUsual = 64;

  KeptWriter& number(std::uint64_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
      u8(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
    }
    return *this;
  }

  Bytes bytes_;
};

/// Reads what KeptWriter wrote; like mqtt::Reader, the first failure sticks.
class KeptReader : public mqtt::Reader {
 public:
  explicit KeptReader(ByteView value) : mqtt::Reader(value) {}

  /// False if the value is of a format this version does not know.
  bool format() { return u8() == kKeptFormat; }

  std::uint64_t u64() {
    const std::uint64_t high = u32();
    return high << 32U | u32();
  }

  std::int64_t deadline(const Now& now);

  /// The rest of the value, as views into it.
  MessageView message(const Now& now);
};

}  // namespace owb::core

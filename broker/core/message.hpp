#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "broker/core/topic_table.hpp"
#include "broker/mqtt/types.hpp"
#include "tenants/base/bytes.hpp"

namespace owb::core {

/// An application message as it is accepted from a publisher: views only, valid while the packet is
/// handled.
struct MessageView {
  mqtt::Qos qos = mqtt::Qos::at_most_once;
  bool retain = false;
  ByteView payload;
  ByteView forwarded;           ///< 5.0 properties to pass on, encoded (mqtt::append_forwardable)
  std::int64_t expires_ms = 0;  ///< monotonic; 0: never
  bool expiry_is_property =
      false;  ///< the publisher set a Message Expiry Interval: subscribers are told what is left
  bool transient = false;  ///< the broker's own: retained in memory, but not kept
  std::uint32_t source =
      0;  ///< hash of the publisher's client id, for no-local [MQTT5-3.8.3-3]; 0: the broker itself
};

/// A stored message: one memory block, immutable, shared by slots, queues and windows.
///
/// Ownership: counted without atomics; MessageRef does the counting. Threading: shard-local.
class Message {
 public:
  const TopicRef& topic() const { return topic_; }

  mqtt::Qos qos() const { return qos_; }

  bool retain() const { return retain_; }

  ByteView payload() const { return {data() + forwarded_size_, payload_size_}; }

  ByteView forwarded() const { return {data(), forwarded_size_}; }

  std::int64_t expires_ms() const { return expires_ms_; }

  bool expiry_is_property() const { return expiry_is_property_; }

  std::uint32_t source() const { return source_; }

  bool expired(std::int64_t mono_ms) const { return expires_ms_ != 0 && mono_ms >= expires_ms_; }

  /// What the message counts against byte limits: topic, properties and payload.
  std::size_t cost() const { return topic_->size + forwarded_size_ + payload_size_; }

  MessageView view() const;

 private:
  friend class MessageRef;
  Message(TopicRef topic, const MessageView& view);

  const std::byte* data() const { return reinterpret_cast<const std::byte*>(this + 1); }

  void fill(const MessageView& view);
  /// Bytes of the memory block for so much data: what malloc would round it to anyway.
  static std::size_t block_size(std::size_t data_size);

  TopicRef topic_;
  std::int64_t expires_ms_;
  std::uint32_t refs_ = 0;
  std::uint32_t source_;
  std::uint32_t payload_size_;
  std::uint32_t forwarded_size_ : 24;
  mqtt::Qos qos_ : 2;
  bool retain_ : 1;
  bool expiry_is_property_ : 1;
};

/// Shares a Message. One pointer in size.
class MessageRef {
 public:
  MessageRef() = default;
  /// Copies what `view` shows into a new message.
  static MessageRef copy_of(const TopicRef& topic, const MessageView& view);

  /// Becomes a copy of what `view` shows; in the same memory if nobody else has the message and it
  /// fits.
  void assign(const TopicRef& topic, const MessageView& view);

  MessageRef(const MessageRef& other) : message_(other.message_) {
    if (message_ != nullptr) {
      ++message_->refs_;
    }
  }

  MessageRef(MessageRef&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}

  MessageRef& operator=(MessageRef other) noexcept {
    std::swap(message_, other.message_);
    return *this;
  }

  ~MessageRef();

  const Message* operator->() const { return message_; }

  const Message& operator*() const { return *message_; }

  explicit operator bool() const { return message_ != nullptr; }

 private:
  explicit MessageRef(Message* message) : message_(message) { ++message_->refs_; }

  Message* message_ = nullptr;
};

}  // namespace owb::core

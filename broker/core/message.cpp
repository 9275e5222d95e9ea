#include "broker/core/message.hpp"

#include <cstring>
#include <new>

namespace owb::core {

Message::Message(TopicRef topic, const MessageView& view)
    : topic_(std::move(topic)),
      expires_ms_(view.expires_ms),
      source_(view.source),
      payload_size_(static_cast<std::uint32_t>(view.payload.size())),
      forwarded_size_(static_cast<std::uint32_t>(view.forwarded.size()) & 0xFF'FFFFU),
      qos_(view.qos),
      retain_(view.retain),
      expiry_is_property_(view.expiry_is_property) {}

std::uint32_t Message::seconds_left(std::int64_t mono_ms) const {
  return mono_ms >= expires_ms_ ? 0 : static_cast<std::uint32_t>((expires_ms_ - mono_ms) / 1000);
}

MessageView Message::view() const {
  return {.qos = qos_,
          .retain = retain_,
          .payload = payload(),
          .forwarded = forwarded(),
          .expires_ms = expires_ms_,
          .expiry_is_property = expiry_is_property_,
          .source = source_};
}

MessageRef MessageRef::copy_of(const TopicRef& topic, const MessageView& view) {
  void* memory = ::operator new(sizeof(Message) + view.forwarded.size() + view.payload.size());
  auto* message = new (memory) Message(topic, view);
  auto* data = reinterpret_cast<std::byte*>(message + 1);
  if (!view.forwarded.empty()) {
    std::memcpy(data, view.forwarded.data(), view.forwarded.size());
  }
  if (!view.payload.empty()) {
    std::memcpy(data + view.forwarded.size(), view.payload.data(), view.payload.size());
  }
  return MessageRef(message);
}

MessageRef::~MessageRef() {
  if (message_ != nullptr && --message_->refs_ == 0) {
    message_->~Message();
    ::operator delete(message_);
  }
}

}  // namespace owb::core

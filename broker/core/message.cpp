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

MessageView Message::view() const {
  return {.qos = qos_,
          .retain = retain_,
          .payload = payload(),
          .forwarded = forwarded(),
          .expires_ms = expires_ms_,
          .expiry_is_property = expiry_is_property_,
          .source = source_};
}

std::size_t Message::block_size(std::size_t data_size) {
  constexpr std::size_t kStep = 16;
  constexpr std::size_t kOverhead = 8;
  return (sizeof(Message) + data_size + kOverhead + kStep - 1) / kStep * kStep - kOverhead;
}

void Message::fill(const MessageView& view) {
  auto* data = reinterpret_cast<std::byte*>(this + 1);
  if (!view.forwarded.empty()) {
    std::memcpy(data, view.forwarded.data(), view.forwarded.size());
  }
  if (!view.payload.empty()) {
    std::memcpy(data + view.forwarded.size(), view.payload.data(), view.payload.size());
  }
}

MessageRef MessageRef::copy_of(const TopicRef& topic, const MessageView& view) {
  const auto size = Message::block_size(view.forwarded.size() + view.payload.size());
  auto* message = new (::operator new(size)) Message(topic, view);
  message->fill(view);
  return MessageRef(message);
}

void MessageRef::assign(const TopicRef& topic, const MessageView& view) {
  const auto size = Message::block_size(view.forwarded.size() + view.payload.size());
  if (message_ == nullptr || message_->refs_ != 1 ||
      size != Message::block_size(message_->forwarded_size_ + message_->payload_size_)) {
    *this = copy_of(topic, view);
    return;
  }
  message_->~Message();
  message_ = new (message_) Message(topic, view);
  message_->refs_ = 1;
  message_->fill(view);
}

MessageRef::~MessageRef() {
  if (message_ != nullptr && --message_->refs_ == 0) {
    message_->~Message();
    ::operator delete(message_);
  }
}

}  // namespace owb::core

#include "broker/core/kept_hub.hpp"

#include <array>

#include "broker/core/realm.hpp"
#include "broker/core/session.hpp"

namespace owb::core {

namespace {

enum SessionFlag : unsigned { kNoLocal = 1, kRetainAsPublished = 2, kViewer = 4, kHasWill = 8 };

enum QueuedFlag : unsigned { kQosBits = 3, kRetain = 4, kReleased = 8, kSent = 16 };

enum OptionBit : unsigned { kOptionNoLocal = 4, kOptionRetainAsPublished = 8 };

unsigned flag(bool set, unsigned bit) {
  return set ? bit : 0U;
}

}  // namespace

bool KeptHub::active() const {
  return realm_.keeper() != nullptr;
}

void KeptHub::announce() {
  if (!announced_) {
    KeptWriter value;
    value.u8(kKeptFormat).u64(uid_);
    const std::array<ByteView, 1> parts{value.view()};
    realm_.keeper()->put(tenant_, KeptKind::tenant, {}, parts);
    announced_ = true;
  }
}

bool KeptHub::restore_owner(ByteView value) {
  KeptReader in(value);
  if (!in.format()) {
    return true;  // damaged: nothing is known against it
  }
  const auto uid = in.u64();
  announced_ = uid == uid_;
  // 0: known only from a password file, until the registry took the name over.
  return announced_ || uid == 0;
}

void KeptHub::put(KeptKind kind, const KeptWriter& key, std::span<const ByteView> parts) {
  announce();
  realm_.keeper()->put(tenant_, kind, key.view(), parts);
  realm_.kept_change();
}

void KeptHub::as_it_is(KeptKind kind, ByteView key, ByteView value) {
  if (active()) {
    const std::array<ByteView, 1> parts{value};
    announce();
    realm_.keeper()->put(tenant_, kind, key, parts);
    realm_.kept_change();
  }
}

void KeptHub::erase(KeptKind kind, const KeptWriter& key) {
  realm_.keeper()->erase(tenant_, kind, key.view());
  realm_.kept_change();
}

void KeptHub::nothing() {
  if (active()) {
    announced_ = false;
    realm_.keeper()->erase_tenant(tenant_);
    realm_.kept_change();
  }
}

void KeptHub::retained(const TopicName& topic, const MessageView& view) {
  auto& [key, value] = realm_.kept_scratch();
  key.raw(topic.text());
  value.u8(kKeptFormat).message_head(view, realm_.now());
  const std::array<ByteView, 3> parts{value.view(), view.forwarded, view.payload};
  put(KeptKind::retained, key, parts);
}

void KeptHub::no_retained(const TopicName& topic) {
  auto& [key, value] = realm_.kept_scratch();
  erase(KeptKind::retained, key.raw(topic.text()));
}

void KeptHub::session(const Session& session) {
  auto& [key, value] = realm_.kept_scratch();
  key.raw(session.client_id());
  const auto* will = session.will.get();
  const auto flags = flag(session.no_local, kNoLocal) |
                     flag(session.retain_as_published, kRetainAsPublished) |
                     flag(session.viewer, kViewer) | flag(will != nullptr, kHasWill);
  const auto away_s = (realm_.now().mono_ms - session.disconnected_ms) / 1000;
  value.u8(kKeptFormat)
      .u64(session.number)
      .u32(session.expiry_s)
      .u8(static_cast<std::uint8_t>(flags))
      .u64(session.connected() ? 0 : static_cast<std::uint64_t>(realm_.now().wall_s - away_s));
  const auto& burned = session.burned();
  value.u16(static_cast<std::uint16_t>(burned.size()));
  for (const auto id : burned) {
    value.u16(static_cast<std::uint16_t>(id));
  }
  std::array<ByteView, 3> parts;
  if (will != nullptr) {
    const auto view = will->message->view();
    value.text(will->topic->text())
        .u32(will->delay_s)
        .u32(will->expiry_s)
        .u8(will->has_expiry ? 1 : 0)
        .message_head(view, realm_.now());
    parts[1] = view.forwarded;
    parts[2] = view.payload;
  }
  parts[0] = value.view();
  put(KeptKind::session, key, parts);
}

std::optional<KeptSession> read_session(ByteView value, const Now& now) {
  KeptReader in(value);
  KeptSession session;
  if (!in.format()) {
    return std::nullopt;
  }
  session.number = in.u64();
  session.expiry_s = in.u32();
  const unsigned flags = in.u8();
  session.no_local = (flags & kNoLocal) != 0;
  session.retain_as_published = (flags & kRetainAsPublished) != 0;
  session.viewer = (flags & kViewer) != 0;
  session.has_will = (flags & kHasWill) != 0;
  session.disconnected_wall_s = static_cast<std::int64_t>(in.u64());
  for (auto left = in.u16(); left > 0 && !in.failed(); --left) {
    session.burned.push_back(static_cast<mqtt::PacketId>(in.u16()));
  }
  if (session.has_will) {
    session.will_topic = in.unchecked_text();
    session.will_delay_s = in.u32();
    session.will_expiry_s = in.u32();
    session.will_has_expiry = in.u8() != 0;
    session.will = in.message(now);
  }
  return in.finish() ? std::optional(std::move(session)) : std::nullopt;
}

void KeptHub::no_session(const Session& session) {
  auto& [key, value] = realm_.kept_scratch();
  erase(KeptKind::session, key.raw(session.client_id()));
}

void KeptHub::subscription(const Session& session, const Subscription& subscription) {
  auto& [key, value] = realm_.kept_scratch();
  key.u64(session.number).raw(subscription.filter());
  const auto& options = subscription.options;
  value.u8(kKeptFormat)
      .u8(static_cast<std::uint8_t>(static_cast<unsigned>(options.maximum_qos) |
                                    flag(options.no_local, kOptionNoLocal) |
                                    flag(options.retain_as_published, kOptionRetainAsPublished)))
      .u32(subscription.id);
  // A mount point or a wildcard instead of the tenant's name does not show in what the client
  // wrote.
  if (subscription.is_void()) {
    value.text(subscription.filter());
  } else {
    value.text(tenant_ + std::string(subscription.rest()));
  }
  const std::array<ByteView, 1> parts{value.view()};
  put(KeptKind::subscription, key, parts);
}

std::optional<KeptSubscription> read_subscription(ByteView value) {
  KeptReader in(value);
  if (!in.format()) {
    return std::nullopt;
  }
  const unsigned bits = in.u8();
  KeptSubscription kept{.options = {.no_local = (bits & kOptionNoLocal) != 0,
                                    .retain_as_published = (bits & kOptionRetainAsPublished) != 0},
                        .id = in.u32(),
                        .full = in.unchecked_text()};
  if ((bits & kQosBits) > 2 || !in.finish()) {
    return std::nullopt;
  }
  kept.options.maximum_qos = static_cast<mqtt::Qos>(bits & kQosBits);
  return kept;
}

void KeptHub::no_subscription(const Session& session, const Subscription& subscription) {
  auto& [key, value] = realm_.kept_scratch();
  erase(KeptKind::subscription, key.u64(session.number).raw(subscription.filter()));
}

void KeptHub::queued(const KeptQueued& entry) {
  auto& [key, value] = realm_.kept_scratch();
  key.u64(entry.session).u64(entry.place);
  const auto flags = static_cast<unsigned>(entry.qos) | flag(entry.retain, kRetain) |
                     flag(entry.released, kReleased) | flag(entry.sent, kSent);
  value.u8(kKeptFormat)
      .u8(static_cast<std::uint8_t>(flags))
      .u16(static_cast<std::uint16_t>(entry.id))
      .text(entry.topic)
      .text(entry.group)
      .u16(static_cast<std::uint16_t>(entry.subscription_ids.size()));
  for (const auto id : entry.subscription_ids) {
    value.u32(id);
  }
  value.message_head(entry.view, realm_.now());
  const std::array<ByteView, 3> parts{value.view(), entry.view.forwarded, entry.view.payload};
  put(KeptKind::queued, key, parts);
}

std::optional<KeptQueued> read_queued(ByteView key, ByteView value, const Now& now,
                                      std::vector<std::uint32_t>& ids) {
  KeptReader place(key);
  KeptReader in(value);
  KeptQueued entry{.session = place.u64(), .place = place.u64()};
  if (!place.finish() || !in.format()) {
    return std::nullopt;
  }
  const unsigned flags = in.u8();
  if ((flags & kQosBits) == 0 || (flags & kQosBits) > 2) {
    return std::nullopt;
  }
  entry.qos = static_cast<mqtt::Qos>(flags & kQosBits);
  entry.retain = (flags & kRetain) != 0;
  entry.released = (flags & kReleased) != 0;
  entry.sent = (flags & kSent) != 0;
  entry.id = static_cast<mqtt::PacketId>(in.u16());
  entry.topic = in.unchecked_text();
  entry.group = in.unchecked_text();
  ids.clear();
  for (auto left = in.u16(); left > 0 && !in.failed(); --left) {
    ids.push_back(in.u32());
  }
  entry.subscription_ids = ids;
  entry.view = in.message(now);
  return in.finish() ? std::optional(entry) : std::nullopt;
}

void KeptHub::no_queued(std::uint64_t session, std::uint64_t place) {
  auto& [key, value] = realm_.kept_scratch();
  erase(KeptKind::queued, key.u64(session).u64(place));
}

void KeptHub::received(std::uint64_t session, mqtt::PacketId id) {
  auto& [key, value] = realm_.kept_scratch();
  key.u64(session).u16(static_cast<std::uint16_t>(id));
  value.u8(kKeptFormat);
  const std::array<ByteView, 1> parts{value.view()};
  put(KeptKind::received, key, parts);
}

void KeptHub::held(std::uint64_t session, mqtt::PacketId id, const TopicName& topic,
                   const MessageView& view) {
  auto& [key, value] = realm_.kept_scratch();
  key.u64(session).u16(static_cast<std::uint16_t>(id));
  value.u8(kKeptFormat).text(topic.text()).message_head(view, realm_.now());
  const std::array<ByteView, 3> parts{value.view(), view.forwarded, view.payload};
  put(KeptKind::received, key, parts);
}

void KeptHub::no_received(std::uint64_t session, mqtt::PacketId id) {
  auto& [key, value] = realm_.kept_scratch();
  erase(KeptKind::received, key.u64(session).u16(static_cast<std::uint16_t>(id)));
}

}  // namespace owb::core

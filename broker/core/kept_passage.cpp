#include "broker/core/kept_passage.hpp"

#include <algorithm>

#include "broker/mqtt/codec.hpp"
#include "broker/mqtt/properties.hpp"
#include "broker/mqtt/topic.hpp"
#include "broker/mqtt/writer.hpp"

namespace owb::core {
namespace {

// The same bits as in kept_hub.cpp and kept_values.cpp: they are the format.
constexpr unsigned kSessionFlags = 0x0F;
constexpr unsigned kSessionHasWill = 8;
constexpr unsigned kQosBits = 3;
constexpr unsigned kQueuedFlags = 0x1F;
constexpr unsigned kQueuedReleased = 8;
constexpr unsigned kQueuedSent = 16;
constexpr unsigned kSubscriptionFlags = 0x0F;
constexpr unsigned kMessageFlags = 0x0F;

constexpr std::uint64_t kMostMs = std::uint64_t{1} << 50;  ///< 35,000 years
constexpr std::uint64_t kMostWallS = std::uint64_t{1} << 40;
constexpr std::uint64_t kMostNumber = std::uint64_t{1} << 62;  ///< sessions, places in a queue
constexpr std::size_t kMostProperties = (std::size_t{1} << 24) - 1;  ///< what a Message can hold
constexpr std::uint32_t kMostSubscriptionId = 268'435'455;

/// Where `in` is in `whole`.
std::size_t place_of(const KeptReader& in, ByteView whole) {
  return whole.size() - in.rest().size();
}

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_u16(Bytes& out, std::size_t number) {
  out.push_back(static_cast<std::byte>(number >> 8));
  out.push_back(static_cast<std::byte>(number));
}

Bytes copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

KeptPassage::KeptPassage(std::string_view from, std::string_view to)
    : from_{from}, to_{to}, scope_{to_, TopicLimits{}} {}

std::nullopt_t KeptPassage::bad(std::string_view problem) {
  problem_ = problem;
  return std::nullopt;
}

std::optional<KeptPassage::Entry> KeptPassage::take(KeptKind kind, ByteView key, ByteView value) {
  problem_ = {};
  if (key.size() > mqtt::kMaxTextBytes) {
    return bad("its key is too long");
  }
  if (kind < last_kind_ || (kind == last_kind_ && as_text(key) <= as_text(last_key_))) {
    return bad("it is not in order");
  }
  std::optional<Entry> entry;
  switch (kind) {
    case KeptKind::retained:
      entry = retained(key, value);
      break;
    case KeptKind::session:
      entry = session(key, value);
      break;
    case KeptKind::subscription:
      entry = subscription(key, value);
      break;
    case KeptKind::queued:
      entry = queued(key, value);
      break;
    case KeptKind::received:
      entry = received(key, value);
      break;
    default:
      return bad("it is of an unknown kind");
  }
  if (entry && entry->key.size() > mqtt::kMaxTextBytes) {
    return bad("its key becomes too long under the new name");
  }
  if (entry) {
    last_kind_ = kind;
    last_key_ = copy(key);
  }
  return entry;
}

bool KeptPassage::is_topic(std::string_view rest) const {
  return (rest.empty() || rest.front() == '/') &&
         rest.size() + std::max(from_.size(), to_.size()) <= mqtt::kMaxTextBytes &&
         mqtt::is_utf8(rest) && (rest.empty() || mqtt::is_topic_name(rest));
}

std::string KeptPassage::renamed(std::string_view topic) const {
  const auto first = topic.substr(0, topic.find('/'));
  return first == from_ ? to_ + std::string{topic.substr(first.size())} : std::string{topic};
}

std::optional<KeptPassage::Entry> KeptPassage::retained(ByteView key, ByteView value) {
  if (!is_topic(as_text(key))) {
    return bad("its topic is not a valid one");
  }
  KeptReader in(value);
  Entry entry{.key = copy(key)};
  if (!in.format()) {
    return bad("its value is of an unknown format");
  }
  append(entry.value, value.first(1));
  if (!pass_message(in, entry.value, Payload::some)) {
    return bad("its message makes no sense");
  }
  return entry;
}

std::optional<KeptPassage::Entry> KeptPassage::session(ByteView key, ByteView value) {
  if (key.empty() || !mqtt::is_utf8(as_text(key))) {
    return bad("its client id is not valid");
  }
  KeptReader in(value);
  if (!in.format()) {
    return bad("its value is of an unknown format");
  }
  const auto number = in.u64();
  in.u32();
  const unsigned flags = in.u8();
  const auto disconnected = in.u64();
  std::unordered_set<std::uint16_t> burned;
  bool good = true;
  for (auto left = in.u16(); left > 0 && !in.failed(); --left) {
    const auto id = in.u16();
    good = good && id != 0 && burned.insert(id).second;
  }
  if (in.failed() || !good || (flags & ~kSessionFlags) != 0 || disconnected > kMostWallS) {
    return bad("its session makes no sense");
  }
  Entry entry{.key = copy(key), .value = copy(value.first(place_of(in, value)))};
  if ((flags & kSessionHasWill) != 0) {
    const auto before = place_of(in, value);
    const auto topic = in.utf8();
    in.u32();
    in.u32();
    const auto has_expiry = in.u8();
    if (in.failed() || has_expiry > 1 || !is_topic(topic)) {
      return bad("its will makes no sense");
    }
    append(entry.value, value.subspan(before, place_of(in, value) - before));
    if (!pass_message(in, entry.value)) {
      return bad("its will's message makes no sense");
    }
  } else if (!in.finish()) {
    return bad("its session makes no sense");
  }
  if (number == 0 || number > kMostNumber || !sessions_.try_emplace(number).second) {
    return bad("its session's number is another's or out of range");
  }
  return entry;
}

std::optional<KeptPassage::Entry> KeptPassage::subscription(ByteView key, ByteView value) {
  KeptReader name(key);
  const auto number = name.u64();
  if (name.failed() || !sessions_.contains(number)) {
    return bad("its session is not there");
  }
  const auto filter = as_text(name.take_rest());
  KeptReader in(value);
  if (!in.format()) {
    return bad("its value is of an unknown format");
  }
  const unsigned flags = in.u8();
  const auto id = in.u32();
  auto full = in.utf8();
  if (!in.finish() || (flags & ~kSubscriptionFlags) != 0 || (flags & kQosBits) > 2 ||
      id > kMostSubscriptionId) {
    return bad("its subscription makes no sense");
  }
  std::string_view before;  // `$share/GROUP/`
  auto plain = filter;
  if (mqtt::is_shared(filter)) {
    const auto share = mqtt::parse_share(filter);
    if (!share) {
      return bad("its filter is not a valid one");
    }
    before = filter.substr(0, filter.size() - share->filter.size());
    plain = share->filter;
  }
  if (full == filter) {
    full = plain;  // as it is kept of a filter that never matches
  }
  const auto new_filter = std::string{before} + renamed(plain);
  const auto new_full = renamed(full);
  if (!mqtt::is_utf8(filter) || !mqtt::is_topic_filter(plain) || !scope_.admit_filter(new_full) ||
      new_full.size() > mqtt::kMaxTextBytes) {
    return bad("its filter is not a valid one");
  }
  if (!filters_.emplace(number, new_filter).second) {
    return bad("its filter is there twice");
  }
  Entry entry{.key = copy(key.first(8)), .value = copy(value.first(6))};
  append(entry.key, as_byte_view(new_filter));
  append_u16(entry.value, new_full.size());
  append(entry.value, as_byte_view(new_full));
  return entry;
}

std::optional<KeptPassage::Entry> KeptPassage::queued(ByteView key, ByteView value) {
  KeptReader place(key);
  const auto number = place.u64();
  const auto at = place.u64();
  if (!place.finish() || at > kMostNumber) {
    return bad("its place in the queue makes no sense");
  }
  const auto session = sessions_.find(number);
  if (session == sessions_.end()) {
    return bad("its session is not there");
  }
  KeptReader in(value);
  if (!in.format()) {
    return bad("its value is of an unknown format");
  }
  const unsigned flags = in.u8();
  const auto id = in.u16();
  const auto topic = in.utf8();
  in.utf8();  // the shared group
  bool good = true;
  for (auto left = in.u16(); left > 0 && !in.failed(); --left) {
    const auto subscription = in.u32();
    good = good && subscription != 0 && subscription <= kMostSubscriptionId;
  }
  const auto qos = flags & kQosBits;
  const bool released = (flags & kQueuedReleased) != 0;
  if (in.failed() || !good || (flags & ~kQueuedFlags) != 0 || qos == 0 || qos > 2 ||
      (released && qos != 2) || (id == 0 && (flags & (kQueuedReleased | kQueuedSent)) != 0)) {
    return bad("its queued message makes no sense");
  }
  if (!is_topic(topic)) {
    return bad("its topic is not a valid one");
  }
  if (id != 0 && !session->second.ids.insert(id).second) {
    return bad("its packet id is another's");
  }
  Entry entry{.key = copy(key), .value = copy(value.first(place_of(in, value)))};
  if (!pass_message(in, entry.value)) {
    return bad("its message makes no sense");
  }
  return entry;
}

std::optional<KeptPassage::Entry> KeptPassage::received(ByteView key, ByteView value) {
  KeptReader name(key);
  const auto number = name.u64();
  const auto id = name.u16();
  if (!name.finish() || id == 0 || !sessions_.contains(number)) {
    return bad("its session is not there");
  }
  KeptReader in(value);
  if (!in.format()) {
    return bad("its value is of an unknown format");
  }
  if (in.at_end()) {
    return Entry{.key = copy(key), .value = copy(value)};
  }
  const auto topic = in.utf8();  // passed on only when it is released
  if (in.failed() || !is_topic(topic)) {
    return bad("its topic is not a valid one");
  }
  Entry entry{.key = copy(key), .value = copy(value.first(place_of(in, value)))};
  if (!pass_message(in, entry.value)) {
    return bad("its message makes no sense");
  }
  return entry;
}

// What the clocks are told has to fit them (KeptReader::deadline).
bool KeptPassage::skip_deadline(KeptReader& in) {
  const auto there = in.u8();
  if (there == 0) {
    return true;
  }
  const auto left = in.u64();
  const auto written = in.u64();
  return there == 1 && left <= kMostMs && written <= kMostWallS;
}

bool KeptPassage::pass_message(KeptReader& in, Bytes& out, Payload wanted) {
  const auto whole = in.rest();
  const unsigned flags = in.u8();
  in.u32();  // the publisher
  const bool deadline = skip_deadline(in);
  if (in.failed() || !deadline || (flags & ~kMessageFlags) != 0 || (flags & kQosBits) > 2) {
    return false;
  }
  append(out, whole.first(place_of(in, whole)));
  const auto forwarded = in.take(in.u32());
  const auto payload = in.take_rest();
  if (wanted == Payload::some && payload.empty()) {
    return false;  // that would clear it
  }
  Bytes properties;
  if (in.failed() || payload.size() > mqtt::kMaxVarint || !pass_forwarded(forwarded, properties)) {
    return false;
  }
  append_u16(out, properties.size() >> 16);
  append_u16(out, properties.size());
  append(out, properties);
  append(out, payload);
  return true;
}

// Only what append_forwardable() leaves, as a PUBLISH may have it; a response topic is the tenant's
// own (F24) and gets its new name.
bool KeptPassage::pass_forwarded(ByteView forwarded, Bytes& out) {
  if (forwarded.empty()) {
    return true;
  }
  Bytes passed_on;
  mqtt::PropertyReader block{forwarded, mqtt::PropertyPlace::publish};
  mqtt::PropertyValue value;
  mqtt::append_forwardable(forwarded, passed_on);
  if (passed_on.size() != forwarded.size()) {
    return false;
  }
  mqtt::Reader in{forwarded};
  while (block.next(value)) {
    const auto before = in.rest();
    const auto same = mqtt::read_property(in);
    if (in.failed()) {
      return false;
    }
    if (same.id != mqtt::Property::response_topic) {
      append(out, before.first(before.size() - in.rest().size()));
      continue;
    }
    const auto topic = renamed(same.text());
    if (!mqtt::is_topic_name(topic) || !scope_.admit_topic(topic) ||
        topic.size() > mqtt::kMaxTextBytes) {
      return false;
    }
    out.push_back(static_cast<std::byte>(mqtt::Property::response_topic));
    append_u16(out, topic.size());
    append(out, as_byte_view(topic));
  }
  return !block.failed() && in.at_end() && out.size() <= kMostProperties;
}

}  // namespace owb::core

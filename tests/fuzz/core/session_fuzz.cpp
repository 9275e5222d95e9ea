#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/hub.hpp"
#include "broker/core/link.hpp"
#include "broker/core/realm.hpp"
#include "broker/core/tenant_topic_rules.hpp"
#include "broker/mqtt/codec.hpp"
#include "tenants/base/assert.hpp"

/// A whole worker without sockets: several clients of two tenants, well-formed packets and
/// arbitrary bytes, time, late logins, full sockets and the registry, in the order the input says.
/// Input: a sequence of operations, each one byte, the client it is about, and what it needs.
namespace owb::core {
namespace {

constexpr std::size_t kClients = 6;
constexpr std::size_t kLargestOutbox = 2U << 20U;
constexpr std::size_t kQueueMessages = 50;
constexpr std::array<std::string_view, 2> kTenants{"alice", "bob"};
constexpr std::array<std::string_view, 2> kMarks{"mark-of-alice", "mark-of-bob"};

/// Reads the input; zeros behind its end.
class Input {
 public:
  explicit Input(ByteView bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }

  std::size_t byte() {
    const auto taken = take(1);
    return taken.empty() ? 0 : std::to_integer<std::size_t>(taken[0]);
  }

  std::size_t below(std::size_t bound) { return byte() % bound; }

  bool flag() { return (byte() & 1U) != 0; }

  ByteView take(std::size_t count) {
    const auto taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  ByteView bytes_;
};

/// A connection; what the broker sends is looked at and thrown away.
class Socket final : public Transport {
 public:
  Socket(Realm& realm, std::size_t tenant, Peer peer, bool watch_marks)
      : tenant_(tenant), watch_marks_(watch_marks), link(realm, *this, std::move(peer)) {}

  void flush(Outbox& outbox) override {
    if (stuck && !closed) {
      return;
    }
    const auto text = as_text(outbox.unsent());
    OWB_ASSERT(!watch_marks_ || text.find(kMarks[1 - tenant_]) == std::string_view::npos);
    outbox.consume(outbox.size());
  }

  void pause_reading() override { paused = true; }

  void resume_reading() override { paused = false; }

  void close(std::uint16_t /*code*/) override { closed = true; }

  void watch_silent_peer(int /*seconds*/) override {}

  bool stuck = false;
  bool paused = false;
  bool closed = false;
  bool whole = true;  ///< only whole, well-formed packets were fed

 private:
  std::size_t tenant_;
  bool watch_marks_;

 public:
  mqtt::Version version = mqtt::Version::v311;
  ClientLink link;
};

class World final : private Authenticator {
 public:
  explicit World(bool watch_marks) : watch_marks_(watch_marks) {
    auto settings = std::make_shared<Settings>();
    settings->registry_limits.queue_messages = kQueueMessages;
    settings->registry_limits.queue_bytes = 100'000;
    settings->registry_limits.retained_messages = 40;
    settings->registry_limits.sessions = 5;
    settings->receive_maximum = 10;
    auto rules = std::make_unique<TenantTopicRules>(
        std::vector<std::string>{"openWB/system/mqtt/secret"}, settings->login_topic);
    Authenticator& authenticator = *this;
    realm_ = std::make_unique<Realm>(
        Realm::Parts{
            .settings = settings, .rules = std::move(rules), .random_seed = 7, .now = now_},
        authenticator);
    for (std::size_t i = 0; i < kTenants.size(); ++i) {
      records_[i] = make_record(i, false);
    }
  }

  ~World() override {
    for (auto& socket : sockets_) {
      socket.reset();
    }
  }

  void step(Input& input) {
    const auto operation = input.below(12);
    const auto which = input.below(kClients);
    auto* socket = sockets_[which].get();
    switch (operation) {
      case 0:
        open(which, input);
        break;
      case 1:
        if (socket != nullptr) {
          socket->whole = false;
          feed(*socket, input.take(input.byte()));
        }
        break;
      case 2:
        now_.mono_ms += static_cast<std::int64_t>(100 * input.byte());
        now_.wall_s += static_cast<std::int64_t>(input.byte());
        realm_->advance(now_);
        break;
      case 3:
        drop(which);
        break;
      case 4:
        if (socket != nullptr) {
          socket->stuck = !socket->stuck;
          socket->flush(socket->link.outbox());
          if (socket->link.outbox().empty() && !socket->closed) {
            socket->link.on_writable();
          }
        }
        break;
      case 5:
        answer_login(input);
        break;
      case 6:
        change_registry(input);
        break;
      case 7:
        feed_malformed(socket);
        break;
      default:
        if (socket != nullptr) {
          feed(*socket, packet(which, *socket, input));
        }
    }
    realm_->end_turn();
    look();
  }

  void finish() {
    for (auto& socket : sockets_) {
      socket.reset();
    }
    for (std::size_t i = 0; i < kTenants.size(); ++i) {
      realm_->tenant_changed(kTenants[i], nullptr);
    }
    OWB_ASSERT(realm_->stats().sessions == 0);
    OWB_ASSERT(realm_->stats().connections == 0);
    OWB_ASSERT(realm_->topics().size() == 0);
  }

 private:
  std::shared_ptr<const tenants::TenantRecord> make_record(std::size_t tenant, bool suspended) {
    return std::make_shared<tenants::TenantRecord>(
        tenants::TenantRecord{.id = *TenantId::parse(kTenants[tenant]),
                              .uid = uids_[tenant],
                              .suspended = suspended,
                              .generation = ++generation_,
                              .webparm_id = 1});
  }

  void drop(std::size_t which) {
    if (sockets_[which]) {
      sockets_[which]->link.on_closed();
      sockets_[which].reset();
    }
  }

  void open(std::size_t which, Input& input) {
    drop(which);
    const auto options = input.byte();
    Peer peer;
    peer.kind = ListenerKind::tls;
    sockets_[which] = std::make_unique<Socket>(*realm_, which % 2, std::move(peer), watch_marks_);
    auto& socket = *sockets_[which];
    static constexpr mqtt::Version kVersions[] = {mqtt::Version::v31, mqtt::Version::v311,
                                                  mqtt::Version::v5};
    socket.version = kVersions[options % 3];
    if (input.below(4) == 3) {
      return;  // CONNECT comes as raw bytes
    }
    const auto tenant = kTenants[which % 2];
    const auto id = "c" + std::to_string(input.below(3));
    const auto will_topic = std::string(tenant) + std::string(rest(input));
    const std::byte role[] = {static_cast<std::byte>(options >> 6U & 1U)};  // home or owner
    mqtt::Connect connect{.version = socket.version,
                          .clean_start = (options & 8U) != 0,
                          .keep_alive = static_cast<std::uint16_t>(options & 0x10U),
                          .client_id = id,
                          .user_name = tenant,
                          .password = ByteView(role)};
    if (socket.version == mqtt::Version::v5) {
      connect.session_expiry = (options & 8U) != 0 ? 0 : 30;
      connect.receive_maximum = static_cast<std::uint16_t>(1 + input.below(30));
      connect.topic_alias_maximum = static_cast<std::uint16_t>(input.below(3));
      if (input.flag()) {
        connect.maximum_packet_size = static_cast<std::uint32_t>(20 + input.byte());
      }
    } else {
      connect.bridge = socket.version == mqtt::Version::v311 && (options & 0x80U) != 0;
    }
    if ((options & 0x20U) != 0) {
      connect.will = mqtt::Will{.topic = will_topic,
                                .payload = as_byte_view(kMarks[which % 2]),
                                .qos = static_cast<mqtt::Qos>(input.below(3)),
                                .retain = input.flag()};
    }
    Bytes bytes;
    mqtt::encode_connect(connect, bytes);
    feed(socket, bytes);
  }

  static std::string_view rest(Input& input) {
    static constexpr std::string_view kRests[] = {
        "/a", "/a/b", "", "/openWB/set/ChargeMode", "/openWB/evu/W", "/c", "/cloud/home"};
    return kRests[input.below(std::size(kRests))];
  }

  static std::string filter(std::size_t which, Input& input) {
    static constexpr std::string_view kFilters[] = {"#",     "+/a",       "T/#",          "T/a",
                                                    "T/+/b", "T/cloud/#", "$share/g/T/#", "$SYS/#"};
    std::string text(kFilters[input.below(std::size(kFilters))]);
    if (const auto place = text.find('T'); place != std::string::npos) {
      text.replace(place, 1, kTenants[which % 2]);
    }
    return text;
  }

  Bytes packet(std::size_t which, const Socket& socket, Input& input) {
    const auto kind = input.below(8);
    const auto id = static_cast<mqtt::PacketId>(1 + input.below(20));
    Bytes bytes;
    switch (kind) {
      case 0:
        mqtt::encode_pingreq(bytes);
        break;
      case 1: {
        const auto name = filter(which, input);
        const mqtt::SubscribeEntry entry{
            .filter = name, .options = {.maximum_qos = static_cast<mqtt::Qos>(input.below(3))}};
        mqtt::encode_subscribe(id, 0, {&entry, 1}, socket.version, bytes);
        break;
      }
      case 2: {
        const auto name = filter(which, input);
        const std::string_view view = name;
        mqtt::encode_unsubscribe(id, {&view, 1}, socket.version, bytes);
        break;
      }
      case 3:
      case 4: {
        static constexpr mqtt::PacketType kAcks[] = {
            mqtt::PacketType::puback, mqtt::PacketType::pubrec, mqtt::PacketType::pubrel,
            mqtt::PacketType::pubcomp};
        mqtt::encode_ack(kAcks[input.below(4)], {.packet_id = id}, socket.version, bytes);
        break;
      }
      default: {
        const auto options = input.byte();
        const auto topic = std::string(kTenants[which % 2]) + std::string(rest(input));
        auto payload = std::string(kMarks[which % 2]);
        payload.append((options >> 4U) * 500, '.');
        mqtt::Publish publish{.qos = static_cast<mqtt::Qos>(options % 3),
                              .retain = (options & 8U) != 0,
                              .topic = topic,
                              .payload = as_byte_view(payload)};
        if (publish.qos != mqtt::Qos::at_most_once) {
          publish.packet_id = id;
        }
        mqtt::encode_publish(publish, socket.version, bytes);
      }
    }
    return bytes;
  }

  static void feed(Socket& socket, ByteView bytes) {
    if (!socket.paused && !socket.closed) {
      socket.link.feed(bytes);
    }
  }

  // Where a packet begins, a reserved type ends the connection.
  static void feed_malformed(Socket* socket) {
    if (socket == nullptr || !socket->whole || socket->paused || socket->closed) {
      return;
    }
    static constexpr std::array<std::byte, 2> kReserved{};
    socket->link.feed(kReserved);
    OWB_ASSERT(socket->closed && socket->link.closing());
  }

  void change_registry(Input& input) {
    const auto tenant = input.below(2);
    const auto what = input.below(4);
    if (what == 0) {
      records_[tenant] = nullptr;
    } else {
      uids_[tenant] += what == 1 ? 2 : 0;
      records_[tenant] = make_record(tenant, what == 2);
    }
    if (input.flag()) {
      realm_->tenant_changed(kTenants[tenant], records_[tenant]);
    }
  }

  // ---- logins ----
  AuthResult check(const AuthRequest& request) override {
    if (request.password && request.password->size() == 1 && request.user &&
        request.client_id == "c2" && pending_.size() < kClients) {
      pending_.push_back({request.link, identity_of(request)});
      return {.status = AuthResult::Status::pending};
    }
    return decide(identity_of(request));
  }

  void forget(std::uint64_t link) override {
    std::erase_if(pending_, [link](const auto& login) { return login.first == link; });
  }

  static Identity identity_of(const AuthRequest& request) {
    Identity identity{.tenant = std::string(request.user.value_or(""))};
    identity.role =
        request.password && !request.password->empty() && (*request.password)[0] == std::byte{1}
            ? Role::owner
            : Role::home;
    return identity;
  }

  AuthResult decide(Identity identity) const {
    for (std::size_t i = 0; i < kTenants.size(); ++i) {
      if (identity.tenant == kTenants[i] && records_[i] && !records_[i]->suspended) {
        identity.record = records_[i];
        return {.status = AuthResult::Status::granted,
                .reason = mqtt::Reason::success,
                .identity = std::move(identity)};
      }
    }
    return {};
  }

  void answer_login(Input& input) {
    if (pending_.empty()) {
      return;
    }
    const auto place = pending_.begin() + static_cast<std::ptrdiff_t>(input.below(pending_.size()));
    const auto login = *place;
    pending_.erase(place);
    realm_->auth_done(login.first, decide(login.second));
  }

  void look() {
    for (const auto& socket : sockets_) {
      if (!socket) {
        continue;
      }
      OWB_ASSERT(socket->link.outbox().size() <= kLargestOutbox);
      OWB_ASSERT(!socket->closed || socket->link.closing());
      if (const auto* session = socket->link.session()) {
        OWB_ASSERT(session->queued() <= 2 * (kQueueMessages + session->in_flight() + 1) + 64);
      }
    }
  }

  Now now_{.mono_ms = 1'000'000, .wall_s = 1'700'000'000};
  bool watch_marks_;
  std::array<std::uint64_t, 2> uids_{1, 2};
  std::uint64_t generation_ = 0;
  std::array<std::shared_ptr<const tenants::TenantRecord>, 2> records_;
  std::vector<std::pair<std::uint64_t, Identity>> pending_;
  std::unique_ptr<Realm> realm_;
  std::array<std::unique_ptr<Socket>, kClients> sockets_;
};

void run(ByteView bytes) {
  // Raw bytes may bring anything, also another client's mark.
  const auto text = as_text(bytes);
  World world(text.find("mark-of-") == std::string_view::npos);
  Input input(bytes);
  while (!input.empty()) {
    world.step(input);
  }
  world.finish();
}

}  // namespace
}  // namespace owb::core

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  owb::core::run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}

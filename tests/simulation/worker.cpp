#include "tests/simulation/worker.hpp"

#include <algorithm>
#include <utility>

#include "broker/core/hub.hpp"
#include "broker/core/tenant_topic_rules.hpp"
#include "tests/simulation/trace.hpp"

namespace owb::simulation {

using core::AuthResult;
using mqtt::PacketType;
using mqtt::Reason;

namespace {

constexpr std::int64_t kLoginMs = 30'000;
constexpr std::int64_t kConnectMs = 10'000;
constexpr std::size_t kLargestOutbox = 4U << 20U;

}  // namespace

Worker::Worker(Context& context, std::size_t index)
    : context_(context), index_(index), model_(context.trace) {
  if (context.keeps) {
    keeper_ = std::make_unique<core::MemoryKeeper>();
    keeper_->by_itself = false;
    model_.keeps = true;
  }
  std::unique_ptr<const core::TopicRules> rules = std::make_unique<core::ClassicTopicRules>();
  if (!context.classic) {
    rules = std::make_unique<core::TenantTopicRules>(
        std::vector<std::string>{"openWB/system/mqtt/secret", "openWB/set/system/mqtt/#"},
        context.settings->login_topic);
  }
  core::Realm::Parts parts{.settings = context.settings,
                           .rules = std::move(rules),
                           .hash_key = {1, 2, 3},
                           .random_seed = context.random.below(1'000'000),
                           .now = context.now,
                           .keeper = keeper_.get(),
                           .watch = this};
  model_.command_ttl_ms = context.settings->command_ttl_ms;
  model_.classic = context.classic;
  model_.limits_of_all = context.settings->file_user_limits;
  core::Authenticator& authenticator = *this;
  realm_ = std::make_unique<core::Realm>(std::move(parts), authenticator);
}

Worker::~Worker() {
  watching_ = false;
  wires_.clear();
}

Wire& Worker::open(core::Peer peer) {
  const auto buffer = context_.random.chance(70) ? 64 * 1024 : context_.random.between(300, 6'000);
  wires_.push_back(std::make_unique<Wire>(*this, context_.next_wire++, std::move(peer), buffer));
  wires_.back()->opened_ms = context_.now.mono_ms;
  return *wires_.back();
}

void Worker::feed(Wire& wire, std::size_t count) {
  current_ = &wire;
  doing_ = Doing::feeding;
  if (const auto bytes = wire.take_up(count); !bytes.empty() && !wire.closing()) {
    context_.trace("worker ", index_, ": ", bytes.size(), " bytes from link ", wire.id);
    wire.unparsed.insert(wire.unparsed.end(), bytes.begin(), bytes.end());
    wire.link->feed(bytes);
    judge([] {});
  }
  if (wire.up_at_end()) {
    lose(wire);
  }
  finish();
}

void Worker::flush(Wire& wire) {
  wire.flush(wire.link->outbox());
  if (wire.link->outbox().empty() && !wire.closing()) {
    wire.link->on_writable();
  }
  finish();
}

void Worker::advance() {
  doing_ = Doing::advancing;
  current_ = nullptr;
  model_.now_ms = context_.now.mono_ms;
  model_.advance(context_.now.mono_ms);
  realm_->advance(context_.now);
  finish();
}

void Worker::end_turn() {
  realm_->end_turn();
  finish();
}

void Worker::disk_does() {
  if (!keeper_) {
    return;
  }
  if (context_.random.chance(10)) {
    keeper_->fails = model_.disk_fails = !keeper_->fails;
    context_.trace("worker ", index_, keeper_->fails ? ": the disk fails" : ": the disk is well");
  }
  if (!keeper_->fails && context_.random.chance(60)) {
    keeper_->commit();
  }
  realm_->kept();
  finish();
}

void Worker::disk_is_well() {
  if (keeper_) {
    keeper_->fails = model_.disk_fails = false;
    keeper_->commit();
    realm_->kept();
    finish();
  }
}

void Worker::post_registry(const Registry& registry, std::string changed) {
  mail_.push_back({.registry = registry});
  if (!changed.empty()) {
    mail_.push_back({.changed = std::move(changed)});
  }
}

void Worker::post_revoked(std::string session_id) {
  mail_.push_back({.revoked = std::move(session_id)});
}

void Worker::deliver_mail() {
  auto mail = std::move(mail_.front());
  mail_.pop_front();
  doing_ = Doing::mail;
  current_ = nullptr;
  model_.now_ms = context_.now.mono_ms;
  if (mail.registry) {
    registry_ = std::move(*mail.registry);
  } else if (!mail.changed.empty()) {
    change(mail.changed, registry_.at(mail.changed));
    return;
  } else {
    context_.trace("worker ", index_, ": revoked cookie ", mail.revoked);
    model_.cookie_revoked(mail.revoked);
    realm_->sessions_revoked({mail.revoked});
  }
  finish();
}

void Worker::change(const std::string& tenant,
                    const std::shared_ptr<const tenants::TenantRecord>& record) {
  context_.trace("worker ", index_, ": '", tenant, "' has changed: uid ", record ? record->uid : 0,
                 record && record->suspended ? " suspended" : "");
  doing_ = Doing::mail;
  model_.now_ms = context_.now.mono_ms;
  model_.tenant_changed(tenant, record);
  realm_->tenant_changed(tenant, record);
  finish();
}

void Worker::check_ended() const {
  for (const auto& wire : wires_) {
    if (wire->model.ended && !wire->closing() && !wire->broker_left()) {
      violation("link ", wire->id, " goes on although it has ended");
    }
  }
}

// ---- who is who ----

AuthResult Worker::check(const core::AuthRequest& request) {
  auto& wire = *current_;
  core::Identity identity{.tenant = std::string(request.user.value_or("")),
                          .role = static_cast<core::Role>((*request.password)[0])};
  identity.user = identity.tenant;
  if (request.peer.web) {
    identity.session_id = request.peer.web->session_id;
  } else if (identity.role == core::Role::owner && !context_.calm && context_.random.chance(30)) {
    logins_.push_back({.link = request.link, .wire = &wire, .identity = std::move(identity)});
    wire.login_pending = true;
    return {.status = AuthResult::Status::pending};
  }
  return decide(wire, std::move(identity));
}

AuthResult Worker::decide(Wire& wire, core::Identity identity) const {
  if (!context_.classic) {
    identity.record = registry_.at(identity.tenant);
    if (!identity.record || identity.record->suspended) {
      wire.login_refused = true;
      return {.reason = Reason::not_authorized};
    }
  }
  wire.model.identity = identity;
  return {.status = AuthResult::Status::granted,
          .reason = Reason::success,
          .identity = std::move(identity)};
}

void Worker::forget(std::uint64_t link) {
  std::erase_if(logins_, [link](const auto& login) { return login.link == link; });
}

void Worker::answer_login() {
  const auto which = context_.random.below(logins_.size());
  const auto login = std::move(logins_[which]);
  logins_.erase(logins_.begin() + static_cast<std::ptrdiff_t>(which));
  auto& wire = *login.wire;
  const auto result = decide(wire, login.identity);
  context_.trace("worker ", index_, ": login of link ", wire.id, " answered");
  doing_ = Doing::feeding;
  current_ = &wire;
  wire.login_pending = false;
  if (!wire.login_refused) {
    tell_model(wire);  // its CONNECT, which the realm had counted when it came
  }
  realm_->auth_done(login.link, result);
  finish();
}

// ---- the model follows ----

void Worker::delivering(const core::Session& session, const core::Delivery& delivery) {
  judge([&] {
    const auto wire = std::find_if(wires_.begin(), wires_.end(), [&session](const auto& each) {
      return each->link.get() == session.link();
    });
    const bool attached = session.link() != nullptr && wire != wires_.end();
    model_.delivering(session, delivery, attached ? (*wire)->model.connection : 0);
  });
}

void Worker::dropped(const core::Session& session, const core::Delivery& delivery, core::Drop why) {
  judge([&] { model_.dropped(session, delivery, why); });
}

// The realm calls here, and nothing may be thrown through it.
void Worker::judge(const std::function<void()>& what) {
  if (!watching_) {
    return;
  }
  try {
    catch_up();
    what();
  } catch (const Violation& violation) {
    fault_ = violation;
    watching_ = false;
  }
}

void Worker::catch_up() {
  follow();
  for (const auto& wire : wires_) {
    if (wire->link->closing() && !wire->model.ended) {
      link_over(*wire);
    }
  }
}

void Worker::finish() {
  if (fault_) {
    throw Violation(*fault_);
  }
  catch_up();
  model_.settle();
  check_ended();
  for (const auto& wire : wires_) {
    check_bounds(*wire);
  }
  doing_ = Doing::other;
  current_ = nullptr;
}

void Worker::follow() {
  const auto now_handled = realm_->stats().packets_received;
  while (handled_ < now_handled) {
    ++handled_;  // first: what it tells may make the model look again
    if (!current_->login_pending && !current_->login_refused) {
      tell_model(*current_);
    }
  }
}

void Worker::tell_model(Wire& wire) {
  const auto scan = mqtt::scan_frame(wire.unparsed);
  if (!scan || !scan->complete) {
    violation("link ", wire.id, ": a packet was handled before it was there");
  }
  if (doing_ != Doing::advancing) {  // then wills that are due may still come
    model_.settle();
  }
  model_.now_ms = wire.model.last_heard_ms = context_.now.mono_ms;
  if (scan->frame.type == PacketType::connect) {
    model_.connect(wire.model, scan->frame);
  } else {
    model_.apply(wire.model, scan->frame);
  }
  wire.unparsed.erase(wire.unparsed.begin(),
                      wire.unparsed.begin() + static_cast<std::ptrdiff_t>(scan->frame.size));
}

void Worker::on_resumed(Wire& wire) {
  judge([&] { current_ = &wire; });
}

void Worker::on_closing(Wire& wire) {
  judge([] {});
  context_.trace("worker ", index_, ": closes link ", wire.id);
}

// Not by DISCONNECT, and the model has not seen why.
void Worker::link_over(Wire& wire) {
  if (!may_close(wire)) {
    violation("link ", wire.id, " was closed without a reason");
  }
  model_.end_link(wire.model, true);
}

bool Worker::may_close(const Wire& wire) const {
  const auto now = context_.now.mono_ms;
  if (wire.lost) {
    return true;
  }
  if (wire.model.connected) {
    return doing_ == Doing::advancing && wire.model.keep_alive_over(now);
  }
  return wire.login_refused || wire.model.refused ||
         (doing_ == Doing::advancing &&
          now - wire.opened_ms >= (wire.login_pending ? kLoginMs : kConnectMs));
}

void Worker::tidy() {
  std::erase_if(wires_, [](const auto& wire) { return wire->gone(); });
}

void Worker::close_all() {
  for (const auto& wire : wires_) {
    lose(*wire);
  }
  finish();
  wires_.clear();
}

void Worker::lose(Wire& wire) {
  context_.trace("worker ", index_, ": link ", wire.id, " is gone");
  wire.lost = true;
  wire.link->on_closed();
  judge([] {});
  wire.leave();
}

void Worker::check_bounds(const Wire& wire) {
  const auto outbox = wire.link->outbox().size();
  if (outbox > kLargestOutbox) {
    violation("link ", wire.id, ": ", outbox, " bytes wait in its outbox");
  }
  if (const auto* session = wire.link->session(); session != nullptr && wire.model.session) {
    model_.check_queue(wire.model, *session);
  }
}

}  // namespace owb::simulation

#include "broker/net/web_port.hpp"

#include <algorithm>

#include "broker/net/connect_peek.hpp"
#include "tenants/base/contained.hpp"

namespace owb::net {

namespace {

constexpr std::uint16_t kInternalError = 1011;

}  // namespace

/// One browser at its tenant's worker: the link, and a handle to the socket in a web thread.
class WebLink final : public core::Transport, public shard::Mortal {
 public:
  WebLink(WebPort& port, const web::WsId& id, core::Peer peer)
      : port_(port), id_(id), link_(port.worker().realm(), *this, std::move(peer)) {}

  core::ClientLink& link() { return link_; }

  void sent(std::size_t count) {
    in_transit_ -= std::min(count, in_transit_);
    if (in_transit_ < kInTransit) {
      flush(link_.outbox());
      if (link_.writable() && link_.take_held_back()) {
        link_.on_writable();
      }
    }
  }

  void flush(core::Outbox& outbox) override {
    if (outbox.empty()) {
      return;
    }
    if (in_transit_ >= kInTransit && !closing_) {
      // A sleeping tab: the rest waits here, bounded by the session's queue (F37).
      return;
    }
    const auto unsent = outbox.unsent();
    Bytes bytes;
    bytes.reserve(web::kHeadroom + unsent.size());
    bytes.resize(web::kHeadroom);
    bytes.insert(bytes.end(), unsent.begin(), unsent.end());
    in_transit_ += unsent.size();
    outbox.consume(unsent.size());
    port_.command(id_.thread, {.serial = id_.serial, .bytes = std::move(bytes)});
    if (closing_) {
      say_close();
    }
  }

  std::size_t in_transit() const override { return in_transit_; }

  void drop_in_transit() override { dropping_ = true; }

  void pause_reading() override { order(web::WsCommand::Kind::pause_reading); }

  void resume_reading() override { order(web::WsCommand::Kind::resume_reading); }

  void watch_silent_peer(int) override {}

  void close(std::uint16_t code) override {
    closing_ = true;
    close_code_ = code;
    if (link_.outbox().empty()) {
      say_close();
    }
  }

 private:
  static constexpr std::size_t kInTransit = 128 * 1024;

  void order(web::WsCommand::Kind kind) {
    port_.command(id_.thread, {.serial = id_.serial, .kind = kind, .bytes = {}});
  }

  void say_close() {
    if (!close_said_) {
      port_.command(id_.thread,
                    {.serial = id_.serial,
                     .kind = dropping_ ? web::WsCommand::Kind::drop : web::WsCommand::Kind::close,
                     .bytes = {},
                     .close_code = close_code_});
      close_said_ = true;
    }
  }

  WebPort& port_;
  web::WsId id_;
  std::size_t in_transit_ = 0;
  std::uint16_t close_code_ = 1000;
  bool closing_ = false;
  bool close_said_ = false;
  bool dropping_ = false;
  core::ClientLink link_;
};

WebPort::WebPort(Gateway& gateway, std::size_t worker, std::size_t web_threads)
    : gateway_(gateway), worker_(gateway.worker(worker)), commands_(web_threads) {
  // The worker may be running already: what it calls is added on its own thread.
  worker_.post([this] {
    worker_.at_tasks([this] { receive(); });
    worker_.at_turn_end([this] { send_commands(); });
  });
}

WebPort::~WebPort() = default;

void WebPort::put(web::WsEvent&& event) {
  if (mailbox_.put(std::move(event))) {
    worker_.wake();
  }
}

void WebPort::command(std::uint32_t thread, web::WsCommand&& command) {
  commands_[thread].push_back(std::move(command));
}

void WebPort::send_commands() {
  for (std::uint32_t thread = 0; thread < commands_.size(); ++thread) {
    if (!commands_[thread].empty()) {
      // If there is no memory for it, the next turn tries again: nothing of a stream may be
      // missing.
      gateway_.web().post(thread, std::move(commands_[thread]));
      commands_[thread].clear();
    }
  }
}

void WebPort::open(web::WsEvent&& event) {
  auto& from = *event.peer;
  auto peer = gateway_.web_listener_peer(from.listener);
  peer.address = std::move(from.address);
  peer.port = from.port;
  if (from.certificate_name) {
    peer.certificate_name = std::move(*from.certificate_name);
  }
  if (from.identity) {
    auto& identity = *from.identity;
    peer.web = core::WebSession{.tenant = std::move(identity.tenant),
                                .tenant_uid = identity.tenant_uid,
                                .session_id = std::move(identity.session_id),
                                .viewer = identity.role == web::WebRole::viewer,
                                .expires = identity.expires};
  }
  auto made = std::make_unique<WebLink>(*this, event.id, std::move(peer));
  auto& link = made->link();
  links_.emplace(event.id, std::move(made));
  link.feed(event.bytes);
}

// Inside a catch block: what a link itself does it contains itself, so this is about the handle.
void WebPort::give_up(const web::WsId& id) {
  if (const auto found = links_.find(id); found != links_.end()) {
    found->second->link().broke();
    return;
  }
  log_exception("a new WebSocket connection");
  contained("closing a connection", [&] {
    command(id.thread, {.serial = id.serial,
                        .kind = web::WsCommand::Kind::close,
                        .bytes = {},
                        .close_code = kInternalError});
  });
}

void WebPort::receive() {
  if (mailbox_.empty()) {
    return;
  }
  auto events = mailbox_.take(std::move(spare_));
  for (auto& event : events) {
    try {
      if (event.kind == web::WsEvent::Kind::open) {
        open(std::move(event));
        continue;
      }
      const auto found = links_.find(event.id);
      if (found == links_.end()) {
        continue;
      }
      switch (event.kind) {
        case web::WsEvent::Kind::bytes:
          found->second->link().feed(event.bytes);
          break;
        case web::WsEvent::Kind::sent:
          found->second->sent(event.count);
          break;
        case web::WsEvent::Kind::closed:
          found->second->link().on_closed();
          worker_.bury(std::move(found->second));
          links_.erase(found);
          break;
        case web::WsEvent::Kind::open:
          break;
      }
    } catch (...) {
      give_up(event.id);  // F64
    }
  }
  events.clear();
  spare_ = std::move(events);
}

WebGate::WebGate(Gateway& gateway, std::size_t web_threads) : gateway_(gateway) {
  for (std::size_t i = 0; i < gateway.worker_count(); ++i) {
    auto port = std::make_shared<WebPort>(gateway, i, web_threads);
    ports_.push_back(port.get());
    gateway.worker(i).keep(std::move(port));
  }
}

int WebGate::route(const web::WsPeer& peer, ByteView first_bytes) {
  if (peer.identity) {
    return static_cast<int>(gateway_.worker_for(peer.identity->tenant));
  }
  if (peer.certificate_name) {
    return static_cast<int>(gateway_.worker_for(*peer.certificate_name));
  }
  const auto peek = peek_connect(first_bytes, gateway_.options().packet_bytes_before_auth);
  switch (peek.kind) {
    case ConnectPeek::Kind::need_more:
      return kNeedMore;
    case ConnectPeek::Kind::refuse:
      return kRefuse;
    case ConnectPeek::Kind::ready:
      return static_cast<int>(gateway_.worker_for(peek.user));
  }
  return kRefuse;
}

void WebGate::post(int worker, web::WsEvent&& event) {
  ports_[static_cast<std::size_t>(worker)]->put(std::move(event));
}

}  // namespace owb::net

#include "broker/net/web/web_thread.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "broker/net/web/deadline.hpp"
#include "tenants/base/contained.hpp"

namespace owb::net::web {

namespace {

constexpr std::uint16_t kGoingAway = 1001;
/// Sockets taken in one go: adopting one computes its TLS handshake, and those who are in must not
/// wait for a crowd (F36). libwebsockets tells of one wake-up once for each protocol.
constexpr std::size_t kNewcomersAtOnce = 3;

ByteView as_bytes(const void* in, std::size_t length) {
  return {static_cast<const std::byte*>(in), in == nullptr ? 0 : length};
}

std::string_view as_characters(const void* in, std::size_t length) {
  return {static_cast<const char*>(in), in == nullptr ? 0 : length};
}

}  // namespace

WebThread::WebThread(std::uint32_t index, const WebConfig& config, WorkerGate& gate,
                     ProxyPool* portal)
    : config_(config),
      portal_(portal),
      cookie_(config.registry_path),
      http_(config.www_dir.empty() ? nullptr : &files_.emplace(config.www_dir), cookie_,
            [this](std::uint64_t serial, std::uint64_t exchange, ProxyRequest&& request) {
              return ask_portal(serial, exchange, std::move(request));
            }),
      ws_(index, config, cookie_, gate),
      context_(std::make_unique<LwsContext>(config, &WebThread::callback, this)) {}

WebThread::~WebThread() = default;

void WebThread::start() {
  thread_ = std::thread{[this] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals are for the program's own thread
    context_->run();
    mail_.lock()->closed = true;
    context_.reset();
  }};
}

template <typename Fill>
void WebThread::leave(Fill&& fill) {
  auto mail = mail_.lock();
  if (mail->closed) {
    return;
  }
  fill(*mail);
  if (!std::exchange(mail->woken, true)) {
    context_->wake();
  }
}

void WebThread::stop() {
  leave([](Mail& mail) { mail.stop = true; });
}

void WebThread::join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void WebThread::adopt(Adoption&& adoption) {
  leave([&](Mail& mail) {
    mail.adoptions.push_back(std::move(adoption));
    ++load_;
  });
}

void WebThread::post(std::vector<WsCommand>&& commands) {
  leave([&](Mail& mail) {
    if (mail.commands.empty()) {
      mail.commands = std::move(commands);
      return;
    }
    const auto count = mail.commands.size() + commands.size();
    if (mail.commands.capacity() < count) {
      mail.commands.reserve(std::max(count, 2 * mail.commands.capacity()));
    }
    for (auto& command : commands) {  // all of them or none
      mail.commands.push_back(std::move(command));
    }
  });
}

void WebThread::answer(PortalAnswer&& answer) {
  leave([&](Mail& mail) { mail.answers.push_back(std::move(answer)); });
}

/// The first whole request: for the limits per address, this socket is no longer half-open.
void WebThread::note_request(Connection& connection) {
  handshakes_.leave(std::exchange(connection.handshake, 0));
  if (connection.ticket && !std::exchange(connection.established, true)) {
    connection.ticket->established();
  }
}

int WebThread::ask_portal(std::uint64_t serial, std::uint64_t exchange, ProxyRequest&& request) {
  if (portal_ == nullptr) {
    return 502;
  }
  const bool waiting =
      portal_->submit(std::move(request), [this, serial, exchange](HttpResponse&& response) {
        answer({.serial = serial, .exchange = exchange, .response = std::move(response)});
      });
  return waiting ? 0 : 503;
}

int WebThread::callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                        std::size_t length) {
  if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
    return LwsContext::configure_tls(static_cast<SSL_CTX*>(user), static_cast<lws_vhost*>(in));
  }
  // No exception may get into libwebsockets' frames (F64): the connection it was about ends.
  try {
    return on_callback(wsi, reason, in, length);
  } catch (...) {
    const auto* connection = static_cast<Connection*>(lws_get_opaque_user_data(wsi));
    log_exception("a connection of a browser", {},
                  connection == nullptr ? "(nobody)" : std::string_view(connection->address));
    return -1;
  }
}

int WebThread::on_callback(lws* wsi, lws_callback_reasons reason, void* in, std::size_t length) {
  auto* self = static_cast<WebThread*>(lws_context_user(lws_get_context(wsi)));
  if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
    self->on_mail();
    return 0;
  }
  auto* connection = static_cast<Connection*>(lws_get_opaque_user_data(wsi));
  if (connection == nullptr) {
    return 0;  // libwebsockets' own: protocol and vhost initialisation
  }
  return self->on_event(wsi, connection, reason, in, length);
}

int WebThread::on_event(lws* wsi, Connection* connection, lws_callback_reasons reason, void* in,
                        std::size_t length) {
  connection->wsi = wsi;
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      note_request(*connection);
      return http_.on_request(*connection);
    case LWS_CALLBACK_HTTP_BODY:
      return http_.on_body(*connection, as_characters(in, length));
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      return http_.on_body_complete(*connection);
    case LWS_CALLBACK_HTTP_WRITEABLE:
      return http_.on_writable(*connection);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: {
      const char* protocol = static_cast<const char*>(in);
      return ws_.on_confirm_upgrade(*connection, protocol == nullptr ? "" : protocol);
    }
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
      // The client's list may begin with the name of our HTTP protocol, and libwebsockets takes the
      // first it knows.
      return connection->ws && is_mqtt_protocol(lws_get_protocol(wsi)->name) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED:
      note_request(*connection);
      return ws_.on_established(*connection);
    case LWS_CALLBACK_RECEIVE:
      return ws_.on_receive(*connection, as_bytes(in, length));
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return ws_.on_writable(*connection);
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
      ws_.on_closing(*connection);
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      return ws_.on_peer_close(*connection);
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX:
      return -1;  // a CONNECT request would turn the socket into a raw one
    case LWS_CALLBACK_WSI_DESTROY:
      on_destroyed(*connection);
      return 0;
    default:
      return 0;
  }
}

void WebThread::on_mail() {
  auto mail = mail_.with([](Mail& left) {
    Mail taken;
    taken.adoptions = std::exchange(left.adoptions, {});
    taken.commands = std::exchange(left.commands, {});
    taken.answers = std::exchange(left.answers, {});
    taken.stop = left.stop;
    left.woken = false;
    return taken;
  });
  for (auto& adoption : mail.adoptions) {
    if (!contained("a new connection of a browser",
                   [&] { waiting_.push_back(std::move(adoption)); })) {
      --load_;
    }
  }
  for (auto& command : mail.commands) {
    auto* connection = find(command.serial);
    if (connection != nullptr && connection->ws && connection->ws->established) {
      or_kill(*connection, [&] { ws_.on_command(*connection, std::move(command)); });
    }
  }
  ws_.send_ready();
  for (auto& answer : mail.answers) {
    if (auto* connection = find(answer.serial)) {
      or_kill(*connection, [&] {
        http_.on_portal_reply(*connection, answer.exchange, std::move(answer.response));
      });
    }
  }
  if (mail.stop && !std::exchange(stopping_, true)) {
    close_all();
  }
  admit_some();
  if (stopping_) {
    finish_if_empty();
  }
}

// Behind everything that those who are in have to do; the rest in the next turn of the loop.
void WebThread::admit_some() {
  for (std::size_t i = 0; !waiting_.empty() && (stopping_ || i < kNewcomersAtOnce); ++i) {
    auto adoption = std::move(waiting_.front());
    waiting_.pop_front();
    contained("a new connection of a browser", [&] { take(std::move(adoption)); });
  }
  if (!waiting_.empty()) {
    context_->wake();
  }
}

// A stream with a hole is worth nothing: what fails in the middle of it ends the connection.
template <typename F>
void WebThread::or_kill(Connection& connection, F&& call) {
  if (!contained("a connection of a browser", std::forward<F>(call))) {
    kill(connection);
  }
}

void WebThread::take(Adoption&& adoption) {
  if (stopping_) {
    --load_;
    return;
  }
  Connection* made = nullptr;
  try {
    auto fresh = std::make_unique<Connection>(config_.times);
    made = connections_.emplace(last_serial_ + 1, std::move(fresh)).first->second.get();
  } catch (...) {
    --load_;
    throw;
  }
  auto& connection = *made;
  connection.serial = ++last_serial_;
  connection.listener = adoption.listener;
  connection.address = std::move(adoption.address);
  connection.port = adoption.port;
  connection.ticket = std::move(adoption.ticket);
  connection.secure = config_.listeners[adoption.listener].tls.certificate != nullptr;
  const auto serial = connection.serial;
  // libwebsockets does this for sockets that it accepts itself. Without it small answers wait 40 ms
  // for the last ACK.
  const int on = 1;
  ::setsockopt(adoption.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  auto* wsi = context_->adopt(adoption.listener, adoption.fd.release(), &connection);
  if (wsi == nullptr) {
    // A handshake that fails at once is reported by LWS_CALLBACK_WSI_DESTROY: before now, or when
    // libuv has closed its handle. A socket that libwebsockets had no room for, it never made its
    // own and never mentions.
    auto* left = find(serial);
    if (left != nullptr && std::exchange(left->wsi, nullptr) == nullptr) {
      on_destroyed(*left);
    }
    return;
  }
  connection.wsi = wsi;
  set_deadline(connection, config_.times.head);
  if (connection.secure) {
    connection.handshake = handshakes_.enter([this, serial] { give_way(serial); });
  }
}

void WebThread::give_way(std::uint64_t serial) {
  if (auto* connection = find(serial)) {
    handshakes_.leave(std::exchange(connection->handshake, 0));
    kill(*connection);
  }
}

Connection* WebThread::find(std::uint64_t serial) {
  const auto found = connections_.find(serial);
  return found == connections_.end() ? nullptr : found->second.get();
}

void WebThread::on_destroyed(Connection& connection) {
  cancel_deadline(connection);
  handshakes_.leave(connection.handshake);
  lws_sul_cancel(&connection.retry.timer);
  if (connection.ws) {
    ws_.on_destroyed(connection);
  }
  --load_;
  connections_.erase(connection.serial);
  if (stopping_ && connections_.empty()) {
    context_->wake();
  }
}

void WebThread::close_all() {
  for (const auto& [serial, owned] : connections_) {
    auto& connection = *owned;
    if (connection.ws && connection.ws->established) {
      or_kill(connection, [&] { ws_.close(connection, kGoingAway); });
      set_deadline(connection,
                   config_.times.close);  // a browser that does not read holds up no stop
    } else {
      kill(connection);
    }
  }
}

void WebThread::finish_if_empty() {
  if (connections_.empty()) {
    context_->stop();
  }
}

}  // namespace owb::net::web

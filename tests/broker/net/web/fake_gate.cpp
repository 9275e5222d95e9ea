#include "tests/broker/net/web/fake_gate.hpp"

#include <chrono>

namespace owb::net::web::test {

namespace {

WsCommand send_command(const WsId& id, std::string_view payload) {
  WsCommand command;
  command.serial = id.serial;
  command.bytes.resize(kHeadroom);
  const auto bytes = as_byte_view(payload);
  command.bytes.insert(command.bytes.end(), bytes.begin(), bytes.end());
  return command;
}

}  // namespace

int FakeGate::route(const WsPeer& peer, ByteView first_bytes) {
  if (peer.identity) {
    return 0;
  }
  if (!first_bytes.empty() && first_bytes[0] != std::byte{0x10}) {
    return kRefuse;
  }
  return first_bytes.size() < 4 ? kNeedMore : 0;
}

void FakeGate::post(int /*worker*/, WsEvent&& event) {
  if (watcher_) {
    watcher_(event);
  }
  const std::scoped_lock lock{mutex_};
  switch (event.kind) {
    case WsEvent::Kind::open:
      record_.opened.push_back(*event.peer);
      record_.ids.push_back(event.id);
      break;
    case WsEvent::Kind::bytes:
      break;
    case WsEvent::Kind::sent:
      record_.sent += event.count;
      break;
    case WsEvent::Kind::closed:
      ++record_.closed;
      break;
  }
  record_.received += as_text(event.bytes);
  if (server_ != nullptr && !event.bytes.empty()) {
    send_locked(event.id, as_text(event.bytes));
  }
  changed_.notify_all();
}

class FakeGate::Ticket final : public SocketTicket {
 public:
  explicit Ticket(FakeGate& gate) : gate_(gate) {}

  ~Ticket() override { note(&Record::sockets_gone); }

  void established() override { note(&Record::sockets_established); }

 private:
  void note(std::size_t Record::*counter) {
    const std::scoped_lock lock{gate_.mutex_};
    ++(gate_.record_.*counter);
    gate_.changed_.notify_all();
  }

  FakeGate& gate_;
};

std::unique_ptr<SocketTicket> FakeGate::ticket() {
  return std::make_unique<Ticket>(*this);
}

bool FakeGate::wait_for(const std::function<bool(const Record&)>& done) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, std::chrono::seconds{8}, [&] { return done(record_); });
}

FakeGate::Record FakeGate::record() {
  const std::scoped_lock lock{mutex_};
  return record_;
}

void FakeGate::send(std::string_view payload) {
  const std::scoped_lock lock{mutex_};
  send_locked(record_.ids.back(), payload);
}

void FakeGate::send_locked(const WsId& id, std::string_view payload) {
  std::vector<WsCommand> commands;
  commands.push_back(send_command(id, payload));
  server_->post(id.thread, std::move(commands));
}

void FakeGate::command(WsCommand::Kind kind, std::uint16_t code) {
  const std::scoped_lock lock{mutex_};
  std::vector<WsCommand> commands(1);
  commands[0].serial = record_.ids.back().serial;
  commands[0].kind = kind;
  commands[0].close_code = code;
  server_->post(record_.ids.back().thread, std::move(commands));
}

}  // namespace owb::net::web::test

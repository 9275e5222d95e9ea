#include "broker/net/web_newcomer.hpp"

#include <utility>

#include "broker/net/web/web_server.hpp"
#include "tenants/base/contained.hpp"

namespace owb::net {

namespace {

/// Counts a browser's socket until its web thread closes it.
class WebTicket final : public web::SocketTicket {
 public:
  explicit WebTicket(AddressTable::Ticket ticket) : ticket_(std::move(ticket)) {}

  void established() override { ticket_.established(); }

 private:
  AddressTable::Ticket ticket_;
};

}  // namespace

WebNewcomer::WebNewcomer(Gateway& gateway, ConnectionTable& table,
                         std::shared_ptr<const Listener> listener, UniqueFd fd, core::Peer peer,
                         AddressTable::Ticket ticket)
    : gateway_(gateway),
      table_(table),
      listener_(std::move(listener)),
      fd_(std::move(fd)),
      peer_(std::move(peer)),
      ticket_(std::move(ticket)) {}

void WebNewcomer::start() {
  auto& realm = table_.worker().realm();
  realm.wheel().arm(*this, realm.now().mono_ms + gateway_.options().connect_timeout_ms);
  if (!table_.worker().door().add(fd_.get(), *this, EPOLLIN)) {
    leave();
  }
}

void WebNewcomer::on_ready(std::uint32_t) {
  if (gone_) {
    return;
  }
  table_.worker().door().remove(fd_.get());
  contained("a new connection of a browser", [this] {  // F64
    ticket_.keep_hands_off();
    auto ticket = std::make_unique<WebTicket>(std::move(ticket_));
    gateway_.web().adopt(listener_->web_listener, fd_.release(), std::move(peer_.address),
                         peer_.port, std::move(ticket));
  });
  leave();
}

void WebNewcomer::on_timer() {
  leave();
}

void WebNewcomer::leave() {
  if (std::exchange(gone_, true)) {
    return;
  }
  cancel();
  if (fd_) {
    table_.worker().door().remove(fd_.get());
  }
  table_.bury(*this);
}

}  // namespace owb::net

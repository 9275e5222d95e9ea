#include "portal/auth/webparm_check.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "broker/mqtt/codec.hpp"
#include "portal/auth/webparm_dialogue.hpp"
#include "tenants/base/random.hpp"
#include "tenants/base/secret_bytes.hpp"

namespace owb::portal::auth {
namespace {

constexpr std::size_t kReadBytes = 16'384;

/// 22 characters: all 3.1.1 brokers take it [MQTT-3.1.3-5].
std::string new_client_id() {
  return "portal" + random_alnum(16);
}

/// Bytes that held a password: wiped before their memory goes back.
struct WipedBytes {
  Bytes bytes;

  WipedBytes() = default;
  WipedBytes(const WipedBytes&) = delete;
  WipedBytes& operator=(const WipedBytes&) = delete;

  ~WipedBytes() { wipe(bytes); }
};

}  // namespace

WebparmCheck::WebparmCheck(std::unique_ptr<const BrokerDialer> dialer, std::string root,
                           std::chrono::milliseconds limit)
    : dialer_(std::move(dialer)), root_(std::move(root)), limit_(limit) {}

Result<Webparm> WebparmCheck::ask(std::string_view name, std::string_view password,
                                  const std::string& browser_address) const {
  const auto deadline = std::chrono::steady_clock::now() + limit_;
  const auto stream = dialer_->dial(browser_address, deadline);
  if (!stream) {
    return stream.error();
  }
  return talk(**stream, name, password);
}

Result<Webparm> WebparmCheck::talk(BrokerStream& stream, std::string_view name,
                                   std::string_view password) const {
  WebparmDialogue dialogue{name, root_};
  {
    WipedBytes connect;
    connect.bytes.reserve(name.size() + password.size() +
                          128);  // never grows: no copy stays behind
    dialogue.open(password, new_client_id(), connect.bytes);
    if (const auto sent = stream.write(connect.bytes); !sent) {
      return sent.error();
    }
  }
  std::array<std::byte, kReadBytes> room{};
  while (true) {
    const auto got = stream.read(room);
    if (!got) {
      return got.error();
    }
    Bytes out;
    const auto outcome = dialogue.receive(std::span{room}.first(*got), out);
    if (outcome && *outcome) {
      mqtt::encode_disconnect({}, mqtt::Version::v311, out);
    }
    if (!out.empty()) {
      const auto sent = stream.write(out);
      if (!sent && !outcome) {
        return sent.error();
      }
    }
    if (outcome) {
      return *outcome;
    }
  }
}

}  // namespace owb::portal::auth

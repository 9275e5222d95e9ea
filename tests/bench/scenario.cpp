#include "tests/bench/scenario.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace owb::bench {

void Report::print() const {
  std::string line;
  for (const auto& [name, value] : values_) {
    char text[128];
    std::snprintf(text, sizeof(text), "%s\"%s\": %.6g", line.empty() ? "{" : ", ", name.c_str(),
                  value);
    line += text;
  }
  std::printf("%s}\n", line.c_str());
  std::fflush(stdout);
}

std::vector<Account> accounts_of(const Options& options) {
  std::vector<Account> accounts;
  if (!options.credentials.empty()) {
    std::ifstream file(options.credentials);
    for (Account account; file >> account.user >> account.password;) {
      accounts.push_back(account);
    }
    if (accounts.empty()) {
      throw std::runtime_error("no credentials in " + options.credentials);
    }
    return accounts;
  }
  for (std::size_t i = 0; i < options.homes; ++i) {
    accounts.push_back({options.user_prefix + std::to_string(i), options.password});
  }
  return accounts;
}

std::vector<std::string> topic_names(std::size_t count) {
  static constexpr std::array<const char*, 10> kValues = {
      "power",     "imported",   "exported",    "plug_state", "charge_state",
      "phases_in", "currents/1", "evse_signal", "fault_text", "daily_import"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back("/openWB/chargepoint/" + std::to_string(i / kValues.size()) + "/get/meter/" +
                    kValues[i % kValues.size()]);
  }
  return names;
}

Client::Client(Loop& loop, Tls* tls, Way way, std::uint16_t port, std::string_view id,
               const Account& account, bool resume)
    : Link(loop, tls, way, port, resume) {
  put_connect(out(), id, account.user, account.password);
}

void Client::subscribe(std::string_view filter, unsigned qos) {
  put_subscribe(out(), filter, qos);
  send();
}

void Client::on_packet(Packet type, unsigned flags, std::string_view body) {
  switch (type) {
    case Packet::connack:
      if (body != std::string_view("\0\0", 2)) {
        throw std::runtime_error("CONNECT was refused");
      }
      connected_ = true;
      return;
    case Packet::suback:
      if (body.size() != 3 || static_cast<unsigned char>(body[2]) > 2) {
        throw std::runtime_error("SUBSCRIBE was refused");
      }
      subscribed_ = true;
      return;
    case Packet::publish: {
      const auto qos = flags >> 1U & 3U;
      const auto topic_size = get_u16(body);
      const auto topic = body.substr(2, topic_size);
      auto payload = body.substr(2U + topic_size);
      if (qos > 0) {
        put_ack(out(), qos == 1 ? Packet::puback : Packet::pubrec, get_u16(payload));
        send();
        payload.remove_prefix(2);
      }
      on_message(qos, topic, payload);
      return;
    }
    case Packet::pubrec:
      put_ack(out(), Packet::pubrel, get_u16(body));
      send();
      return;
    case Packet::pubrel:
      put_ack(out(), Packet::pubcomp, get_u16(body));
      send();
      return;
    case Packet::puback:
    case Packet::pubcomp:
      on_acknowledged(get_u16(body));
      return;
    case Packet::pingresp:
      return;
  }
  throw std::runtime_error("a packet that only clients send");
}

void Client::on_message(unsigned /*qos*/, std::string_view topic, std::string_view /*payload*/) {
  throw std::runtime_error("a message nobody asked for: " + std::string(topic));
}

}  // namespace owb::bench

#include "tests/broker/mqtt/support/samples.hpp"

#include "tests/broker/mqtt/support/raw.hpp"

namespace owb::mqtt::testing {
namespace {

/// The property block of a 5.0 packet, nothing before.
Bytes block(Version version, std::initializer_list<Bytes> parts) {
  return version == Version::v5 ? properties(parts) : Bytes{};
}

Bytes protocol(Version version) {
  return version == Version::v31 ? join({text("MQIsdp"), raw({3})})
                                 : join({text("MQTT"), raw({static_cast<int>(version)})});
}

const Bytes& message_properties() {
  static const Bytes all = join({raw({0x01, 1}), raw({0x02, 0, 0, 0, 60}), raw({0x03}),
                                 text("text/plain"), raw({0x08}), text("alice/answer"), raw({0x09}),
                                 text("id 7"), user_property("a", "1"), user_property("a", "")});
  return all;
}

Sample connect(Version version) {
  return {"CONNECT with everything",
          packet(0x10, {protocol(version), raw({0xEE, 0x00, 0x3C}),
                        block(version, {raw({0x11, 0, 0, 0x0E, 0x10}), raw({0x21, 0, 20}),
                                        raw({0x27, 0, 1, 0, 0}), raw({0x22, 0, 10}), raw({0x19, 1}),
                                        raw({0x17, 0}), raw({0x15}), text("SCRAM"), raw({0x16}),
                                        text("data"), user_property("k", "v")}),
                        text("openwbBridgecloud-123456"),
                        block(version, {raw({0x18, 0, 0, 0, 5}), message_properties()}),
                        text("alice/gone"), text("\x01\xFF"), text("alice"), text("secret")}),
          // 3.1 may end before its user name and before its password [MQTT31-3.1-2]
          version == Version::v31 ? std::set<std::size_t>{54, 61} : std::set<std::size_t>{}};
}

Sample connack(Version version) {
  return {"CONNACK",
          packet(0x20, {raw({version == Version::v31 ? 0 : 1, 0}),
                        block(version, {raw({0x11, 0, 0, 0, 1}),
                                        raw({0x21, 0, 20}),
                                        raw({0x24, 1}),
                                        raw({0x25, 1}),
                                        raw({0x27, 0, 1, 0, 0}),
                                        raw({0x12}),
                                        text("assigned"),
                                        raw({0x22, 0, 10}),
                                        raw({0x1F}),
                                        text("welcome"),
                                        user_property("k", "v"),
                                        raw({0x28, 1}),
                                        raw({0x29, 0}),
                                        raw({0x2A, 1}),
                                        raw({0x13, 0, 60}),
                                        raw({0x1A}),
                                        text("info"),
                                        raw({0x1C}),
                                        text("other"),
                                        raw({0x15}),
                                        text("SCRAM"),
                                        raw({0x16}),
                                        text("data")})}),
          {}};
}

Sample publish(Version version) {
  return {"PUBLISH QoS 1",
          packet(0x3B, {text("alice/openWB/evu/W"), raw({0x12, 0x34}),
                        block(version,
                              {raw({0x23, 0, 5}), raw({0x0B, 0x81, 0x01}), message_properties()})}),
          {}};
}

Sample ack(Version version, int first_byte, const std::string& name, int reason) {
  if (version != Version::v5) {
    return {name, packet(first_byte, {raw({0x12, 0x34})}), {}};
  }
  return {name,
          packet(first_byte, {raw({0x12, 0x34, reason}),
                              properties({raw({0x1F}), text("why"), user_property("k", "v")})}),
          {2, 3}};
}

Sample subscribe(Version version) {
  return {
      "SUBSCRIBE",
      packet(0x82, {raw({0, 1}), block(version, {raw({0x0B, 0x80, 0x01}), user_property("k", "v")}),
                    text("alice/+/#"), raw({version == Version::v5 ? 0x2E : 2})}),
      {}};
}

Sample unsubscribe(Version version) {
  return {"UNSUBSCRIBE",
          packet(0xA2, {raw({0, 1}), block(version, {user_property("k", "v")}), text("alice/#")}),
          {}};
}

Sample suback(Version version) {
  return {"SUBACK",
          packet(0x90, {raw({0, 1}), block(version, {raw({0x1F}), text("why")}), raw({0x80})}),
          {}};
}

Sample unsuback(Version version) {
  const Bytes code = version == Version::v5 ? raw({0x11}) : Bytes{};
  return {"UNSUBACK",
          packet(0xB0, {raw({0, 1}), block(version, {raw({0x1F}), text("why")}), code}),
          {}};
}

Sample disconnect(Version version) {
  if (version != Version::v5) {
    return {"DISCONNECT", packet(0xE0, {}), {}};
  }
  return {"DISCONNECT",
          packet(0xE0,
                 {raw({0x04}), properties({raw({0x11, 0, 0, 0, 9}), raw({0x1F}), text("bye"),
                                           raw({0x1C}), text("other"), user_property("k", "v")})}),
          {0, 1}};
}

Sample auth() {
  return {"AUTH",
          packet(0xF0,
                 {raw({0x18}), properties({raw({0x15}), text("SCRAM"), raw({0x16}), text("data"),
                                           raw({0x1F}), text("go on"), user_property("k", "v")})}),
          {}};
}

}  // namespace

std::vector<Sample> samples(Version version) {
  std::vector<Sample> all{connect(version),
                          connack(version),
                          publish(version),
                          {"PUBLISH QoS 0", packet(0x30, {text("a"), block(version, {})}), {}},
                          ack(version, 0x40, "PUBACK", 0x10),
                          ack(version, 0x50, "PUBREC", 0x97),
                          ack(version, 0x62, "PUBREL", 0x92),
                          ack(version, 0x70, "PUBCOMP", 0x92),
                          subscribe(version),
                          suback(version),
                          unsubscribe(version),
                          unsuback(version),
                          {"PINGREQ", packet(0xC0, {}), {}},
                          {"PINGRESP", packet(0xD0, {}), {}},
                          disconnect(version)};
  if (version == Version::v5) {
    all.push_back(auth());
  }
  return all;
}

std::string name_of(Version version) {
  switch (version) {
    case Version::v31:
      return "3.1";
    case Version::v311:
      return "3.1.1";
    case Version::v5:
      return "5.0";
  }
  return "unknown";
}

}  // namespace owb::mqtt::testing

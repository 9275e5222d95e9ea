#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/broker/core/world.hpp"

/// What the tests of the statements share: a world, the versions, and packets taken apart.
namespace owb::core {

inline Bytes bytes_of(std::initializer_list<int> values) {
  Bytes result;
  for (const auto value : values) {
    result.push_back(static_cast<std::byte>(value));
  }
  return result;
}

inline void append(Bytes& all, const Bytes& more) {
  all.insert(all.end(), more.begin(), more.end());
}

inline std::vector<mqtt::PacketType> types_of(const std::vector<Packet>& packets) {
  std::vector<mqtt::PacketType> types;
  for (const auto& packet : packets) {
    types.push_back(packet.type);
  }
  return types;
}

inline std::vector<unsigned> ids_of(const std::vector<Packet>& packets) {
  std::vector<unsigned> ids;
  for (const auto& packet : packets) {
    ids.push_back(static_cast<unsigned>(packet.id));
  }
  return ids;
}

inline std::vector<std::string> payloads_of(const std::vector<Packet>& packets) {
  std::vector<std::string> payloads;
  for (const auto& packet : packets) {
    payloads.push_back(packet.payload);
  }
  return payloads;
}

/// For statements that 3.1.1 and 5.0 share.
class EachVersion : public testing::TestWithParam<mqtt::Version> {
 protected:
  mqtt::Version version() const { return GetParam(); }

  bool v5() const { return version() == mqtt::Version::v5; }

  /// CONNECT with a session that ends with the connection.
  Connecting clean() const { return {.version = version()}; }

  /// CONNECT with a session that stays.
  Connecting lasting() const { return {.version = version(), .clean = false, .expiry = 10'000}; }

  /// A packet's reason in this version: 3.1.1 acknowledges without one.
  mqtt::Reason reason(mqtt::Reason of_v5) const { return v5() ? of_v5 : mqtt::Reason::success; }

  World world;
};

inline std::string name_of_version(const testing::TestParamInfo<mqtt::Version>& info) {
  return "v" + std::to_string(static_cast<int>(info.param));
}

inline const auto kVersions =  // NOLINT(cert-err58-cpp): GoogleTest's way
    testing::Values(mqtt::Version::v311, mqtt::Version::v5);

}  // namespace owb::core

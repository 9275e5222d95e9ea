#pragma once

#include "tests/conformance/each_version.hpp"

namespace owb::core {

class Publish : public EachVersion {
 protected:
  Client& home = world.client("alice", "home");
  Client& phone = world.client("alice", "phone");

  /// The home subscribes to everything and does not acknowledge; its session stays.
  void home_listens(const Subscribing& how = {}) {
    home.connects(lasting());
    home.subscribes("alice/#", how);
    home.acknowledges = false;
    phone.connects();
  }

  void home_returns() {
    home.drops();
    home.connects(lasting());
  }

  static std::uint16_t id_of(const Packet& packet) { return static_cast<std::uint16_t>(packet.id); }
};

class Ordered : public EachVersion {};

class Ids : public EachVersion {};

class Held : public EachVersion {};

class PublishV5 : public testing::Test {
 protected:
  World world;
};

}  // namespace owb::core

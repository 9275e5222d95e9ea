#include "broker/net/address_table.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tenants/base/unique_fd.hpp"

namespace owb::net {
namespace {

using Ticket = AddressTable::Ticket;

/// A connection as its owner holds it: the ticket goes before the socket.
struct Accepted {
  UniqueFd peer;
  UniqueFd fd;
  Ticket ticket;
  bool admitted = false;

  bool shut_down() const {
    char byte = 0;
    return ::recv(fd.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }
};

Accepted connect(AddressTable& table, const std::string& address) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  Accepted made{.peer = UniqueFd{ends[0]}, .fd = UniqueFd{ends[1]}};
  made.admitted = table.admit(address, made.fd.get(), made.ticket);
  return made;
}

std::vector<Accepted> connect(AddressTable& table, const std::string& address, int count) {
  std::vector<Accepted> made;
  for (int i = 0; i < count; ++i) {
    made.push_back(connect(table, address));
    EXPECT_TRUE(made.back().admitted);
  }
  return made;
}

std::string picture(const std::vector<Accepted>& all) {
  std::string text;
  for (const auto& one : all) {
    text += one.shut_down() ? 'x' : '.';
  }
  return text;
}

TEST(AddressTable, F35_TheOldestSilentOneGivesWay) {
  AddressTable table({.half_open = 4, .connections = 100});
  auto all = connect(table, "192.0.2.1", 4);
  EXPECT_EQ(picture(all), "....");
  all[0].ticket.heard();
  all[2].ticket.heard();
  const auto home = connect(table, "192.0.2.1");
  EXPECT_TRUE(home.admitted);
  EXPECT_EQ(picture(all), ".x..");
  const auto next = connect(table, "192.0.2.1", 2);
  EXPECT_EQ(picture(all), ".x.x");
  EXPECT_TRUE(home.shut_down());  // silent, too
}

TEST(AddressTable, F35_WhenNobodyIsSilentTheOldestGivesWay) {
  AddressTable table({.half_open = 3, .connections = 100});
  auto all = connect(table, "192.0.2.1", 3);
  for (auto& one : all) {
    one.ticket.heard();
  }
  const auto home = connect(table, "192.0.2.1");
  EXPECT_EQ(picture(all), "x..");
}

TEST(AddressTable, F35_WhoeverIsInStaysIn) {
  AddressTable table({.half_open = 2, .connections = 100});
  auto in = connect(table, "192.0.2.1", 2);
  for (auto& one : in) {
    one.ticket.established();
  }
  const auto silent = connect(table, "192.0.2.1", 5);
  EXPECT_EQ(picture(in), "..");
  EXPECT_EQ(picture(silent), "xxx..");
}

TEST(AddressTable, WhatABrowsersThreadOwnsIsNotTouched) {
  AddressTable table({.half_open = 2, .connections = 100});
  auto all = connect(table, "192.0.2.1", 2);
  all[0].ticket.keep_hands_off();
  all[1].ticket.keep_hands_off();
  EXPECT_FALSE(connect(table, "192.0.2.1").admitted);
  EXPECT_EQ(picture(all), "..");
  all[0].ticket.established();
  EXPECT_TRUE(connect(table, "192.0.2.1").admitted);
}

TEST(AddressTable, WhatHasEndedMakesNoRoomForOthers) {
  AddressTable table({.half_open = 2, .connections = 100});
  auto first = connect(table, "192.0.2.1", 2);
  first.clear();
  const auto second = connect(table, "192.0.2.1", 2);
  EXPECT_EQ(picture(second), "..");
}

TEST(AddressTable, AddressesAreCountedApartAndEach64IsOne) {
  AddressTable table({.half_open = 1, .connections = 100});
  const auto others = connect(table, "192.0.2.2", 1);
  const auto one = connect(table, "2001:db8::1", 1);
  const auto same_network = connect(table, "2001:db8::2", 1);
  const auto next_network = connect(table, "2001:db8:0:1::1", 1);
  EXPECT_EQ(picture(others), ".");
  EXPECT_EQ(picture(one), "x");
  EXPECT_EQ(picture(same_network), ".");
  EXPECT_EQ(picture(next_network), ".");
}

TEST(AddressTable, LoopbackIsNotCounted) {
  AddressTable table({.half_open = 1, .connections = 1});
  EXPECT_EQ(picture(connect(table, "127.0.0.1", 5)), ".....");
  EXPECT_EQ(picture(connect(table, "::1", 5)), ".....");
}

TEST(AddressTable, TheCapOfAllConnectionsRefuses) {
  AddressTable table({.half_open = 2, .connections = 3});
  auto in = connect(table, "192.0.2.1", 2);
  for (auto& one : in) {
    one.ticket.established();
  }
  const auto third = connect(table, "192.0.2.1", 1);
  EXPECT_FALSE(connect(table, "192.0.2.1").admitted);
  EXPECT_EQ(picture(third), ".");
}

TEST(AddressTable, WithoutALimitNobodyGivesWay) {
  AddressTable table({.half_open = 0, .connections = 0});
  EXPECT_EQ(picture(connect(table, "192.0.2.1", 100)), std::string(100, '.'));
}

}  // namespace
}  // namespace owb::net

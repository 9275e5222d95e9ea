#include "broker/net/tls/handshakes.hpp"

#include <string>

#include <gtest/gtest.h>

namespace owb::net {
namespace {

TEST(Handshakes, F35_TheOldestGivesWay) {
  Handshakes handshakes{3};
  std::string gone;
  const auto begin = [&](char name, std::uint64_t& number) {
    number = handshakes.enter([&, name] {
      gone += name;
      handshakes.leave(number);
    });
  };
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
  std::uint64_t d = 0;
  std::uint64_t e = 0;
  begin('a', a);
  begin('b', b);
  begin('c', c);
  EXPECT_EQ(gone, "");
  handshakes.leave(b);
  begin('d', d);
  EXPECT_EQ(gone, "");
  begin('e', e);
  EXPECT_EQ(gone, "a");
  EXPECT_EQ(handshakes.size(), 3U);
  begin('f', a);
  EXPECT_EQ(gone, "ac");
}

}  // namespace
}  // namespace owb::net

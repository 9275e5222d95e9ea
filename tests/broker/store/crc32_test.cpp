#include "broker/store/crc32.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace owb::store::test {
namespace {

/// Bit by bit, as the definition says.
std::uint32_t slow_crc32(ByteView bytes) {
  std::uint32_t sum = ~0U;
  for (const auto byte : bytes) {
    sum ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      sum = sum >> 1U ^ ((sum & 1U) != 0 ? 0xEDB88320U : 0U);
    }
  }
  return ~sum;
}

TEST(Crc32, IsTheOneEverybodyMeans) {
  EXPECT_EQ(crc32(0, as_byte_view("123456789")), 0xCBF43926U);
  EXPECT_EQ(crc32(0, {}), 0U);
}

TEST(Crc32, IsTheSameForAnyLengthAndInPieces) {
  Bytes bytes(100);
  std::mt19937 random{1};
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random()); });
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto whole = ByteView{bytes}.first(size);
    ASSERT_EQ(crc32(0, whole), slow_crc32(whole)) << size;
    for (std::size_t cut = 0; cut <= size; cut += 7) {
      ASSERT_EQ(crc32(crc32(0, whole.first(cut)), whole.subspan(cut)), slow_crc32(whole))
          << size << ' ' << cut;
    }
  }
}

}  // namespace
}  // namespace owb::store::test

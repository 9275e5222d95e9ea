#include "broker/store/crc32.hpp"

#include <array>
#include <cstddef>

namespace owb::store {
namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320;
constexpr std::size_t kStep = 8;

using Table = std::array<std::uint32_t, 256>;

/// kTables[n][b]: what byte b does to the sum when n more bytes follow it.
constexpr std::array<Table, kStep> make_tables() {
  std::array<Table, kStep> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto sum = byte;
    for (int bit = 0; bit < 8; ++bit) {
      sum = sum >> 1U ^ ((sum & 1U) != 0 ? kPolynomial : 0U);
    }
    tables[0][byte] = sum;
  }
  for (std::size_t n = 1; n < kStep; ++n) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto sum = tables[n - 1][byte];
      tables[n][byte] = sum >> 8U ^ tables[0][sum & 0xFFU];
    }
  }
  return tables;
}

constexpr auto kTables = make_tables();

}  // namespace

std::uint32_t crc32(std::uint32_t before, ByteView bytes) {
  auto sum = ~before;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  auto left = bytes.size();
  for (; left >= kStep; left -= kStep, at += kStep) {
    sum = kTables[7][(sum ^ at[0]) & 0xFFU] ^ kTables[6][(sum >> 8U ^ at[1]) & 0xFFU] ^
          kTables[5][(sum >> 16U ^ at[2]) & 0xFFU] ^ kTables[4][sum >> 24U ^ at[3]] ^
          kTables[3][at[4]] ^ kTables[2][at[5]] ^ kTables[1][at[6]] ^ kTables[0][at[7]];
  }
  for (; left > 0; --left, ++at) {
    sum = sum >> 8U ^ kTables[0][(sum ^ *at) & 0xFFU];
  }
  return ~sum;
}

}  // namespace owb::store

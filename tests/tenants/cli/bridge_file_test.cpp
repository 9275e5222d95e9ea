#include "tenants/cli/bridge_file.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/base/file.hpp"
#include "tenants/base/text.hpp"

namespace owb::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSecret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

HomeAccess access() {
  return {
      .name = "mueller", .secret = std::string{kSecret}, .host = "cloud.example.org", .port = 8883};
}

std::string with(std::string text, std::string_view word, std::string_view value) {
  for (auto at = text.find(word); at != std::string::npos;
       at = text.find(word, at + value.size())) {
    text.replace(at, word.size(), value);
  }
  return text;
}

/// The directives of a bridge section, without comments.
std::set<std::string> directives(const std::string& text) {
  std::set<std::string> lines;
  for (const auto line : text::split(text, '\n')) {
    if (!line.empty() && !line.starts_with('#')) {
      lines.emplace(line);
    }
  }
  return lines;
}

/// What openWB's own page writes, filled in for mueller.
std::set<std::string> sample(const std::string& file) {
  auto text = *read_file(std::string{OWB_SAMPLES} + "/" + file, 1 << 20);
  text =
      with(with(with(text, "USER", "mueller"), "PASSWORD", kSecret), "HOST", "cloud.example.org");
  return directives(text);
}

TEST(BridgeFile, Of19IsWhatOpenWbsPageWrites) {
  EXPECT_EQ(directives(bridge_file(HomeVersion::openwb_1_9, access(), 123'456)),
            sample("bridge-1.9.conf.txt"));
}

TEST(BridgeFile, Of2IsWhatOpenWbsPageWritesButForTheTunnelAndTheBridgeBit) {
  auto expected = sample("bridge-2.conf.txt");
  ASSERT_EQ(expected.erase("topic openWB-remote/support both 2 \"\" mueller/"), 1U);
  ASSERT_EQ(expected.erase("try_private false"), 1U);
  expected.insert("try_private true");
  EXPECT_EQ(directives(bridge_file(HomeVersion::openwb_2, access(), 1'804'289'383)), expected);
}

TEST(BridgeFile, HasItsNumberPortAndSecret) {
  auto other = access();
  other.port = 18'883;
  const auto text = bridge_file(HomeVersion::openwb_1_9, other, 7);
  EXPECT_THAT(text, HasSubstr("address cloud.example.org:18883\n"));
  EXPECT_THAT(text, HasSubstr("remote_clientid openwbBridgecloud-7\n"));
  EXPECT_THAT(text, HasSubstr("remote_password ABCDEFGHIJKLMNOPQRSTUVWXYZ\n"));
  EXPECT_THAT(text, Not(HasSubstr("openWB-remote")));
}

}  // namespace
}  // namespace owb::cli

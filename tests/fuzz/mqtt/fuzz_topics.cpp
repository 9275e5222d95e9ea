#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/mqtt/topic.hpp"
#include "tenants/base/assert.hpp"
#include "tenants/base/bytes.hpp"
#include "tests/broker/mqtt/support/naive_topic.hpp"
#include "tests/broker/mqtt/support/naive_utf8.hpp"

/// Topics, filters and text against the naive reference. Input: the size of the filter, the filter,
/// the topic.
namespace owb::mqtt::testing {
namespace {

bool naive_is_topic_name(std::string_view topic) {
  return !topic.empty() && std::all_of(topic.begin(), topic.end(),
                                       [](char c) { return c != '+' && c != '#' && c != '\0'; });
}

bool starts_with_wildcard(std::string_view filter) {
  return filter.starts_with('+') || filter.starts_with('#');
}

void check_share(std::string_view filter) {
  const auto levels = levels_of(filter);
  OWB_ASSERT(is_shared(filter) == (levels[0] == "$share"));
  const auto share = parse_share(filter);
  if (!share) {
    return;
  }
  OWB_ASSERT(levels.size() >= 3 && levels[0] == "$share" && levels[1] == share->group);
  OWB_ASSERT(naive_is_topic_name(share->group) || share->group.find('\0') != share->group.npos);
  OWB_ASSERT("$share/" + std::string{share->group} + "/" + std::string{share->filter} == filter);
  OWB_ASSERT(is_topic_filter(share->filter) ==
             naive_is_topic_filter(filter.substr(filter.size() - share->filter.size())));
}

void check(std::string_view filter, std::string_view topic) {
  for (const std::string_view text : {filter, topic}) {
    OWB_ASSERT(is_utf8(text) == naive_is_utf8(text));
    OWB_ASSERT(is_topic_name(text) == naive_is_topic_name(text));
    OWB_ASSERT(is_topic_filter(text) == naive_is_topic_filter(text));
    OWB_ASSERT(count_levels(text) == levels_of(text).size());
  }
  check_share(filter);
  if (!is_topic_filter(filter) || !is_topic_name(topic)) {
    return;
  }
  const bool expected = naive_matches_levels(filter, topic);
  OWB_ASSERT(matches_levels(filter, topic) == expected);
  const bool hidden = topic.starts_with('$') && starts_with_wildcard(filter);
  OWB_ASSERT(matches(filter, topic) == (expected && !hidden));
}

/// The same bytes as text of few characters: most of it are valid filters that are near to the
/// topic.
std::string in_few_characters(std::string_view text) {
  constexpr std::string_view kAlphabet = "aab////+++#$";
  std::string out;
  for (const char c : text) {
    out += kAlphabet[static_cast<std::uint8_t>(c) % kAlphabet.size()];
  }
  return out;
}

void check(ByteView input) {
  if (input.empty()) {
    return;
  }
  const std::string_view text = as_text(input.subspan(1));
  const auto size = std::min(text.size(), std::to_integer<std::size_t>(input[0]));
  const std::string_view filter = text.substr(0, size);
  const std::string_view topic = text.substr(size);
  check(filter, topic);
  const std::string plain_topic = in_few_characters(topic);
  check(in_few_characters(filter), plain_topic);
}

}  // namespace
}  // namespace owb::mqtt::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  owb::mqtt::testing::check({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}

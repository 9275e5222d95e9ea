#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace owb::mqtt {

/// Well-formed UTF-8 without U+0000, surrogates and overlong forms [MQTT-1.5.3-1], [MQTT-1.5.3-2].
/// U+FEFF stays [MQTT-1.5.3-3].
bool is_utf8(std::string_view text);

/// Control characters or code points that are no characters: what the specification lets a server
/// refuse [MQTT 1.5.3.1], [MQTT5 1.5.4]. `text` is valid UTF-8.
bool has_noncharacters(std::string_view text);

/// At least one character, no wildcard, no NUL [MQTT-4.7.3-1], [MQTT-3.3.2-2]. UTF-8 is checked
/// elsewhere.
bool is_topic_name(std::string_view topic);

/// Wildcards only where they may stand [MQTT-4.7.1-2], [MQTT-4.7.1-3]. A `$share/…` filter is
/// judged as a plain one here.
bool is_topic_filter(std::string_view filter);

/// Does `filter` match `topic` [MQTT 4.7]? Both valid. A topic that begins with `$` is not matched
/// by a filter that begins with a wildcard [MQTT-4.7.2-1]. No recursion, no allocation.
bool matches(std::string_view filter, std::string_view topic);

/// The same without the `$` rule: for the part of a topic behind the tenant's name.
bool matches_levels(std::string_view filter, std::string_view topic);

/// Number of levels, at least 1.
std::size_t count_levels(std::string_view topic);

/// `$share/GROUP/FILTER` taken apart [MQTT5-4.8.2-1], [MQTT5-4.8.2-2].
struct ShareName {
  std::string_view group;
  std::string_view filter;
};

/// True if `filter` claims to be a shared subscription: it is `$share` or begins with `$share/`.
bool is_shared(std::string_view filter);

/// nullopt if `filter` is not a well-formed shared subscription (empty group or filter, wildcard in
/// the group).
std::optional<ShareName> parse_share(std::string_view filter);

}  // namespace owb::mqtt

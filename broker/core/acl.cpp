#include "broker/core/acl.hpp"

#include <algorithm>

#include "broker/mqtt/topic.hpp"

namespace owb::core {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find_first_of(kBlanks), text.size());
  const auto word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

std::optional<Acl::Access> access_named(std::string_view word) {
  if (word == "read") {
    return Acl::Access::read;
  }
  if (word == "write") {
    return Acl::Access::write;
  }
  if (word == "readwrite") {
    return Acl::Access::both;
  }
  if (word == "deny") {
    return Acl::Access::none;
  }
  return std::nullopt;
}

/// `pattern` with %u and %c put in.
std::string filled(std::string_view pattern, std::string_view user, std::string_view client_id) {
  std::string filter;
  while (!pattern.empty()) {
    const bool is_user = pattern.starts_with("%u");
    if (is_user || pattern.starts_with("%c")) {
      filter += is_user ? user : client_id;
      pattern.remove_prefix(2);
    } else {
      filter += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return filter;
}

}  // namespace

std::optional<Acl> Acl::parse(std::string_view text, Problem& problem) {
  Acl acl;
  std::string user;
  problem = {};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++problem.line;
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    const auto keyword = take_word(line);
    std::optional<std::string> wrong;
    if (keyword == "user") {
      user = line;
      wrong = line.empty() ? std::optional<std::string>("user without a name") : std::nullopt;
    } else if (keyword == "topic" || keyword == "pattern") {
      auto& rules = keyword == "pattern" ? acl.patterns_ : acl.users_[user];
      wrong = read_rule(line, rules.emplace_back());
    } else {
      wrong = "user, topic or pattern expected";
    }
    if (wrong) {
      problem.what = *wrong;
      return std::nullopt;
    }
  }
  return acl;
}

// `[read|write|readwrite|deny] TOPIC`; the topic may have blanks in it. Returns what is wrong.
std::optional<std::string> Acl::read_rule(std::string_view words, Rule& rule) {
  rule.access = Access::both;
  auto rest = words;
  const auto first = take_word(rest);
  if (!rest.empty()) {
    const auto access = access_named(first);
    if (!access) {
      return "read, write, readwrite or deny expected before the topic";
    }
    rule.access = *access;
    words = rest;
  }
  if (!mqtt::is_topic_filter(words)) {
    return "not a topic";
  }
  rule.filter = words;
  return std::nullopt;
}

// Denials come before everything else.
template <typename Matches>
Acl::Verdict Acl::judge(const Rules& rules, Access access, const Matches& matches) {
  auto verdict = Verdict::silent;
  for (const auto& rule : rules) {
    const bool denies = rule.access == Access::none;
    const bool allows = (static_cast<unsigned>(rule.access) & static_cast<unsigned>(access)) != 0;
    if ((denies || (allows && verdict == Verdict::silent)) && matches(rule.filter)) {
      if (denies) {
        return Verdict::denied;
      }
      verdict = Verdict::allowed;
    }
  }
  return verdict;
}

bool Acl::may(Access access, std::string_view user, std::string_view client_id,
              std::string_view topic) const {
  if (const auto own = users_.find(user); own != users_.end()) {
    const auto verdict = judge(own->second, access, [topic](const std::string& filter) {
      return mqtt::matches(filter, topic);
    });
    if (verdict != Verdict::silent) {
      return verdict == Verdict::allowed;
    }
  }
  // A name that is a wildcard itself would open more than its own.
  constexpr std::string_view kWildcards = "+#";
  if (user.find_first_of(kWildcards) != std::string_view::npos ||
      client_id.find_first_of(kWildcards) != std::string_view::npos) {
    return false;
  }
  const auto matches_pattern = [&](const std::string& pattern) {
    if ((user.empty() && pattern.find("%u") != std::string::npos) ||
        (topic.starts_with('$') && !pattern.starts_with('$'))) {
      return false;  // no name makes a topic of the broker its own
    }
    return mqtt::matches(filled(pattern, user, client_id), topic);
  };
  return judge(patterns_, access, matches_pattern) == Verdict::allowed;
}

}  // namespace owb::core

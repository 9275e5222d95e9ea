#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// The grammar of mosquitto.conf: one directive a line, `key value…`, comments with `#` in the
/// first column. What the keys mean is for their readers (config_value.hpp and the layers above).
namespace owb::config {

/// A line longer than this is an error, and so is a file, or a number of directives.
inline constexpr std::size_t kMaxLineBytes = 8'192;
inline constexpr std::size_t kMaxFileBytes = 1U << 20;
inline constexpr std::size_t kMaxDirectives = 20'000;
inline constexpr std::size_t kMaxIncludedFiles = 1'000;
/// After so many problems the rest of a file is not looked at.
inline constexpr std::size_t kMaxProblems = 100;

/// Where a line stands. Line 0: the file as a whole, or the command line.
struct Place {
  std::string file;
  unsigned line = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

struct Directive {
  std::string key;
  std::string value;  ///< the rest of the line without blanks around it; may be empty
  Place place;
};

/// One thing that is wrong, in words for the operator.
struct Problem {
  Place place;
  std::string text;  ///< one line, untrusted parts escaped

  /// "FILE:LINE: TEXT", as compilers write it.
  std::string str() const;
};

using Problems = std::vector<Problem>;

struct ParsedConfig {
  std::vector<Directive> directives;  ///< in the order they take effect
  Problems problems;
};

/// Parses the text of one file; `file` is only used in places. `include_dir` is a directive like
/// any other here. Pure. CRLF is taken; a byte order mark, control characters and text that is not
/// UTF-8 are problems.
ParsedConfig parse_text(std::string_view text, const std::string& file);

/// Reads `path` and, at each `include_dir DIR` of it, the files `DIR/*.conf` in mosquitto's order
/// (letter by letter, upper case before lower case of the same letter), not their subfolders.
/// `include_dir` in an included file is a problem: mosquitto would silently ignore it. The
/// `include_dir` directives themselves stay in the list.
ParsedConfig read_config(const std::string& path);

/// mosquitto's order of the files of an include_dir.
bool file_name_before(std::string_view left, std::string_view right);

}  // namespace owb::config

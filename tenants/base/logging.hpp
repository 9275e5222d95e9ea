#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "tenants/base/result.hpp"

/// Where log lines go. One line is one event; untrusted text goes through escape(). Thread-safe.
namespace owb::log {

/// mosquitto's `log_type`, one bit each.
enum class Type : std::uint32_t {
  error = 1U << 0,
  warning = 1U << 1,
  notice = 1U << 2,
  information = 1U << 3,
  debug = 1U << 4,
  subscribe = 1U << 5,
  unsubscribe = 1U << 6,
  websockets = 1U << 7,
};

/// Types that are written, or-ed together.
using Types = std::uint32_t;
inline constexpr Types kAllTypes = 0xFF;
/// What mosquitto writes when no `log_type` is given.
inline constexpr Types kDefaultTypes = 0x0F;

/// The bits of one `log_type` argument; `all` and `none` included. Errors: invalid_argument.
Result<Types> parse_type(std::string_view name);

/// What `log_dest`, `log_type` and `log_timestamp*` say.
struct Options {
  bool to_stderr = true;
  bool to_stdout = false;
  bool to_syslog = false;
  std::string program = "owb";  ///< the name in syslog
  std::string file{};           ///< empty: no file
  Types types = kDefaultTypes;
  bool timestamp = true;           ///< never for syslog, which has its own
  std::string timestamp_format{};  ///< strftime; empty: seconds since 1970, as mosquitto does
};

/// Takes effect for all threads at once; also reopens the file (after it was rotated). Errors:
/// those of opening the file, and everything stays as it was.
Result<void> configure(const Options& options);

bool enabled(Type type);

/// Writes one line. Control bytes in it are escaped whatever the caller did.
void write(Type type, std::string_view line);

/// Untrusted text fit for a log line: what is not printable ASCII becomes \xNN, a backslash is
/// doubled, and the rest is cut off after kMaxEscapedText characters with a mark.
std::string escape(std::string_view untrusted);
inline constexpr std::size_t kMaxEscapedText = 256;

template <typename... Args>
void log(Type type, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(type)) {
    write(type, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  log(Type::error, format, std::forward<Args>(args)...);
}

template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  log(Type::warning, format, std::forward<Args>(args)...);
}

template <typename... Args>
void notice(fmt::format_string<Args...> format, Args&&... args) {
  log(Type::notice, format, std::forward<Args>(args)...);
}

template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  log(Type::information, format, std::forward<Args>(args)...);
}

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  log(Type::debug, format, std::forward<Args>(args)...);
}

}  // namespace owb::log

#pragma once

#include <string>
#include <utility>

#include "tenants/base/result.hpp"

namespace owb::cli {

// What the shell learns; documented in --help.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  ///< the registry refused, or a file could not be read or written
inline constexpr int kUsage = 2;   ///< the command line is wrong
inline constexpr int kNotConfirmed = 3;  ///< a question was not answered with yes

/// Ends a subcommand; main prints it as one line. `field` is what the operator gave: an option, a
/// name, a file.
struct Failure {
  int exit_code = kFailed;
  std::string field{};
  std::string message{};
};

/// The value, or Failure about `field`.
template <typename T>
T value_or_fail(Result<T> result, std::string field, int exit_code = kFailed) {
  if (!result) {
    throw Failure{exit_code, std::move(field), result.error().message()};
  }
  return std::move(*result);
}

inline void fail_unless(const Result<void>& result, std::string field, int exit_code = kFailed) {
  if (!result) {
    throw Failure{exit_code, std::move(field), result.error().message()};
  }
}

}  // namespace owb::cli

#pragma once

#include <string_view>
#include <utility>

namespace owb {

/// Logs the exception that is being handled, as "`what`: `its own words`", once and as an error.
/// `tenant` and `address` say whom it was about; they may be anything, they are escaped. Without
/// memory for the line a shorter one goes to stderr. Only inside a catch block. Thread-safe.
void log_exception(std::string_view what, std::string_view tenant = {},
                   std::string_view address = {}) noexcept;

/// Calls `call`. What it throws ends here and is logged: whatever went wrong must not take the
/// thread and everybody else on it along (F64). False: it has thrown.
template <typename F>
bool contained(std::string_view what, F&& call) noexcept {
  try {
    std::forward<F>(call)();
    return true;
  } catch (...) {
    log_exception(what);
    return false;
  }
}

}  // namespace owb

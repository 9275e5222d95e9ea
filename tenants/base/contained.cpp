#include "tenants/base/contained.hpp"

#include <exception>
#include <string>

#include <unistd.h>

#include "tenants/base/logging.hpp"

namespace owb {

namespace {

// Must be called while an exception is handled.
std::string words_of_current() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace

void log_exception(std::string_view what, std::string_view tenant,
                   std::string_view address) noexcept {
  try {
    const auto words = words_of_current();
    if (address.empty()) {
      log::error("{}: internal error: {}", what, log::escape(words));
    } else if (tenant.empty()) {
      log::error("{} from {}: internal error: {}", what, log::escape(address), log::escape(words));
    } else {
      log::error("{} of {} from {}: internal error: {}", what, log::escape(tenant),
                 log::escape(address), log::escape(words));
    }
  } catch (...) {
    static constexpr std::string_view kLine = "internal error, and no memory to say which\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kLine.data(), kLine.size());
  }
}

}  // namespace owb

#pragma once

#include <cstdint>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace owb::simulation {

/// The broker (or the simulation) did what it must not do; ends the run.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <typename... Parts>
std::string text_of(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <typename... Parts>
[[noreturn]] void violation(const Parts&... parts) {
  throw Violation(text_of(parts...));
}

/// What happens, line by line, if anybody wants to know.
class Trace {
 public:
  bool enabled = false;
  std::int64_t now_ms = 0;

  template <typename... Parts>
  void operator()(const Parts&... parts) const {
    if (enabled) {
      std::cout << now_ms << "  " << text_of(parts...) << '\n';
    }
  }
};

}  // namespace owb::simulation

#include "broker/core/fault_point.hpp"

#include <new>
#include <utility>

namespace owb::core {

#ifdef OWB_DEBUG

namespace {

std::string tail_that_throws;  ///< constant after start-up; empty: none

}  // namespace

void throw_at_topic(std::string tail) {
  tail_that_throws = std::move(tail);
}

void throw_if_asked(std::string_view topic) {
  if (!tail_that_throws.empty() && topic.ends_with(tail_that_throws)) {
    throw std::bad_alloc();
  }
}

#else

void throw_at_topic(std::string) {}

#endif

}  // namespace owb::core

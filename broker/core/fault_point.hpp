#pragma once

#include <string>
#include <string_view>

namespace owb::core {

/// For the tests of F64, in debug builds: every PUBLISH to a topic that ends in `tail` throws while
/// it is handled, before anybody has it. Start-up only. Elsewhere this does nothing.
void throw_at_topic(std::string tail);

/// The place where it is thrown.
#ifdef OWB_DEBUG
void throw_if_asked(std::string_view topic);
#else
inline void throw_if_asked(std::string_view) {}
#endif

}  // namespace owb::core

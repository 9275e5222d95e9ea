#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace owb::store {

enum class Severity : std::uint8_t { notice, warning, error };

/// Where the store says what an operator has to know: one line of text. Called on any thread.
using Report = std::function<void(Severity, const std::string&)>;

}  // namespace owb::store

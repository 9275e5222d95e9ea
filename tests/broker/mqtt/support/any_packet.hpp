#pragma once

#include <string>

#include "broker/mqtt/frame.hpp"
#include "broker/mqtt/types.hpp"
#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"

/// Any packet, whatever its type: for what must hold for all of them.
namespace owb::mqtt::testing {

/// Decodes `frame` and writes down every field, so that two packets are equal if their texts are.
/// PINGREQ and PINGRESP have no fields. CONNECT says its version itself.
Result<std::string> describe(const Frame& frame, Version version);

/// Decodes `frame` and encodes what it said.
Result<Bytes> recode(const Frame& frame, Version version);

}  // namespace owb::mqtt::testing

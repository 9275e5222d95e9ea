#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tenants/base/bytes.hpp"

namespace owb::net {

/// What the first bytes of a connection say about where it belongs.
struct ConnectPeek {
  enum class Kind : std::uint8_t {
    need_more,
    ready,   ///< a whole CONNECT is there; `user` may be empty
    refuse,  ///< not a CONNECT, or too large: close without an answer (F1)
  };
  Kind kind = Kind::need_more;
  std::string user;
};

/// Looks for the user name in a CONNECT at the front of `input`. A CONNECT that cannot be decoded
/// is `ready` too: the link gives the answer. `limit`: largest packet in bytes.
ConnectPeek peek_connect(ByteView input, std::size_t limit);

}  // namespace owb::net

#include "tenants/registry/key_ring.hpp"

#include <algorithm>

namespace owb::tenants {

const KeyRing::Key* KeyRing::find(std::uint32_t id) const {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace owb::tenants

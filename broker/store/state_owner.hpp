#pragma once

#include <cstdint>
#include <string>

#include "broker/store/disk.hpp"

namespace owb::store {

inline constexpr std::uint64_t kStateApplicationId = 0x6F776273;  ///< "owbs"
inline constexpr std::uint64_t kStateFormat = 0x6F776201;  ///< "owb", the version of our tables

/// Whether `path` is free, or a state.db that we made, in whatever condition it is: a stranger's
/// file is never touched, and our own never taken for one (F50). Ours is what
/// - has two of the three marks in its header (so one damaged byte there is nothing), or
/// - has rows with right checksums behind a header that says nothing, or
/// - makes no sense at all, but has one of our journals or our lock beside it.
bool is_state_file(Disk& disk, const std::string& path);

}  // namespace owb::store

#pragma once

#include <cstddef>
#include <cstdint>

namespace owb::store {

/// For the kill tests, in debug builds: the operation of this number that changes a file, of the
/// journal or inside SQLite, counted from 1, is cut short, and the process ends as by SIGKILL.
/// Start-up only, before a Store is opened. Elsewhere this does nothing.
void crash_at_operation(std::uint64_t number);

/// How many of `size` bytes the operation in hand may still write before crash() has to be called;
/// `size` if it goes on as usual.
std::size_t before_crash(std::size_t size, bool& crashes);
void crash();

}  // namespace owb::store

#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace owb {

/// A value, or the error code that says why there is none. Test it, return early, use `*result`.
template <typename T>
using Result = boost::system::result<T>;

using Error = boost::system::error_code;

/// A failed Result<T>. Needed only for Result<bool>: a bare error code could be meant as its value.
template <typename T>
Result<T> failure(const Error& error) {
  return Result<T>{boost::system::in_place_error, error};
}

/// The error of a failed result, a default-constructed code (no error) of a good one. For tests and
/// logs.
template <typename T>
Error error_of(const Result<T>& result) {
  return result.has_error() ? result.error() : Error{};
}

}  // namespace owb

#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

namespace owb::store {

/// Why the store cannot be opened. Whatever happens later is reported and tried again.
enum class Errc {
  file_in_use = 1,  ///< another process keeps its state there
};

const boost::system::error_category& category();
boost::system::error_code make_error_code(Errc errc);

}  // namespace owb::store

namespace boost::system {
template <>
struct is_error_code_enum<owb::store::Errc> : std::true_type {};
}  // namespace boost::system

#pragma once

#include <charconv>
#include <concepts>
#include <string_view>
#include <vector>

#include <boost/system/error_category.hpp>

#include "tenants/base/result.hpp"

/// Small text tools for configuration, tables and headers. They know ASCII only.
namespace owb::text {

/// Why a text is not the number asked for.
enum class Errc {
  not_a_number = 1,  ///< empty, a sign or digit too much, other characters
  out_of_range,      ///< a number, but the type or the given bounds cannot hold it
};

const boost::system::error_category& category();
boost::system::error_code make_error_code(Errc errc);

/// Without blanks, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);

/// The parts between separators; empty parts are kept, so "a,,b" gives three and "" gives one.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The parts between runs of blanks and tabs; never an empty one.
std::vector<std::string_view> split_blanks(std::string_view text);

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
bool equal_ignoring_case(std::string_view left, std::string_view right);

Error number_error(std::errc errc);

/// The whole of `text` as a decimal number; no sign for unsigned types, no blanks, no `+`.
template <std::integral Number>
Result<Number> parse_number(std::string_view text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [next, errc] = std::from_chars(text.data(), end, number);
  if (errc != std::errc{}) {
    return number_error(errc);
  }
  if (next != end) {
    return make_error_code(Errc::not_a_number);
  }
  return number;
}

/// As above, and within [least, most].
template <std::integral Number>
Result<Number> parse_number(std::string_view text, Number least, Number most) {
  const auto number = parse_number<Number>(text);
  if (number && (*number < least || *number > most)) {
    return make_error_code(Errc::out_of_range);
  }
  return number;
}

}  // namespace owb::text

namespace boost::system {
template <>
struct is_error_code_enum<owb::text::Errc> : std::true_type {};
}  // namespace boost::system

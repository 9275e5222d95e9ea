#include "tenants/base/text.hpp"

#include <algorithm>
#include <string>

namespace owb::text {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A'))
                                              : character;
}

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "owb.text"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::not_a_number:
        return "not a number";
      case Errc::out_of_range:
        return "number out of range";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

boost::system::error_code make_error_code(Errc errc) {
  return {static_cast<int>(errc), category()};
}

Error number_error(std::errc errc) {
  return errc == std::errc::result_out_of_range ? Errc::out_of_range : Errc::not_a_number;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> split_blanks(std::string_view text) {
  std::vector<std::string_view> parts;
  for (auto at = text.find_first_not_of(" \t"); at != std::string_view::npos;
       at = text.find_first_not_of(" \t")) {
    text.remove_prefix(at);
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return parts;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace owb::text

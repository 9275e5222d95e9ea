#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace owb::portal::http {

/// `%41` becomes `A`; nullopt if a `%` is not followed by two hex digits. `+` stays.
std::optional<std::string> percent_decode(std::string_view text);

/// Percent-encodes everything but unreserved characters: fit for a query value.
std::string percent_encode(std::string_view text);

/// The fields of a form, from the body of a request alone: what stands in the URL never counts, so
/// a password never gets there.
class Form {
 public:
  static constexpr std::size_t kMaxBody = 8'192;
  static constexpr std::size_t kMaxFields = 16;

  /// Decodes `application/x-www-form-urlencoded`. nullopt: too large, too many fields, bad escapes,
  /// a field twice.
  static std::optional<Form> parse(std::string_view body);

  Form(Form&&) noexcept = default;
  Form& operator=(Form&&) noexcept = default;
  Form(const Form&) = delete;
  Form& operator=(const Form&) = delete;
  /// Wipes the values: passwords are among them.
  ~Form();

  /// The value of a field, empty if it is not there.
  std::string_view get(std::string_view name) const;

 private:
  Form() = default;

  std::map<std::string, std::string, std::less<>> fields_;
};

}  // namespace owb::portal::http

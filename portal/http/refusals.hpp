#pragma once

#include <string>
#include <string_view>

#include "portal/auth/answer.hpp"
#include "portal/http/pages.hpp"
#include "portal/http/texts.hpp"

namespace owb::portal::http {

/// A refusal as HTTP says it.
struct RefusalView {
  int status = 500;
  PageError error;          ///< for people
  std::string_view code;    ///< for the API: the name of the Errc
  std::string retry_after;  ///< seconds; empty: no such header
};

RefusalView view_of(const auth::Refusal& refusal, const Texts& texts);

}  // namespace owb::portal::http

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace owb::portal::http {

/// What a changing request says about where it comes from; empty: not said.
struct RequestSource {
  std::string_view origin;
  std::string_view sec_fetch_site;
  std::string_view host;
};

/// May this request change something (login CSRF, F45)? Its `Origin` must be one of `allowed`, or,
/// if that is empty, be `https://` and its `Host`. `Origin: null` counts as missing; then only
/// `Sec-Fetch-Site: same-origin` will do.
bool comes_from_us(const RequestSource& source, const std::vector<std::string>& allowed);

}  // namespace owb::portal::http

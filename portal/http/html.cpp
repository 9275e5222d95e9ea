#include "portal/http/html.hpp"

#include <algorithm>

#include "tenants/base/assert.hpp"

namespace owb::portal::http {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

void append_slot(const Slot& slot, std::string& out) {
  if (const auto* text = std::get_if<std::string_view>(&slot.value)) {
    out += escape_html(*text);
  } else {
    out += std::get<const Html*>(slot.value)->markup;
  }
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Html fill(std::string_view page_template, std::initializer_list<Slot> slots) {
  Html page;
  while (true) {
    const auto open = page_template.find(kOpen);
    page.markup += page_template.substr(0, open);
    if (open == std::string_view::npos) {
      return page;
    }
    const auto close = page_template.find(kClose, open);
    OWB_ASSERT(close != std::string_view::npos);
    const auto name = page_template.substr(open + kOpen.size(), close - open - kOpen.size());
    const auto* slot = std::find_if(slots.begin(), slots.end(),
                                    [&](const Slot& candidate) { return candidate.name == name; });
    OWB_ASSERT(slot != slots.end());
    append_slot(*slot, page.markup);
    page_template.remove_prefix(close + kClose.size());
  }
}

}  // namespace owb::portal::http

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace owb::portal::http {

/// Markup that is safe to send: made from our own templates only. What comes from outside is text
/// and gets escaped.
struct Html {
  std::string markup;
};

/// `&<>"'` as character references: right between tags and in quoted attributes.
std::string escape_html(std::string_view text);

/// One `{{name}}` of a template: text is escaped, Html is put in as it is.
struct Slot {
  std::string_view name;
  std::variant<std::string_view, const Html*> value;

  Slot(std::string_view slot, std::string_view text) : name(slot), value(text) {}

  Slot(std::string_view slot, const Html& html) : name(slot), value(&html) {}
};

/// Puts `slots` into a template of ours. A placeholder without a slot is our own bug and ends the
/// process.
Html fill(std::string_view page_template, std::initializer_list<Slot> slots);

}  // namespace owb::portal::http

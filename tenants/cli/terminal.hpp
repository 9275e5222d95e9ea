#pragma once

#include <string>
#include <string_view>

namespace owb::cli {

/// Whether somebody sits at standard input and can be asked.
bool can_ask();

/// Asks on the terminal and returns the answer without its line end; empty at the end of input.
std::string ask(std::string_view question);

/// The same without showing what is typed.
std::string ask_hidden(std::string_view question);

/// One line of standard input without its line end (LF or CRLF). Longer ones than `max_bytes` are
/// cut, which the caller sees by the length.
std::string read_line(std::size_t max_bytes);

}  // namespace owb::cli

#include "tenants/cli/terminal.hpp"

#include <iostream>

#include <termios.h>
#include <unistd.h>

namespace owb::cli {
namespace {

constexpr std::size_t kMaxAnswer = 4'096;

/// Switches the terminal's echo off for its lifetime.
class HiddenInput {
 public:
  HiddenInput() {
    active_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (active_) {
      auto hidden = before_;
      hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
  }

  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

  ~HiddenInput() {
    if (active_) {
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
  }

 private:
  termios before_{};
  bool active_ = false;
};

}  // namespace

bool can_ask() {
  return ::isatty(STDIN_FILENO) != 0;
}

std::string ask(std::string_view question) {
  std::cerr << question << std::flush;
  return read_line(kMaxAnswer);
}

std::string ask_hidden(std::string_view question) {
  const HiddenInput hidden;  // before the question, so that a quick answer is not shown either
  std::cerr << question << std::flush;
  auto answer = read_line(kMaxAnswer);
  std::cerr << '\n';
  return answer;
}

std::string read_line(std::size_t max_bytes) {
  std::string line;
  char character = 0;
  while (line.size() < max_bytes && std::cin.get(character) && character != '\n') {
    line += character;
  }
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

}  // namespace owb::cli

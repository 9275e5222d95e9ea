#include "tenants/base/config_file.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "tenants/base/file.hpp"
#include "tenants/base/logging.hpp"
#include "tenants/base/text.hpp"
#include "tenants/base/utf8.hpp"

namespace owb::config {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

/// What is wrong with one line as a whole; empty if nothing is.
std::string line_fault(std::string_view line) {
  if (line.size() > kMaxLineBytes) {
    return fmt::format("the line has {} bytes, at most {} are allowed", line.size(), kMaxLineBytes);
  }
  if (const auto control = std::ranges::find_if(line, is_control); control != line.end()) {
    return fmt::format("the line holds a control character (0x{:02X}); is this a text file?",
                       static_cast<unsigned char>(*control));
  }
  if (!is_utf8(line)) {
    return "the line is not UTF-8 text";
  }
  if (line.find_first_not_of(" \t") != 0 && text::trim(line).starts_with('#')) {
    return "a comment must begin in the first column";
  }
  return {};
}

/// Lines of one file into directives; remembers where it is.
class LineReader {
 public:
  LineReader(const std::string& file, ParsedConfig& out) : place_{file, 0}, out_{out} {}

  /// False: enough problems, stop.
  bool take(std::string_view line) {
    ++place_.line;
    while (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.starts_with('#') || text::trim(line).empty()) {
      return true;
    }
    if (auto fault = line_fault(line); !fault.empty()) {
      return problem(std::move(fault));
    }
    if (out_.directives.size() >= kMaxDirectives) {
      problem(fmt::format("more than {} directives", kMaxDirectives));
      return false;
    }
    add(text::trim(line));
    return true;
  }

  bool problem(std::string text) {
    out_.problems.push_back({place_, std::move(text)});
    return out_.problems.size() < kMaxProblems;
  }

 private:
  void add(std::string_view line) {
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    out_.directives.push_back(
        {std::string{line.substr(0, end)}, std::string{text::trim(line.substr(end))}, place_});
  }

  Place place_;
  ParsedConfig& out_;
};

void parse_into(std::string_view text, const std::string& file, ParsedConfig& out) {
  LineReader reader{file, out};
  if (text.starts_with(kByteOrderMark)) {
    out.problems.push_back(
        {{file, 1}, "the file begins with a byte order mark; save it as UTF-8 without one"});
    text.remove_prefix(kByteOrderMark.size());
  }
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (!reader.take(text.substr(0, end))) {
      return;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Reads and parses one file on its own.
ParsedConfig parse_file(const std::string& path) {
  const auto content = read_file(path, kMaxFileBytes);
  if (!content) {
    return {{}, {{{path, 0}, fmt::format("cannot be read: {}", content.error().message())}}};
  }
  return parse_text(*content, path);
}

/// The `*.conf` files of a folder in order; a problem at `from` if it cannot be listed.
std::vector<std::string> conf_files(const Directive& from, Problems& problems) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry{from.value, error}, end; !error && entry != end;
       entry.increment(error)) {
    auto name = entry->path().filename().string();
    if (name.ends_with(".conf") && names.size() <= kMaxIncludedFiles) {
      names.push_back(std::move(name));
    }
  }
  if (error) {
    problems.push_back(
        {from.place, fmt::format("include_dir: {}: {}", log::escape(from.value), error.message())});
  }
  if (names.size() > kMaxIncludedFiles) {
    problems.push_back(
        {from.place, fmt::format("include_dir: more than {} files", kMaxIncludedFiles)});
    return {};
  }
  std::ranges::sort(names, file_name_before);
  return names;
}

/// Appends what the included file says.
void append_file(const std::string& path, ParsedConfig& out) {
  auto parsed = parse_file(path);
  for (auto& directive : parsed.directives) {
    if (directive.key == "include_dir") {
      out.problems.push_back(
          {directive.place, "include_dir is only followed in the main configuration file"});
    } else {
      out.directives.push_back(std::move(directive));
    }
  }
  std::ranges::move(parsed.problems, std::back_inserter(out.problems));
}

void include_folder(const Directive& from, ParsedConfig& out) {
  if (from.value.empty()) {
    out.problems.push_back({from.place, "include_dir: the folder is missing"});
    return;
  }
  for (const auto& name : conf_files(from, out.problems)) {
    if (out.problems.size() >= kMaxProblems || out.directives.size() >= kMaxDirectives) {
      return;
    }
    append_file((std::filesystem::path{from.value} / name).string(), out);
  }
}

int upper(char c) {
  return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : static_cast<unsigned char>(c);
}

}  // namespace

std::string Problem::str() const {
  if (place.line == 0) {
    return place.file.empty() ? text : fmt::format("{}: {}", log::escape(place.file), text);
  }
  return fmt::format("{}:{}: {}", log::escape(place.file), place.line, text);
}

ParsedConfig parse_text(std::string_view text, const std::string& file) {
  ParsedConfig out;
  parse_into(text, file, out);
  return out;
}

ParsedConfig read_config(const std::string& path) {
  auto main = parse_file(path);
  ParsedConfig out;
  out.problems = std::move(main.problems);
  for (auto& directive : main.directives) {
    out.directives.push_back(directive);
    if (directive.key == "include_dir") {
      include_folder(directive, out);
    }
  }
  if (out.directives.size() > kMaxDirectives) {
    out.problems.push_back({{path, 0}, fmt::format("more than {} directives", kMaxDirectives)});
    out.directives.resize(kMaxDirectives);
  }
  return out;
}

bool file_name_before(std::string_view left, std::string_view right) {
  const auto common = std::min(left.size(), right.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (left[i] != right[i]) {
      const auto order = upper(left[i]) - upper(right[i]);
      return order != 0 ? order < 0 : left[i] < right[i];
    }
  }
  return left.size() < right.size();
}

}  // namespace owb::config

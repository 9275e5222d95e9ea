#include "tenants/base/logging.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <memory>

#include <boost/system/errc.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <syslog.h>

#include "tenants/base/clock.hpp"
#include "tenants/base/guarded.hpp"

namespace owb::log {
namespace {

struct TypeName {
  std::string_view name;
  Types types;
};

constexpr std::array kTypeNames = {
    TypeName{"error", static_cast<Types>(Type::error)},
    TypeName{"warning", static_cast<Types>(Type::warning)},
    TypeName{"notice", static_cast<Types>(Type::notice)},
    TypeName{"information", static_cast<Types>(Type::information)},
    TypeName{"debug", static_cast<Types>(Type::debug)},
    TypeName{"subscribe", static_cast<Types>(Type::subscribe)},
    TypeName{"unsubscribe", static_cast<Types>(Type::unsubscribe)},
    TypeName{"websockets", static_cast<Types>(Type::websockets)},
    TypeName{"all", kAllTypes},
    TypeName{"none", 0},
};

/// The parts of the output. Constant after construction, replaced as a whole by configure().
struct Output {
  std::shared_ptr<spdlog::logger> streams;  ///< stderr, stdout, file: we write the time ourselves
  std::shared_ptr<spdlog::logger> syslog;   ///< null: not wanted
  bool timestamp = true;
  std::string timestamp_format;
};

std::shared_ptr<spdlog::logger> make_logger(std::vector<spdlog::sink_ptr> sinks) {
  auto logger = std::make_shared<spdlog::logger>("owb", sinks.begin(), sinks.end());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

Output make_output(const Options& options) {
  std::vector<spdlog::sink_ptr> sinks;
  if (options.to_stderr) {
    sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  }
  if (options.to_stdout) {
    sinks.push_back(std::make_shared<spdlog::sinks::stdout_sink_mt>());
  }
  if (!options.file.empty()) {
    sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file));
  }
  Output output;
  output.timestamp = options.timestamp;
  output.timestamp_format = options.timestamp_format;
  output.streams = make_logger(std::move(sinks));
  if (options.to_syslog) {
    output.syslog = make_logger({std::make_shared<spdlog::sinks::syslog_sink_mt>(
        options.program, LOG_PID, LOG_DAEMON, true)});
  }
  return output;
}

Guarded<std::shared_ptr<const Output>>& current_output() {
  static Guarded<std::shared_ptr<const Output>> output{
      std::make_shared<const Output>(make_output({}))};
  return output;
}

std::atomic<Types> enabled_types{kDefaultTypes};

spdlog::level::level_enum level_of(Type type) {
  switch (type) {
    case Type::error:
      return spdlog::level::err;
    case Type::warning:
      return spdlog::level::warn;
    case Type::notice:
    case Type::information:
      return spdlog::level::info;
    default:
      return spdlog::level::debug;
  }
}

std::string time_text(const std::string& format) {
  const auto now = static_cast<std::time_t>(unix_now());
  if (format.empty()) {
    return std::to_string(now);
  }
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 128> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format.c_str(), &parts)};
}

bool is_control(char character) {
  return static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
}

void append_hex(std::string& out, char character) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(character);
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 0x0F];
}

std::string without_controls(std::string_view line) {
  std::string out;
  out.reserve(line.size());
  for (const char character : line) {
    if (is_control(character)) {
      append_hex(out, character);
    } else {
      out += character;
    }
  }
  return out;
}

}  // namespace

Result<Types> parse_type(std::string_view name) {
  const auto* found = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                   [&](const TypeName& entry) { return entry.name == name; });
  if (found == kTypeNames.end()) {
    return make_error_code(boost::system::errc::invalid_argument);
  }
  return found->types;
}

Result<void> configure(const Options& options) {
  try {
    auto output = std::make_shared<const Output>(make_output(options));
    current_output().with([&](auto& current) { current.swap(output); });
  } catch (const spdlog::spdlog_ex&) {  // the library's way to say that the file cannot be opened
    return Error{errno != 0 ? errno : EIO, boost::system::system_category()};
  }
  enabled_types.store(options.types, std::memory_order_relaxed);
  return {};
}

bool enabled(Type type) {
  return (enabled_types.load(std::memory_order_relaxed) & static_cast<Types>(type)) != 0;
}

void write(Type type, std::string_view line) {
  if (!enabled(type)) {
    return;
  }
  const auto output = current_output().with([](auto& current) { return current; });
  const auto safe = without_controls(line);
  const auto level = level_of(type);
  output->streams->log(
      level, output->timestamp ? time_text(output->timestamp_format) + ": " + safe : safe);
  if (output->syslog != nullptr) {
    output->syslog->log(level, safe);
  }
}

std::string escape(std::string_view untrusted) {
  std::string out;
  for (const char character : untrusted) {
    if (out.size() >= kMaxEscapedText) {
      return out + "...";
    }
    if (character == '\\') {
      out += "\\\\";
    } else if (is_control(character) || static_cast<unsigned char>(character) > 0x7E) {
      append_hex(out, character);
    } else {
      out += character;
    }
  }
  return out;
}

}  // namespace owb::log

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "tenants/base/result.hpp"

namespace owb {

/// The whole file. Errors: those of open(2) and read(2); file_too_large when it has more than
/// `max_bytes`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Creates `path` with mode 0600 and this content. Errors: those of open(2), file_exists among them
/// (nothing is ever overwritten), and of write(2).
Result<void> write_private_file(const std::filesystem::path& path, std::string_view content);

}  // namespace owb

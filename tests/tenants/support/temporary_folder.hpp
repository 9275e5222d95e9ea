#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

#include "tenants/base/assert.hpp"

namespace owb::test {

/// An empty folder of its own for one test; removed with all in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto name = (std::filesystem::temp_directory_path() / "owb-test-XXXXXX").string();
    OWB_ASSERT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }

  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace owb::test

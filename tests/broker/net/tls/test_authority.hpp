#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "broker/net/tls/pem_file.hpp"

namespace owb::net::test {

/// A folder of its own below the system's temporary one; removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::string file(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::string& path, std::string_view content);

/// A certificate and its key.
struct TestCertificate {
  X509Ptr certificate;
  PkeyPtr key;

  std::string certificate_pem() const;
  std::string key_pem() const;
  long serial() const;
};

/// A little CA with ECDSA keys.
class TestAuthority {
 public:
  explicit TestAuthority(std::string_view name = "owb test CA");

  /// `common_name` goes in byte for byte, as a UTF8String: it may hold anything.
  TestCertificate issue(std::string_view common_name);
  /// With no common name, but an organisation.
  TestCertificate issue_nameless();

  std::string certificate_pem() const { return self_.certificate_pem(); }

  std::string revocation_list_pem(const std::vector<const TestCertificate*>& revoked) const;

 private:
  TestCertificate make(std::string_view common_name, bool named, bool authority);

  long last_serial_ = 0;
  TestCertificate self_;
};

}  // namespace owb::net::test

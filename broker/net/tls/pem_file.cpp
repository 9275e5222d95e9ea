#include "broker/net/tls/pem_file.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace owb::net {

namespace {

using Kept = std::vector<std::shared_ptr<void>>;

void free_kept(void* /*context*/, void* kept, CRYPTO_EX_DATA* /*data*/, int /*index*/,
               long /*argl*/, void* /*argp*/) {
  delete static_cast<Kept*>(kept);
}

int kept_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_kept);
  return index;
}

}  // namespace

BioPtr open_pem(const std::string& path) {
  ERR_clear_error();
  BioPtr bio{BIO_new_file(path.c_str(), "r")};
  if (!bio) {
    const std::string reason = std::strerror(errno);
    ERR_clear_error();
    throw std::runtime_error(path + ": " + reason);
  }
  return bio;
}

std::string openssl_reason() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) {
    return "unknown error";
  }
  std::array<char, 256> text{};
  const char* reason = ERR_reason_error_string(code);
  if (reason != nullptr) {
    return reason;
  }
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

FileStamp FileStamp::of(const std::string& path) {
  struct stat status {};

  if (::stat(path.c_str(), &status) != 0) {
    return {};
  }
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .changed = status.st_mtim};
}

bool FileStamp::operator==(const FileStamp& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
}

void keep_in_context(SSL_CTX* context, std::shared_ptr<void> object) {
  auto* kept = static_cast<Kept*>(SSL_CTX_get_ex_data(context, kept_index()));
  if (kept == nullptr) {
    auto fresh = std::make_unique<Kept>();
    if (SSL_CTX_set_ex_data(context, kept_index(), fresh.get()) != 1) {
      throw std::bad_alloc();
    }
    kept = fresh.release();
  }
  kept->push_back(std::move(object));
}

}  // namespace owb::net

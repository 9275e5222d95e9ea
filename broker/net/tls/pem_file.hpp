#pragma once

#include <array>
#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/stat.h>

namespace owb::net {

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;

struct X509StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};

using X509Stack = std::unique_ptr<STACK_OF(X509), X509StackFree>;

struct NameStackFree {
  void operator()(STACK_OF(X509_NAME) * stack) const {
    sk_X509_NAME_pop_free(stack, X509_NAME_free);
  }
};

using NameStack = std::unique_ptr<STACK_OF(X509_NAME), NameStackFree>;

/// Opens `path` for reading PEM. Throws std::runtime_error that names it.
BioPtr open_pem(const std::string& path);

/// OpenSSL's oldest queued error as text; empties the queue.
std::string openssl_reason();

/// What tells one state of a file from the next: device, inode, size and time of change. A symbolic
/// link is followed.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;
  timespec changed{};

  /// Of a file that is not there: size -1.
  static FileStamp of(const std::string& path);
  bool operator==(const FileStamp& other) const;
};

/// Keeps `object` alive as long as `context`.
void keep_in_context(SSL_CTX* context, std::shared_ptr<void> object);

}  // namespace owb::net

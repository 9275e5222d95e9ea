#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tenants/base/bytes.hpp"

namespace owb {

/// A key or another short secret in memory of its own: guarded by unreadable pages, kept out of
/// swap and core dumps where the system allows, wiped when freed. Costs several pages each: for
/// keys, not for every password.
///
/// Ownership: move-only; a moved-from object is empty. Threading: immutable after filling.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// `size` zero bytes, to be filled through data(). Ends the process when there is no memory.
  explicit SecretBytes(std::size_t size);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  static SecretBytes copy_of(ByteView bytes);
  /// `size` fresh random bytes.
  static SecretBytes random(std::size_t size);

  bool empty() const { return size_ == 0; }

  std::size_t size() const { return size_; }

  std::byte* data() { return data_; }

  const std::byte* data() const { return data_; }

  ByteView view() const { return {data_, size_}; }

  /// For C interfaces of libsodium.
  const unsigned char* raw() const { return reinterpret_cast<const unsigned char*>(data_); }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Overwrites a secret that had to be in ordinary memory, so that the compiler cannot leave it out.
void wipe(std::span<std::byte> bytes);
void wipe(std::string& text);

/// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(ByteView left, ByteView right);

/// Prepares libsodium; called by everything in this folder that needs it, harmless to call again.
void init_crypto();

}  // namespace owb

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "tenants/registry/password_file.hpp"
#include "tenants/registry/snapshot.hpp"

namespace owb::shard {

/// What decides who may come in: the registry and the password files at one moment. Every worker
/// gets the same one; a change of either makes a new one.
///
/// Threading: immutable.
struct AuthData {
  using File = std::shared_ptr<const tenants::PasswordFile>;

  bool tenancy = true;  ///< false: classic mode, the registry is not asked
  std::shared_ptr<const tenants::RegistrySnapshot> registry =
      std::make_shared<const tenants::RegistrySnapshot>();
  File password_file;  ///< of all listeners; null: none
  /// With `per_listener_settings`: by Peer::listener, null where a listener has none. Empty: the
  /// one above counts everywhere.
  std::vector<File> listener_files;

  /// The hash a password file has for `user` on this listener; null: none.
  const std::string* file_hash(std::string_view user, std::uint32_t listener) const;
  /// The same whichever the file: for the portal's listener and for cookies, which know no
  /// listener.
  const std::string* any_file_hash(std::string_view user) const;
  /// Whether any password file counts on this listener.
  bool has_file(std::uint32_t listener) const;
};

}  // namespace owb::shard

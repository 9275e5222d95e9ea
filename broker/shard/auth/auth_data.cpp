#include "broker/shard/auth/auth_data.hpp"

namespace owb::shard {

namespace {

const std::string* hash_in(const AuthData::File& file, std::string_view user) {
  return file ? file->find(user) : nullptr;
}

}  // namespace

const std::string* AuthData::file_hash(std::string_view user, std::uint32_t listener) const {
  if (listener_files.empty()) {
    return hash_in(password_file, user);
  }
  return listener < listener_files.size() ? hash_in(listener_files[listener], user) : nullptr;
}

const std::string* AuthData::any_file_hash(std::string_view user) const {
  if (const auto* hash = hash_in(password_file, user)) {
    return hash;
  }
  for (const auto& file : listener_files) {
    if (const auto* hash = hash_in(file, user)) {
      return hash;
    }
  }
  return nullptr;
}

bool AuthData::has_file(std::uint32_t listener) const {
  if (listener_files.empty()) {
    return password_file != nullptr;
  }
  return listener < listener_files.size() && listener_files[listener] != nullptr;
}

}  // namespace owb::shard

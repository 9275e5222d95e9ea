#include "broker/app/credentials.hpp"

#include <stdexcept>

#include "tenants/base/logging.hpp"
#include "tenants/registry/registry.hpp"

namespace owb::app {

namespace {

shard::AuthData::File load_file(const std::string& path, bool tenancy) {
  if (path.empty()) {
    return nullptr;
  }
  auto loaded = tenants::load_password_file(
      path, tenancy ? tenants::UserNames::tenants : tenants::UserNames::any);
  if (!loaded) {
    throw std::runtime_error(loaded.first_error(path));
  }
  for (const auto& warning : loaded.file.warnings()) {
    log::warning("{}:{}: {}", path, warning.line, warning.message);
  }
  return std::make_shared<const tenants::PasswordFile>(std::move(loaded.file));
}

}  // namespace

Credentials::Credentials(const BrokerConfig& config) {
  if (config.cloud.tenancy) {
    const auto& path = config.cloud.registry;
    // Opened for writing once, so that the file exists in its newest form; afterwards the broker
    // only reads it.
    if (const auto made = tenants::Registry::open(path, tenants::OpenMode::create); !made) {
      throw std::runtime_error("registry " + path + ": " + made.error().message());
    }
    auto watcher = tenants::RegistryWatcher::open(path);
    if (!watcher) {
      throw std::runtime_error("registry " + path + ": " + watcher.error().message());
    }
    watcher_ = std::move(*watcher);
  }
  data_ = make_data(config);
}

std::shared_ptr<const shard::AuthData> Credentials::make_data(const BrokerConfig& config) const {
  auto data = std::make_shared<shard::AuthData>();
  data->tenancy = config.cloud.tenancy;
  if (watcher_) {
    data->registry = watcher_->snapshot();
  }
  bool differ = false;
  for (const auto& listener : config.listeners) {
    differ = differ ||
             listener.security.password_file != config.listeners.front().security.password_file;
  }
  if (!differ) {
    data->password_file =
        load_file(config.listeners.front().security.password_file, config.cloud.tenancy);
    return data;
  }
  for (const auto& listener : config.listeners) {
    data->listener_files.push_back(
        load_file(listener.security.password_file, config.cloud.tenancy));
  }
  return data;
}

std::optional<tenants::RegistryChange> Credentials::poll() {
  if (!watcher_) {
    return std::nullopt;
  }
  const auto changed = watcher_->poll();
  if (!changed) {
    // F65: what is known goes on serving; said once.
    if (!std::exchange(poll_failed_, true)) {
      log::error("registry cannot be read, the last state stays in force: {}",
                 changed.error().message());
    }
    return std::nullopt;
  }
  poll_failed_ = false;
  changed_ = changed_ || *changed;
  if (!changed_) {
    return std::nullopt;
  }
  auto data = std::make_shared<shard::AuthData>(*data_);
  data->registry = watcher_->snapshot();
  data_ = std::move(data);
  auto change = watcher_->take_change();
  changed_ = false;
  return change;
}

void Credentials::reload(const BrokerConfig& config) {
  data_ = make_data(config);
}

}  // namespace owb::app

#pragma once

#include <cstdint>
#include <memory>

#include "portal/app/portal_config.hpp"

namespace owb::portal::app {

/// The whole portal, put together from its configuration.
///
/// Threading: start(), tend() and stop() belong to one thread; `on_end` of start() is called on the
/// server's own.
class Portal {
 public:
  /// Opens (or makes) the registry and readies the socket. Throws std::runtime_error that names the
  /// directive.
  explicit Portal(PortalConfig config);
  ~Portal();
  Portal(const Portal&) = delete;
  Portal& operator=(const Portal&) = delete;

  /// Listens and serves. The broker need not be there yet. `on_end` is called when serving ends,
  /// wanted or not.
  void start(void (*on_end)());

  /// Upkeep of the registry: cookie keys and old rows. Once a day is enough; errors are logged.
  void tend(std::int64_t now) const;

  /// Answers the requests that have begun, then ends. A few seconds at most, the time of a login.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace owb::portal::app

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "broker/app/config.hpp"

namespace owb::app {

/// The whole broker in one object: from a configuration to running threads, and back. Tests start
/// one in-process.
///
/// Threading: start-up only; control() and reload() on the thread that made it.
class Broker {
 public:
  explicit Broker(BrokerConfig config);
  /// Stops at once if stop() was not called.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Opens everything and serves. Throws std::runtime_error with one line that names what is wrong.
  void start();

  /// No new connections, a DISCONNECT for everybody, their last bytes sent, threads joined. At most
  /// 5 s.
  void stop();

  /// To be called five times a second: follows the registry and watches certificate files.
  void control();

  /// Takes over what can change while running: password files, certificates. Throws, and the old
  /// stays in force.
  void reload(const BrokerConfig& config);

  /// What waits for autosave_interval is written now.
  void save();

  /// The port of listener `index` of the configuration, for `listener 0`.
  std::uint16_t port(std::size_t index) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace owb::app

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "tenants/base/unique_fd.hpp"
#include "tests/bench/wire.hpp"

namespace owb::bench {

enum class Way : std::uint8_t { plain, tls, wss };

class Link;

/// All connections of the generator: one epoll set, one thread.
class Loop {
 public:
  Loop();

  /// One round: waits at most `wait_ms`, handles what is ready, sends what came of it.
  void turn(int wait_ms);
  /// Rounds until `done()`; throws after `seconds`, naming `what`.
  void until(const std::function<bool()>& done, double seconds, const char* what);
  void flush();

 private:
  friend class Link;
  UniqueFd epoll_;
  std::vector<Link*> dirty_;
  std::vector<char> buffer_;
};

/// TLS of the generator. The server's certificate is not checked: that is not what is measured.
class Tls {
 public:
  Tls();

  /// Sessions for resumption come here: the latest one is kept.
  SSL_SESSION* session() const { return session_.get(); }

  SSL_CTX* context() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };

  static int on_session(SSL* ssl, SSL_SESSION* session);

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL_SESSION, Free> session_;
};

/// One MQTT client connection to 127.0.0.1: plain, TLS or WebSocket over TLS.
class Link {
 public:
  Link(Loop& loop, Tls* tls, Way way, std::uint16_t port, bool resume = false);
  virtual ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Append packets here, then call send().
  std::string& out() { return out_; }

  /// What is in out() goes out at the end of the turn.
  void send();

  bool resumed() const { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }

 protected:
  virtual void on_packet(Packet type, unsigned flags, std::string_view body) = 0;

 private:
  friend class Loop;
  enum class Stage : std::uint8_t { connecting, handshake, upgrade, open };

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  void on_ready(std::uint32_t events);
  bool advance();
  std::ptrdiff_t read(char* into, std::size_t size);
  std::ptrdiff_t write(std::string_view bytes);
  void flush();
  void want(std::uint32_t events);
  void receive(std::string_view bytes);
  void unframe(std::string_view bytes);
  void take_packets(std::string_view bytes);
  std::size_t handle(std::string_view bytes);
  [[noreturn]] void fail(const char* what) const;

  Loop& loop_;
  Way way_;
  Stage stage_ = Stage::connecting;
  bool dirty_ = false;
  std::uint32_t interest_ = 0;
  UniqueFd fd_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string out_;    ///< MQTT, not yet framed
  std::string wire_;   ///< framed, being sent (plain and TLS: the same as out_)
  std::string input_;  ///< an unfinished packet
  std::string head_;   ///< HTTP response or an unfinished WebSocket frame head
  std::uint64_t frame_left_ = 0;
};

}  // namespace owb::bench

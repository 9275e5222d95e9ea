#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "portal/auth/broker_stream.hpp"
#include "portal/auth/errc.hpp"
#include "portal/auth/socket_wait.hpp"

namespace owb::portal::auth {
namespace {

constexpr int kMaxIoBytes = 1 << 20;

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using SslPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;
using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

class TlsStream final : public BrokerStream {
 public:
  TlsStream(UniqueFd socket, SslPtr ssl, Deadline deadline)
      : socket_(std::move(socket)), ssl_(std::move(ssl)), deadline_(deadline) {}

  Result<void> handshake() {
    const auto done = drive([this] { return SSL_connect(ssl_.get()); });
    if (!done) {
      return done.error();
    }
    return {};
  }

  Result<void> write(ByteView bytes) override {
    while (!bytes.empty()) {
      const auto sent = drive([&] { return SSL_write(ssl_.get(), bytes.data(), size_of(bytes)); });
      if (!sent) {
        return sent.error();
      }
      bytes = bytes.subspan(*sent);
    }
    return {};
  }

  Result<std::size_t> read(std::span<std::byte> room) override {
    return drive([&] { return SSL_read(ssl_.get(), room.data(), size_of(room)); });
  }

 private:
  static int size_of(ByteView bytes) {
    return static_cast<int>(std::min<std::size_t>(bytes.size(), kMaxIoBytes));
  }

  /// Repeats one OpenSSL call until it is done, broken, or the time is over.
  template <typename Call>
  Result<std::size_t> drive(Call call) {
    while (std::chrono::steady_clock::now() < deadline_) {
      ERR_clear_error();  // the queue is per thread and may hold another connection's error
      const int result = call();
      if (result > 0) {
        return static_cast<std::size_t>(result);
      }
      const int why = SSL_get_error(ssl_.get(), result);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        return Errc::broker_away;
      }
      const auto readiness = why == SSL_ERROR_WANT_READ ? Readiness::readable : Readiness::writable;
      if (const auto ready = wait_for(socket_, readiness, deadline_); !ready) {
        return ready.error();
      }
    }
    return Errc::timed_out;
  }

  UniqueFd socket_;
  SslPtr ssl_;
  Deadline deadline_;
};

class TlsDialer final : public BrokerDialer {
 public:
  TlsDialer(std::string host, std::uint16_t port, const std::string& ca_file)
      : host_(std::move(host)),
        port_(std::to_string(port)),
        context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    if (!context_) {
      throw std::runtime_error("portal_broker: OpenSSL cannot make a client context");
    }
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context_.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context_.get())
                                       : SSL_CTX_load_verify_file(context_.get(), ca_file.c_str());
    if (loaded != 1) {
      throw std::runtime_error("portal_cafile: cannot read certificates from '" + ca_file + "'");
    }
  }

  Result<std::unique_ptr<BrokerStream>> dial(const std::string& /*browser_address*/,
                                             Deadline deadline) const override {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    if (::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &first) != 0) {
      return Errc::broker_away;
    }
    const AddressList addresses{first, &freeaddrinfo};
    Error last = Errc::broker_away;
    for (const auto* address = first; address != nullptr; address = address->ai_next) {
      auto stream = dial_address(*address, deadline);
      if (stream || stream.error() == Errc::timed_out) {
        return stream;
      }
      last = stream.error();
    }
    return last;
  }

 private:
  Result<std::unique_ptr<BrokerStream>> dial_address(const addrinfo& address,
                                                     Deadline deadline) const {
    UniqueFd socket{::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0) {
      return Errc::broker_away;
    }
    const int connected = ::connect(socket.get(), address.ai_addr, address.ai_addrlen);
    if (connected != 0 && errno != EINPROGRESS) {
      return Errc::broker_away;
    }
    if (const auto finished = finish_connect(socket, deadline); !finished) {
      return finished.error();
    }
    SslPtr ssl{SSL_new(context_.get()), &SSL_free};
    if (!ssl || !expect_host(ssl.get()) || SSL_set_fd(ssl.get(), socket.get()) != 1) {
      return Errc::broker_away;
    }
    auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(ssl), deadline);
    if (const auto done = stream->handshake(); !done) {
      return done.error();
    }
    return std::unique_ptr<BrokerStream>{std::move(stream)};
  }

  /// The certificate must be for `host_`: an address has no SNI and is compared as one.
  bool expect_host(SSL* ssl) const {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host_.c_str()) == 1) {
      return true;
    }
    // SSL_set_tlsext_host_name() is a macro with an old-style cast: this is what it stands for.
    return SSL_set1_host(ssl, host_.c_str()) == 1 &&
           SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    const_cast<char*>(host_.c_str())) == 1;
  }

  std::string host_;
  std::string port_;
  ContextPtr context_;
};

}  // namespace

std::unique_ptr<BrokerDialer> make_tls_dialer(std::string host, std::uint16_t port,
                                              const std::string& ca_file) {
  return std::make_unique<TlsDialer>(std::move(host), port, ca_file);
}

}  // namespace owb::portal::auth

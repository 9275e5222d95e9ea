#include "tests/bench/link.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tests/bench/measure.hpp"

namespace owb::bench {

namespace {

constexpr std::size_t kReadBuffer = 128 * 1024;
constexpr int kEvents = 256;

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBuffer) {}

void Loop::flush() {
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    dirty_[i]->dirty_ = false;
    dirty_[i]->flush();
  }
  dirty_.clear();
}

void Loop::turn(int wait_ms) {
  flush();
  epoll_event events[kEvents];
  const auto count = epoll_wait(epoll_.get(), events, kEvents, wait_ms);
  for (int i = 0; i < count; ++i) {
    static_cast<Link*>(events[i].data.ptr)->on_ready(events[i].events);
  }
  flush();
}

void Loop::until(const std::function<bool()>& done, double seconds, const char* what) {
  const auto end = wall_ns() + static_cast<std::uint64_t>(seconds * 1e9);
  while (!done()) {
    if (wall_ns() > end) {
      throw std::runtime_error(std::string("waited too long for ") + what);
    }
    turn(10);
  }
}

Tls::Tls() : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context_.get(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_app_data(context_.get(), this);
  SSL_CTX_sess_set_new_cb(context_.get(), &Tls::on_session);
}

int Tls::on_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<Tls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session_.reset(session);
  return 1;  // ours now
}

Link::Link(Loop& loop, Tls* tls, Way way, std::uint16_t port, bool resume)
    : loop_(loop), way_(way), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno != EINPROGRESS) {
    fail("connect");
  }
  if (way != Way::plain) {
    ssl_.reset(SSL_new(tls->context()));
    SSL_set_fd(ssl_.get(), fd_.get());
    // What SSL_set_tlsext_host_name() does, without its old-style cast.
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>("localhost"));
    SSL_set_connect_state(ssl_.get());
    if (resume && tls->session() != nullptr) {
      SSL_set_session(ssl_.get(), tls->session());
    }
  }
  interest_ = EPOLLIN | EPOLLOUT;
  epoll_event event{.events = interest_, .data = {.ptr = this}};
  epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd_.get(), &event);
}

Link::~Link() {
  std::erase(loop_.dirty_, this);
  if (ssl_) {
    // A session whose connection ends without a word is not offered again by OpenSSL.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  // A reset instead of TIME_WAIT: thousands of connections a round would use up the ports.
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

void Link::fail(const char* what) const {
  throw std::runtime_error(std::string("connection lost: ") + what);
}

void Link::want(std::uint32_t events) {
  if (events != interest_) {
    interest_ = events;
    epoll_event event{.events = events, .data = {.ptr = this}};
    epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_MOD, fd_.get(), &event);
  }
}

void Link::send() {
  if (!dirty_ && stage_ == Stage::open) {
    dirty_ = true;
    loop_.dirty_.push_back(this);
  }
}

// One step towards an open connection. False: wait.
bool Link::advance() {
  if (stage_ == Stage::connecting) {
    stage_ = ssl_ ? Stage::handshake : Stage::open;
  } else if (stage_ == Stage::handshake) {
    ERR_clear_error();
    const auto result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
      const auto error = SSL_get_error(ssl_.get(), result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        fail("TLS handshake");
      }
      want(error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLIN | EPOLLOUT);
      return false;
    }
    stage_ = way_ == Way::wss ? Stage::upgrade : Stage::open;
    if (stage_ == Stage::upgrade) {
      wire_ =
          "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Protocol: mqtt\r\n\r\n";
      flush();
    }
  }
  if (stage_ == Stage::open) {
    want(EPOLLIN);
    send();
  }
  return true;
}

void Link::on_ready(std::uint32_t events) {
  while (stage_ < Stage::upgrade) {
    if (!advance()) {
      return;
    }
  }
  if ((events & EPOLLOUT) != 0 && !wire_.empty()) {
    flush();
  }
  for (;;) {
    const auto got = read(loop_.buffer_.data(), loop_.buffer_.size());
    if (got == 0) {
      return;
    }
    receive({loop_.buffer_.data(), static_cast<std::size_t>(got)});
    if (!ssl_) {
      return;  // epoll tells if there is more; TLS has to be asked
    }
  }
}

// Bytes read; 0: none now.
std::ptrdiff_t Link::read(char* into, std::size_t size) {
  if (!ssl_) {
    const auto got = ::recv(fd_.get(), into, size, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
      fail(got == 0 ? "closed by the broker" : "recv");
    }
    return std::max<std::ptrdiff_t>(got, 0);
  }
  ERR_clear_error();
  std::size_t count = 0;
  const auto result = SSL_read_ex(ssl_.get(), into, size, &count);
  if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    fail("closed by the broker (TLS)");
  }
  return static_cast<std::ptrdiff_t>(count);
}

std::ptrdiff_t Link::write(std::string_view bytes) {
  if (!ssl_) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      fail("send");
    }
    return std::max<std::ptrdiff_t>(sent, 0);
  }
  ERR_clear_error();
  std::size_t count = 0;
  const auto result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_WRITE) {
    fail("SSL_write");
  }
  return static_cast<std::ptrdiff_t>(count);
}

void Link::flush() {
  if (stage_ == Stage::open && !out_.empty()) {
    if (way_ == Way::wss) {
      wire_ += '\x82';
      const auto size = out_.size();
      if (size < 126) {
        wire_ += static_cast<char>(0x80U | size);
      } else if (size <= 0xFFFF) {
        wire_ += '\xFE';
        put_u16(wire_, size);
      } else {
        wire_ += '\xFF';
        for (int shift = 56; shift >= 0; shift -= 8) {
          wire_ += static_cast<char>(size >> static_cast<unsigned>(shift) & 0xFFU);
        }
      }
      wire_.append(4, '\0');  // a mask of zeros leaves the payload as it is
      wire_ += out_;
      out_.clear();
    } else if (wire_.empty()) {
      wire_.swap(out_);
    } else {
      wire_ += out_;
      out_.clear();
    }
  }
  while (!wire_.empty()) {
    const auto sent = write(wire_);
    if (sent == 0) {
      want(EPOLLIN | EPOLLOUT);
      return;
    }
    wire_.erase(0, static_cast<std::size_t>(sent));
  }
  want(EPOLLIN);
}

void Link::receive(std::string_view bytes) {
  if (way_ != Way::wss) {
    take_packets(bytes);
    return;
  }
  if (stage_ == Stage::upgrade) {
    head_ += bytes;
    const auto end = head_.find("\r\n\r\n");
    if (end == std::string::npos) {
      return;
    }
    if (!head_.starts_with("HTTP/1.1 101")) {
      fail("the WebSocket upgrade was refused");
    }
    const auto rest = head_.substr(end + 4);
    head_.clear();
    stage_ = Stage::open;
    send();
    unframe(rest);
    return;
  }
  unframe(bytes);
}

// Takes WebSocket frames of a server apart: never masked; only binary and continuation matter here.
void Link::unframe(std::string_view bytes) {
  while (!bytes.empty()) {
    if (frame_left_ > 0) {
      const auto count = std::min<std::size_t>(frame_left_, bytes.size());
      frame_left_ -= count;
      take_packets(bytes.substr(0, count));
      bytes.remove_prefix(count);
      continue;
    }
    head_ += bytes[0];
    bytes.remove_prefix(1);
    if (head_.size() < 2) {
      continue;
    }
    const unsigned code = static_cast<unsigned char>(head_[1]) & 0x7FU;
    const std::size_t needed = code == 127 ? 10 : code == 126 ? 4 : 2;
    if (head_.size() < needed) {
      continue;
    }
    if ((static_cast<unsigned char>(head_[0]) & 0x08U) != 0) {
      fail("a WebSocket control frame");
    }
    frame_left_ = needed == 2 ? code : 0;
    for (std::size_t i = 2; i < needed; ++i) {
      frame_left_ = frame_left_ << 8U | static_cast<unsigned char>(head_[i]);
    }
    head_.clear();
  }
}

void Link::take_packets(std::string_view bytes) {
  if (!input_.empty()) {
    input_ += bytes;
    const auto used = handle(input_);
    input_.erase(0, used);
    return;
  }
  input_ = bytes.substr(handle(bytes));
}

// Handles whole packets; returns the bytes used.
std::size_t Link::handle(std::string_view bytes) {
  std::size_t used = 0;
  for (;;) {
    const auto rest = bytes.substr(used);
    std::size_t size = 0;
    std::size_t at = 1;
    bool complete = false;
    for (unsigned shift = 0; at < rest.size() && !complete; shift += 7) {
      const auto byte = static_cast<unsigned char>(rest[at++]);
      size |= static_cast<std::size_t>(byte & 0x7FU) << shift;
      complete = (byte & 0x80U) == 0;
    }
    if (!complete || rest.size() - at < size) {
      return used;
    }
    const auto first = static_cast<unsigned char>(rest[0]);
    on_packet(static_cast<Packet>(first >> 4U), first & 0x0FU, rest.substr(at, size));
    used += at + size;
  }
}

}  // namespace owb::bench

#include "tests/broker/net/web/web_client.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tenants/base/text.hpp"

namespace owb::net::web::test {

namespace {

constexpr timeval kPatience{.tv_sec = 8, .tv_usec = 0};

}  // namespace

std::pair<UniqueFd, UniqueFd> tcp_pair() {
  const UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  UniqueFd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), generic, &size) != 0 ||
      ::connect(client.get(), generic, size) != 0) {
    throw std::runtime_error("no loopback connection");
  }
  const int on = 1;
  ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return {std::move(client), UniqueFd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)}};
}

std::string Reply::header(std::string_view name) const {
  const auto found = all(name);
  return found.empty() ? std::string{} : found.front();
}

std::vector<std::string> Reply::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : headers) {
    if (text::equal_ignoring_case(key, name)) {
      found.push_back(value);
    }
  }
  return found;
}

WebClient::WebClient(UniqueFd fd, Transport transport,
                     const owb::net::test::TestCertificate* certificate)
    : fd_(std::move(fd)) {
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  connected_ = true;
  if (transport == Transport::plain) {
    return;
  }
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (certificate != nullptr) {
    SSL_CTX_use_certificate(context_.get(), certificate->certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), certificate->key.get());
  }
  constexpr std::array<unsigned char, 12> kProtocols{2,   'h', '2', 8,   'h', 't',
                                                     't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context_.get(), kProtocols.data(), kProtocols.size());
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_.get());
  connected_ = SSL_connect(ssl_.get()) == 1;
}

WebClient::~WebClient() = default;

std::string WebClient::alpn() const {
  const unsigned char* data = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

long WebClient::server_serial() const {
  return ASN1_INTEGER_get(X509_get0_serialNumber(SSL_get0_peer_certificate(ssl_.get())));
}

bool WebClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool WebClient::fill() {
  std::array<char, 16'384> piece{};
  const auto got = ssl_ ? SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()))
                        : ::recv(fd_.get(), piece.data(), piece.size(), 0);
  if (got <= 0) {
    return false;
  }
  buffer_.append(piece.data(), static_cast<std::size_t>(got));
  return true;
}

bool WebClient::fill_to(std::size_t size) {
  while (buffer_.size() < size) {
    if (!fill()) {
      return false;
    }
  }
  return true;
}

Reply WebClient::read_reply(bool head_only) {
  Reply reply;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) {
      return reply;
    }
  }
  const auto head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  bool first = true;
  for (const auto line : text::split(head, '\n')) {
    const auto trimmed = text::trim(line);
    if (std::exchange(first, false)) {
      reply.status = std::stoi(std::string{trimmed.substr(9, 3)});
      continue;
    }
    const auto colon = trimmed.find(':');
    reply.headers.emplace_back(trimmed.substr(0, colon), text::trim(trimmed.substr(colon + 1)));
  }
  const auto length = reply.header("Content-Length");
  if (!head_only && !length.empty()) {
    const auto size = std::stoul(length);
    fill_to(size);
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, reply.body.size());
  }
  return reply;
}

Reply WebClient::ask(std::string_view request) {
  send(request);
  return read_reply(request.starts_with("HEAD "));
}

Reply WebClient::get(std::string_view path, std::string_view headers) {
  return ask(
      fmt::format("GET {} HTTP/1.1\r\nHost: cloud.example.org:8443\r\n{}\r\n", path, headers));
}

Reply WebClient::upgrade(std::string_view path, std::string_view headers,
                         std::string_view protocols) {
  return ask(fmt::format(
      "GET {} HTTP/1.1\r\nHost: cloud.example.org:8443\r\nUpgrade: websocket\r\n"
      "Connection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n{}{}\r\n",
      path,
      protocols.empty() ? std::string{} : fmt::format("Sec-WebSocket-Protocol: {}\r\n", protocols),
      headers));
}

std::string WebClient::make_frame(int opcode, std::string_view payload, bool final) {
  constexpr std::string_view kMask = "\x11\x22\x33\x44";
  std::string frame;
  frame += static_cast<char>(opcode | (final ? 0x80 : 0));
  const auto size = payload.size();
  if (size < 126) {
    frame += static_cast<char>(size | 0x80U);
  } else {
    const int bytes = size < 65'536 ? 2 : 8;
    frame += static_cast<char>((bytes == 2 ? 126U : 127U) | 0x80U);
    for (int i = bytes - 1; i >= 0; --i) {
      frame += static_cast<char>((size >> (8U * static_cast<unsigned>(i))) & 0xFFU);
    }
  }
  frame += kMask;
  for (std::size_t i = 0; i < size; ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return frame;
}

void WebClient::send_frame(int opcode, std::string_view payload, bool final) {
  send(make_frame(opcode, payload, final));
}

std::optional<Frame> WebClient::read_frame() {
  if (!fill_to(2)) {
    return std::nullopt;
  }
  const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(buffer_[i]); };
  Frame frame{.opcode = byte(0) & 0x0F, .final = (byte(0) & 0x80) != 0, .payload = {}};
  std::size_t length = byte(1) & 0x7FU;
  std::size_t head = 2;
  if (length >= 126) {
    const std::size_t bytes = length == 126 ? 2 : 8;
    if (!fill_to(head + bytes)) {
      return std::nullopt;
    }
    length = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      length = (length << 8U) | byte(head + i);
    }
    head += bytes;
  }
  if (!fill_to(head + length)) {
    return std::nullopt;
  }
  frame.payload = buffer_.substr(head, length);
  buffer_.erase(0, head + length);
  return frame;
}

std::string WebClient::read_payload(std::size_t size) {
  std::string payload;
  while (payload.size() < size) {
    const auto frame = read_frame();
    if (!frame) {
      break;
    }
    if (frame->opcode == 2) {
      payload += frame->payload;
    }
  }
  return payload;
}

int WebClient::read_close_code() {
  const auto frame = read_frame();
  if (!frame) {
    return 0;
  }
  if (frame->opcode != 8 || frame->payload.size() < 2) {
    return -1;
  }
  return (static_cast<unsigned char>(frame->payload[0]) << 8) |
         static_cast<unsigned char>(frame->payload[1]);
}

bool WebClient::ends() {
  errno = 0;
  while (fill()) {
    buffer_.clear();
  }
  return errno != EAGAIN;
}

bool WebClient::silent_for(int milliseconds) {
  if (!buffer_.empty()) {
    return false;
  }
  // A real read: under TLS, tickets may arrive, which are nothing to us.
  const timeval patience{.tv_sec = 0, .tv_usec = milliseconds * 1000};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  errno = 0;
  const bool silent = !fill() && errno == EAGAIN;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  return silent;
}

}  // namespace owb::net::web::test

#include "broker/net/web/lws_context.hpp"

#include <array>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tenants/base/logging.hpp"
#include "tenants/base/text.hpp"

namespace owb::net::web {

namespace {

/// The default, 4 KB, cuts long cookies without a word.
constexpr unsigned int kMaxHead = 16'384;
/// Heads that are being received at the same time on one thread; 16 KB each.
constexpr unsigned int kHeadPool = 2048;
/// TLS handshakes, heads and bodies that stand still (s). Our deadlines are stricter.
constexpr unsigned int kStillTime = 10;
constexpr int kKeepAlive = 20;
/// One piece of a frame; also the buffer that each WebSocket keeps.
constexpr std::size_t kReceivePiece = 2048;
/// The most that is encrypted in one go.
constexpr std::size_t kWritePiece = 256 * 1024;

constexpr int kDestroyCalls = 4;

/// A browser that vanished without a FIN is found by pings (s).
const lws_retry_bo kLiveness{.retry_ms_table = nullptr,
                             .retry_ms_table_count = 0,
                             .conceal_count = 0,
                             .secs_since_valid_ping = 120,
                             .secs_since_valid_hangup = 150,
                             .jitter_percent = 0};

void ignore_signal(void* /*handle*/, int /*signal*/) {}

/// libwebsockets refuses lengths that cannot be without a close code, and says so in its log only.
constexpr std::array<std::string_view, 2> kRefusals{"b63 of length must be zero",
                                                    "Control frame with xtended length"};
thread_local bool refused_length = false;

void on_log(int /*level*/, const char* line) {
  for (const auto refusal : kRefusals) {
    refused_length =
        refused_length || std::string_view(line).find(refusal) != std::string_view::npos;
  }
  log::log(log::Type::websockets, "libwebsockets: {}", log::escape(text::trim(line)));
}

void set_up_logging() {
  static std::once_flag once;
  std::call_once(once, [] { lws_set_log_level(LLL_ERR | LLL_WARN, on_log); });
}

lws_protocols protocol(const char* name, lws_callback_function* callback) {
  lws_protocols p{};
  p.name = name;
  p.callback = callback;
  p.rx_buffer_size = kReceivePiece;
  p.tx_packet_size = kWritePiece;
  return p;
}

}  // namespace

/// libwebsockets' own libuv loop takes SIGINT and SIGTERM for itself when it is made, and resets
/// them when it goes. Both belong to the program: whatever it had set up is put back.
class LwsContext::SignalKeeper {
 public:
  SignalKeeper() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], nullptr, &saved_[i]);
    }
  }

  ~SignalKeeper() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], &saved_[i], nullptr);
    }
  }

  SignalKeeper(const SignalKeeper&) = delete;
  SignalKeeper& operator=(const SignalKeeper&) = delete;

 private:
  static constexpr std::array<int, 5> kSignals{SIGINT, SIGTERM, SIGSEGV, SIGFPE, SIGHUP};
  std::array<struct sigaction, kSignals.size()> saved_{};
};

LwsContext::LwsContext(const WebConfig& config, lws_callback_function* callback, void* user)
    : client_side_{SSL_CTX_new(TLS_client_method())},
      // libwebsockets selects the first name of the client's list that is one of these
      // [MQTT-6.0.0-4], [MQTT5-6.0.0-4].
      protocols_{protocol("http", callback), protocol("mqtt", callback),
                 protocol("mqttv3.1", callback), lws_protocols{}} {
  set_up_logging();
  const SignalKeeper keeper;
  lws_context_creation_info info{};
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                 LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS |
                 LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
  info.gid = -1;
  info.uid = -1;
  info.user = user;
  info.max_http_header_data = kMaxHead;
  info.max_http_header_pool2 = kHeadPool;
  info.pt_serv_buf_size = kMaxHead;
  info.timeout_secs = kStillTime;
  info.signal_cb = ignore_signal;
  info.retry_and_idle_policy = &kLiveness;
  info.pcontext = &context_;
  context_ = lws_create_context(&info);
  if (context_ == nullptr) {
    throw std::runtime_error(
        "web server: libwebsockets does not start; is libwebsockets-evlib-uv installed?");
  }
  try {
    for (std::size_t i = 0; i < config.listeners.size(); ++i) {
      create_host(config.listeners[i], i);
    }
  } catch (...) {
    destroy();
    throw;
  }
}

void LwsContext::create_host(const WebListenerConfig& listener, std::size_t index) {
  lws_context_creation_info info{};
  // No SNI or Host may name it: libwebsockets would switch to the virtual host of that name.
  info.vhost_name = names_.emplace_back("listener " + std::to_string(index)).c_str();
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.protocols = protocols_.data();
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                 LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
  if (listener.tls.certificate) {
    info.options |= LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
  }
  info.alpn = "http/1.1";
  // We are never a client. Without one of ours each host makes an SSL_CTX for that, and cannot free
  // it when there are several contexts: the global index under which libwebsockets finds it again
  // is made anew by each.
  info.provided_client_ssl_ctx = client_side_.get();
  info.keepalive_timeout = kKeepAlive;
  info.timeout_secs = kStillTime;
  info.retry_and_idle_policy = &kLiveness;
  info.user = const_cast<WebListenerConfig*>(&listener);
  auto* host = lws_create_vhost(context_, &info);
  if (host == nullptr) {
    throw std::runtime_error("web server: listener " + std::to_string(index) +
                             ": its TLS settings are not usable");
  }
  hosts_.push_back(host);
}

LwsContext::~LwsContext() {
  if (!keeper_) {
    keeper_ = std::make_unique<SignalKeeper>();
  }
  destroy();
}

/// With libuv this takes several calls, between which the loop's handles close; the last one sets
/// context_ to null.
void LwsContext::destroy() {
  for (int i = 0; i < kDestroyCalls && context_ != nullptr; ++i) {
    lws_context_destroy(context_);
  }
}

int LwsContext::configure_tls(SSL_CTX* context, lws_vhost* host) {
  const auto& listener = *static_cast<const WebListenerConfig*>(lws_vhost_user(host));
  try {
    configure_server_context(context, listener.tls);
  } catch (const std::runtime_error& error) {
    log::error("{}", error.what());
    return -1;
  }
  // Every connection stays with the listener that accepted it, whatever name the client asks for.
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, nullptr);
  return 0;
}

bool LwsContext::take_refused_length() {
  return std::exchange(refused_length, false);
}

void LwsContext::run() {
  while (!stopping_ && lws_service(context_, 0) >= 0) {
  }
}

void LwsContext::stop() {
  stopping_ = true;
  keeper_ = std::make_unique<SignalKeeper>();
  lws_context_destroy(context_);
}

void LwsContext::wake() {
  lws_cancel_service(context_);
}

lws* LwsContext::adopt(std::size_t listener, int fd, void* opaque) {
  lws_adopt_desc_t info{};
  info.vh = hosts_[listener];
  info.type =
      static_cast<lws_adoption_type>(LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL);
  info.fd.sockfd = fd;
  info.opaque = opaque;
  return lws_adopt_descriptor_vhost_via_info(&info);
}

}  // namespace owb::net::web

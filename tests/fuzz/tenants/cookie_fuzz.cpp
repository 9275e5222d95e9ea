#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <sodium.h>

#include "tenants/base/assert.hpp"
#include "tenants/base/base64.hpp"
#include "tenants/registry/tenant_id.hpp"
#include "tenants/session/cookie.hpp"

namespace owb::session {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

const KeyRing& keys() {
  static const KeyRing ring = [] {
    std::vector<KeyRing::Key> made;
    made.push_back({.id = 1, .created = kNow, .secret = SecretBytes{KeyRing::kKeySize}});
    return KeyRing{std::move(made)};
  }();
  return ring;
}

/// What holds for every cookie that opens, however it was made.
void check(const Result<SessionClaims>& claims) {
  if (!claims) {
    return;
  }
  OWB_ASSERT(TenantId::parse(claims->tenant));
  OWB_ASSERT(claims->role == Role::owner || claims->role == Role::viewer);
  OWB_ASSERT(claims->expires > kNow);
  OWB_ASSERT(*open(seal(*claims, keys()), keys(), kNow) == *claims);
}

/// `claims` sealed with the right key, so that the decoder behind it sees arbitrary bytes too.
std::string sealed(ByteView claims) {
  Bytes out(5 + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + claims.size() +
            crypto_aead_xchacha20poly1305_ietf_ABYTES);
  out[0] = out[1] = std::byte{1};  // version, key id
  Bytes data{out.begin(), out.begin() + 5};
  const auto purpose = as_byte_view("owb-cloud session cookie");
  data.insert(data.begin(), purpose.begin(), purpose.end());
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      bytes + 5 + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, nullptr,
      reinterpret_cast<const unsigned char*>(claims.data()), claims.size(),
      reinterpret_cast<const unsigned char*>(data.data()), data.size(), nullptr, bytes + 5,
      keys().newest().secret.raw());
  return to_base64url(out);
}

}  // namespace
}  // namespace owb::session

/// The same bytes as a Cookie header, as a cookie's value, and as the claims inside a sealed one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace owb;
  init_crypto();
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto value = session::find_cookie(text)) {
    OWB_ASSERT(value->find(';') == std::string_view::npos);
    session::check(session::open(*value, session::keys(), session::kNow));
  }
  session::check(session::open(text, session::keys(), session::kNow));
  session::check(
      session::open(session::sealed(as_byte_view(text)), session::keys(), session::kNow));
  return 0;
}

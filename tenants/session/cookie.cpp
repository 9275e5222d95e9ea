#include "tenants/session/cookie.hpp"

#include <algorithm>
#include <array>

#include <sodium.h>

#include "tenants/base/assert.hpp"
#include "tenants/base/base64.hpp"
#include "tenants/base/random.hpp"
#include "tenants/base/text.hpp"
#include "tenants/registry/tenant_id.hpp"

namespace owb::session {
namespace {

/// The value before base64url: version (1), key id (4), nonce (24), sealed claims. Version and key
/// id are authenticated as associated data, behind a name that keeps our keys from being used for
/// anything else.
constexpr std::byte kVersion{1};
constexpr std::size_t kHeaderBytes = 1 + 4;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::string_view kPurpose = "owb-cloud session cookie";
/// Claims: role (1), issued (8), expires (8), uid (8), session id (16), tenant's name (the rest).
constexpr std::size_t kFixedClaims = 1 + 8 + 8 + 8 + SessionId::kSize;

static_assert(KeyRing::kKeySize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

unsigned char* raw(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}

const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

void append_number(Bytes& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    out.push_back(static_cast<std::byte>(number >> (8 * i)));
  }
}

std::uint64_t read_number(ByteView bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    number = number << 8 | std::to_integer<std::uint64_t>(bytes[i - 1]);
  }
  return number;
}

Bytes encode(const SessionClaims& claims) {
  Bytes out;
  append_number(out, static_cast<std::uint64_t>(claims.role), 1);
  append_number(out, static_cast<std::uint64_t>(claims.issued), 8);
  append_number(out, static_cast<std::uint64_t>(claims.expires), 8);
  append_number(out, claims.tenant_uid, 8);
  const auto id = claims.id.bytes();
  out.insert(out.end(), id.begin(), id.end());
  const auto name = as_byte_view(claims.tenant);
  out.insert(out.end(), name.begin(), name.end());
  return out;
}

Result<SessionClaims> decode(ByteView bytes) {
  if (bytes.size() < kFixedClaims) {
    return Errc::cookie_malformed;
  }
  SessionClaims claims;
  claims.role = static_cast<Role>(bytes[0]);
  claims.issued = static_cast<std::int64_t>(read_number(bytes.subspan(1, 8)));
  claims.expires = static_cast<std::int64_t>(read_number(bytes.subspan(9, 8)));
  claims.tenant_uid = read_number(bytes.subspan(17, 8));
  const auto id = SessionId::from_bytes(bytes.subspan(25, SessionId::kSize));
  claims.tenant = as_text(bytes.subspan(kFixedClaims));
  if (!id || (claims.role != Role::owner && claims.role != Role::viewer) ||
      !TenantId::parse(claims.tenant)) {
    return Errc::cookie_malformed;
  }
  claims.id = *id;
  return claims;
}

Bytes associated_data(ByteView header) {
  const auto purpose = as_byte_view(kPurpose);
  Bytes data{purpose.begin(), purpose.end()};
  data.insert(data.end(), header.begin(), header.end());
  return data;
}

}  // namespace

std::string seal(const SessionClaims& claims, const KeyRing& keys) {
  OWB_ASSERT(!keys.empty() && TenantId::parse(claims.tenant));
  const auto& key = keys.newest();
  Bytes out{kVersion};
  append_number(out, key.id, 4);
  const auto data = associated_data(out);
  const auto nonce = random_array<kNonceBytes>();
  out.insert(out.end(), nonce.begin(), nonce.end());
  const auto plain = encode(claims);
  const auto sealed_at = out.size();
  out.resize(sealed_at + plain.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(&out[sealed_at]), nullptr, raw(plain.data()),
                                             plain.size(), raw(data.data()), data.size(), nullptr,
                                             raw(nonce.data()), key.secret.raw());
  return to_base64url(out);
}

Result<SessionClaims> open(std::string_view cookie_value, const KeyRing& keys, std::int64_t now) {
  if (cookie_value.size() > kMaxCookieValue) {
    return Errc::cookie_malformed;
  }
  const auto bytes = from_base64url(cookie_value);
  constexpr auto kLeast = kHeaderBytes + kNonceBytes + kTagBytes + kFixedClaims;
  if (!bytes || bytes->size() < kLeast || bytes->front() != kVersion) {
    return Errc::cookie_malformed;
  }
  const ByteView all{*bytes};
  const auto* key = keys.find(static_cast<std::uint32_t>(read_number(all.subspan(1, 4))));
  if (key == nullptr) {
    return Errc::cookie_key_unknown;
  }
  const auto data = associated_data(all.first(kHeaderBytes));
  const auto nonce = all.subspan(kHeaderBytes, kNonceBytes);
  const auto sealed = all.subspan(kHeaderBytes + kNonceBytes);
  Bytes plain(sealed.size() - kTagBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          raw(plain.data()), nullptr, nullptr, raw(sealed.data()), sealed.size(), raw(data.data()),
          data.size(), raw(nonce.data()), key->secret.raw()) != 0) {
    return Errc::cookie_forged;
  }
  auto claims = decode(plain);
  if (claims && claims->expires <= now) {
    return Errc::cookie_expired;
  }
  return claims;
}

std::optional<std::string_view> find_cookie(std::string_view cookie_header) {
  std::optional<std::string_view> found;
  while (!cookie_header.empty()) {
    const auto end = cookie_header.find(';');
    const auto pair = text::trim(cookie_header.substr(0, end));
    cookie_header.remove_prefix(end == std::string_view::npos ? cookie_header.size() : end + 1);
    if (pair.size() <= kCookieName.size() || !pair.starts_with(kCookieName) ||
        pair[kCookieName.size()] != '=') {
      continue;
    }
    const auto value = pair.substr(kCookieName.size() + 1);
    if (found && *found != value) {
      return std::nullopt;
    }
    found = value;
  }
  return found;
}

std::string set_cookie(std::string_view cookie_value, std::int64_t max_age) {
  return std::string{kCookieName} + "=" + std::string{cookie_value} +
         "; Max-Age=" + std::to_string(max_age) + "; " + std::string{kCookieAttributes};
}

}  // namespace owb::session

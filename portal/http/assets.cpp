#include "portal/http/assets.hpp"

#include <array>

#include <sodium.h>

namespace owb::portal::http {
namespace {

/// Colours are those of the dashboard.
constexpr std::string_view kStylesheet = R"css(:root {
  color-scheme: light dark;
  --ground: #f4f6f8;
  --surface: #fff;
  --ink: #252b32;
  --soft: #56606b;
  --line: #7d8894;
  --edge: #dfe4e9;
  --accent: #0b6b66;
  --accent-strong: #08524e;
  --on-accent: #fff;
  --bolt: #f7dda4;
  --alert: #a3160f;
  --alert-ground: #fdeceb;
  --notice-ground: #e6f3f1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1519;
    --surface: #182126;
    --ink: #e8ecef;
    --soft: #abb0b7;
    --line: #7b858f;
    --edge: #2a353c;
    --accent: #4fc3b5;
    --accent-strong: #7ad6ca;
    --on-accent: #0b1f1d;
    --bolt: #182126;
    --alert: #ffb4ab;
    --alert-ground: #3a1d1b;
    --notice-ground: #17302e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}
main {
  display: flex;
  flex-direction: column;
  justify-content: center;
  gap: 20px;
  min-height: 100vh;
  min-height: 100svh;
  max-width: 416px;
  margin: 0 auto;
  padding: max(24px, env(safe-area-inset-top)) max(16px, env(safe-area-inset-right))
    max(24px, env(safe-area-inset-bottom)) max(16px, env(safe-area-inset-left));
}
.brand { display: flex; align-items: center; justify-content: center; gap: 8px; margin: 0; font-size: 20px; font-weight: 600; }
.cloud { fill: var(--accent); }
.bolt { fill: var(--bolt); }
.card { background: var(--surface); border: 1px solid var(--edge); border-radius: 14px; padding: 24px 20px; }
h1 { margin: 0 0 16px; font-size: 28px; line-height: 1.2; font-weight: 650; hyphens: auto; overflow-wrap: break-word; }
p { margin: 0 0 16px; }
.card > :last-child, .notice > :last-child { margin-bottom: 0; }
form { margin: 0 0 16px; }
label { display: block; margin: 0 0 4px; font-weight: 600; }
input {
  display: block;
  width: 100%;
  min-height: 48px;
  margin: 0 0 16px;
  padding: 8px 12px;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--surface);
  color: inherit;
  font: inherit;
}
input[type="hidden"] { display: none; }
input[readonly] { background: var(--ground); color: var(--soft); }
input[aria-invalid="true"] { border: 2px solid var(--alert); padding: 7px 11px; }
button {
  width: 100%;
  min-height: 48px;
  margin: 8px 0 0;
  padding: 8px 16px;
  border: 1px solid transparent;
  border-radius: 10px;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 650;
  cursor: pointer;
}
button:hover { background: var(--accent-strong); }
button.quiet { border-color: var(--accent); background: transparent; color: var(--accent); }
a { color: var(--accent); text-underline-offset: 3px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
input + .hint { margin-top: -8px; }
.hint { color: var(--soft); font-size: 14px; }
.alert {
  padding: 12px 16px;
  border-left: 4px solid var(--alert);
  border-radius: 8px;
  background: var(--alert-ground);
  color: var(--alert);
  font-weight: 600;
}
.notice { margin: 0 0 24px; padding: 16px; border-radius: 10px; background: var(--notice-ground); }
.notice p { margin: 0 0 4px; }
.notice form { margin: 0; }
.ways { display: flex; flex-wrap: wrap; gap: 0 20px; }
.ways a, .languages a { display: inline-flex; align-items: center; min-height: 44px; }
.languages { display: flex; justify-content: center; gap: 24px; }
.languages a { padding: 0 8px; color: var(--soft); }
.languages a[aria-current] { color: var(--ink); font-weight: 650; text-decoration: none; }
details { margin: 0 0 12px; border-top: 1px solid var(--edge); }
summary { min-height: 44px; padding: 10px 0; color: var(--accent); font-weight: 600; cursor: pointer; }
pre { margin: 0 0 12px; padding: 12px; border-radius: 8px; background: var(--ground); overflow-x: auto; }
pre code { font-size: 13px; }
.secret { font-size: 17px; }
dl { margin: 0 0 16px; }
dt { color: var(--soft); font-size: 14px; }
dd { margin: 0 0 12px; }
code { font: 17px/1.4 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; user-select: all; -webkit-user-select: all; }
@media (min-width: 480px) {
  .card { padding: 32px; }
}
@media (prefers-contrast: more) {
  .card, input { border-color: currentColor; }
}
@media (forced-colors: active) {
  .alert, .notice, button { border: 1px solid; }
}
)css";

constexpr std::string_view kIcon =
    R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0b6b66" d="M10 25a6 6 0 0 1-.9-11.9 8 8 0 0 1 15.2 1.6A5.2 5.2 0 0 1 23.5 25z"/><path fill="#f7dda4" d="M17.5 11L13 17.5h3.2L14.8 22l4.7-6.5h-3.2z"/></svg>
)svg";

std::string mark_of(std::string_view content) {
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char*>(content.data()), content.size(),
                     nullptr, 0);
  constexpr std::size_t kShown = 6;
  std::array<char, 2 * kShown + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), kShown);
  return hex.data();
}

Asset make_asset(std::string_view route, std::string_view type, std::string_view content) {
  return {.path = std::string{route} + "?v=" + mark_of(content),
          .content_type = type,
          .content = content};
}

}  // namespace

const Asset& stylesheet() {
  static const Asset asset = make_asset(kStylesheetRoute, "text/css; charset=utf-8", kStylesheet);
  return asset;
}

const Asset& icon() {
  static const Asset asset = make_asset(kIconRoute, "image/svg+xml", kIcon);
  return asset;
}

}  // namespace owb::portal::http

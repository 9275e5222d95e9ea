#pragma once

#include <string_view>

/// The markup of the pages; `{{name}}` are the places fill() puts something into. No script, no
/// inline style: the CSP forbids both.
namespace owb::portal::http::templates {

inline constexpr std::string_view kFrame = R"html(<!doctype html>
<html lang="{{lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{title}} · owb-cloud</title>
<link rel="icon" type="image/svg+xml" href="{{icon}}">
<link rel="stylesheet" href="{{stylesheet}}">
</head>
<body>
<main>
<p class="brand"><svg viewBox="0 0 32 32" width="36" height="36" aria-hidden="true"><path class="cloud" d="M10 25a6 6 0 0 1-.9-11.9 8 8 0 0 1 15.2 1.6A5.2 5.2 0 0 1 23.5 25z"/><path class="bolt" d="M17.5 11L13 17.5h3.2L14.8 22l4.7-6.5h-3.2z"/></svg><span>owb-cloud</span></p>
<section class="card">
<h1>{{title}}</h1>
{{content}}
</section>
{{languages}}</main>
</body>
</html>
)html";

inline constexpr std::string_view kLanguages =
    R"html(<nav class="languages" aria-label="{{languages_label}}">
<a href="{{german}}" lang="de" hreflang="de"{{german_current}}>Deutsch</a>
<a href="{{english}}" lang="en" hreflang="en"{{english_current}}>English</a>
</nav>
)html";

inline constexpr std::string_view kAlert =
    R"html(<p class="alert" id="error" role="alert">{{text}}</p>
)html";

inline constexpr std::string_view kSignedIn = R"html(<div class="notice">
<p>{{signed_in_as}} <strong>{{user}}</strong>.</p>
<p class="ways"><a href="{{next}}">{{go_on}}</a></p>
<form method="post" action="/logout"><button class="quiet" type="submit">{{logout_button}}</button></form>
</div>
)html";

inline constexpr std::string_view kLogin =
    R"html({{signed_in}}{{alert}}<form method="post" action="/login">
<input type="hidden" name="next" value="{{next}}">
<input type="hidden" name="lang" value="{{lang}}">
<label for="user">{{user_label}}</label>
<input id="user" name="user" type="text" value="{{user}}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="32" required{{error_state}}{{focus_user}}>
<label for="password">{{password_label}}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{{error_state}}{{focus_password}}>
<button type="submit">{{login_button}}</button>
</form>
<p class="hint">{{login_hint}}</p>
)html";

inline constexpr std::string_view kOnce = R"html({{alert}}<p>{{once_hint}}</p>
<form method="post" action="/login/once">
<input type="hidden" name="t" value="{{token}}">
<input type="hidden" name="lang" value="{{lang}}">
<label for="new">{{once_password_label}}</label>
<input id="new" name="new" type="password" autocomplete="new-password"{{error_state}}>
<p class="hint" id="new-hint">{{new_password_hint}}</p>
<button type="submit">{{once_button}}</button>
</form>
)html";

inline constexpr std::string_view kPassword =
    R"html({{alert}}<form method="post" action="/password">
<input type="hidden" name="lang" value="{{lang}}">
<label for="user">{{user_label}}</label>
<input id="user" type="text" value="{{user}}" autocomplete="username" readonly>
<label for="old">{{old_password_label}}</label>
<input id="old" name="old" type="password" autocomplete="current-password" required{{error_state}}>
<label for="new">{{new_password_label}}</label>
<input id="new" name="new" type="password" autocomplete="new-password" minlength="10" required{{new_error_state}}>
<p class="hint" id="new-hint">{{new_password_hint}}</p>
<button type="submit">{{password_button}}</button>
</form>
<p class="ways"><a href="/">{{to_dashboard}}</a> <a href="/password/home?lang={{lang}}">{{to_home_form}}</a></p>
)html";

inline constexpr std::string_view kHome = R"html({{alert}}<p>{{home_hint}}</p>
<form method="post" action="/password/home">
<input type="hidden" name="lang" value="{{lang}}">
<label for="user">{{user_label}}</label>
<input id="user" type="text" value="{{user}}" autocomplete="username" readonly>
<label for="password">{{password_label}}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{{error_state}}>
<button type="submit">{{home_button}}</button>
</form>
<p class="ways"><a href="/">{{to_dashboard}}</a> <a href="/password?lang={{lang}}">{{to_password_form}}</a></p>
)html";

inline constexpr std::string_view kHomeDone = R"html(<p role="status">{{home_done}}</p>
<p class="secret"><code>{{secret}}</code></p>
<p class="hint">{{home_done_hint}}</p>
{{setups}}<p class="ways"><a href="/">{{to_dashboard}}</a></p>
)html";

inline constexpr std::string_view kHomeSetup = R"html(<details>
<summary>{{home_fields_label}} openWB {{version}}</summary>
<dl>
{{fields}}</dl>
</details>
<details>
<summary>{{home_file_label}} openWB {{version}}</summary>
<pre tabindex="0"><code>{{file}}</code></pre>
</details>
)html";

inline constexpr std::string_view kHomeField =
    R"html(<dt>{{label}}</dt><dd><code>{{value}}</code>{{hint}}</dd>
)html";

inline constexpr std::string_view kHomeFieldHint =
    R"html(<br><span class="hint">{{hint}}</span>)html";

inline constexpr std::string_view kMessage = R"html(<p role="status">{{text}}</p>
<p class="ways"><a href="{{way}}">{{way_label}}</a></p>
)html";

}  // namespace owb::portal::http::templates

"""Logging in at the portal in front of Debian's mosquitto: pages, refusals, cookies, headers, and hostile input."""

import os
import re
import signal
import socket
import stat
import threading
import unittest

from portal_case import ORIGIN, THEME_COOKIE, PortalCase, Unix, accepts

from owb.cloud import BIN
from owb.process import Process
from owb.wait import seconds
from owb.web import COOKIE

HEADERS = {
    "content-security-policy": "script-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=()",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=",
    "x-content-type-options": "nosniff",
}


class Login(PortalCase):
    def test_a_user_of_the_password_file_logs_in_and_out(self):
        answer = self.user.login("alice", "wonderland", next="/history?d=2026-11-20")
        self.assertEqual(answer.status, 303, answer.text)
        self.assertEqual(answer.header("location"), "/history?d=2026-11-20")
        session = self.user.session()
        self.assertEqual(session.status, 200)
        told = session.json()
        self.assertEqual((told["user"], told["role"], told["theme"]), ("alice", "owner", "dark"))
        self.assertEqual(set(told), {"user", "role", "theme", "language", "home_name", "expires"})
        answer = self.user.post("/logout")
        self.assertEqual((answer.status, answer.header("location")), (303, "/login"))
        self.assertEqual(self.user.cookies, {})
        self.assertEqual(self.user.session().status, 401)

    def test_the_cookie_is_for_the_browser_alone(self):
        cookies = self.user.login("alice", "wonderland").all("set-cookie")
        self.assertEqual([line.partition("=")[0] for line in cookies], [COOKIE, THEME_COOKIE])
        for line in cookies:
            self.assertRegex(line, r"^[\w-]+=[\w-]+; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict$")
        self.assertNotIn("wonderland", "".join(cookies))

    def test_F45_an_old_cookie_is_worth_nothing_after_logout(self):
        self.user.login("alice", "wonderland")
        thief = self.visitor("198.51.100.1")
        thief.cookies = dict(self.user.cookies)
        self.assertEqual(thief.session().status, 200)
        self.user.post("/logout")
        self.assertEqual(thief.session().status, 401)

    def test_F45_a_session_put_into_the_browser_before_does_not_survive_the_login(self):
        mallory = self.visitor()
        mallory.login("alice", "wonderland")
        self.user.cookies = dict(mallory.cookies)
        self.user.login("alice", "wonderland")
        self.assertNotEqual(self.user.cookies[COOKIE], mallory.cookies[COOKIE])
        self.assertEqual(mallory.session().status, 401)
        self.assertEqual(self.user.session().status, 200)

    def test_each_refusal_has_its_own_words_in_both_languages(self):
        away = "nicht erreichbar", "cannot be reached"
        cases = (("alice", "wrong", 403, "Benutzername oder Passwort ist falsch", "password is wrong"),
                 ("nobody", "wrong", 403, "Benutzername oder Passwort ist falsch", "password is wrong"),
                 ("bob", "builder", 403, "Konto noch nicht freigeschaltet", "not unlocked yet"))
        for user, password, status, *words in cases:
            for language, word in zip(("de", "en"), words):
                with self.subTest(user=user, language=language):
                    answer = self.visitor().login(user, password, lang=language)
                    self.assertEqual(answer.status, status)
                    self.assertIn(word, answer.text)
                    self.assertIn(f'<html lang="{language}">', answer.text)
                    self.assertEqual(answer.text.count('role="alert"'), 1)
                    self.assertEqual(answer.all("set-cookie"), [])
        self.mosquitto.stop()
        for language, word in zip(("de", "en"), away):
            answer = self.visitor("192.0.2.9").login("alice", "wonderland", lang=language)
            self.assertEqual(answer.status, 503)
            self.assertIn(word, answer.text)
            self.assertIsNotNone(answer.header("retry-after"))
        self.mosquitto.start()
        self.assertIn(self.user.login("alice", "wonderland").status, (303, 403))  # no restart of ours needed

    def test_the_broker_may_come_later(self):
        self.mosquitto.stop()
        self.restart_portal()
        self.assertEqual(self.user.login("alice", "wonderland").status, 503)
        self.mosquitto.start()
        self.mosquitto.retain("alice/webparm/id", b"1")
        self.assertEqual(self.user.login("alice", "wonderland").status, 303)

    def test_the_predecessor_s_spelling_of_webparm_works(self):
        self.mosquitto.retain("bob/webpara/id", b"7")
        self.mosquitto.retain("bob/webpara/thema", b"EvenDarker")
        self.assertEqual(self.user.login("bob", "builder").status, 303)
        self.assertEqual(self.user.session().json()["theme"], "dark")

    def test_F46_what_a_tenant_writes_into_webparm_is_only_text(self):
        for payload in (b"<script>alert(1)</script>", b'1"><img src=x>', b"\x00\xff\xfe", b"1 OR 1=1", b"9" * 1_000_000):
            with self.subTest(payload[:20]):
                self.mosquitto.retain("bob/webparm/id", payload)
                answer = self.visitor().login("bob", "builder")
                self.assertEqual(answer.status, 403)
                self.assertIn("freigeschaltet", answer.text)
                self.assertNotIn("<script", answer.text)
        self.mosquitto.retain("bob/webparm/id", b"8")
        self.mosquitto.retain("bob/webparm/junk", b"x" * 1_000_000)
        for payload in (b"../../etc/passwd", b"dark\r\nSet-Cookie: a=b", b"\xff" * 1_000_000):
            with self.subTest(payload[:20]):
                self.mosquitto.retain("bob/webparm/thema", payload)
                visitor = self.visitor()
                answer = visitor.login("bob", "builder")
                self.assertEqual(answer.status, 303)
                self.assertEqual(len(answer.all("set-cookie")), 2)
                self.assertEqual(visitor.session().json()["theme"], "standard")

    def test_F45_unknown_name_and_wrong_password_look_the_same(self):
        wrong, unknown = (self.visitor().login(user, "wrong") for user in ("alice", "nobody"))
        hidden = [re.sub("alice|nobody", "", answer.text) for answer in (wrong, unknown)]
        self.assertEqual(hidden[0], hidden[1])
        self.assertEqual(wrong.status, unknown.status)

    def test_F33_too_many_attempts_have_to_wait(self):
        statuses = [self.user.login("alice", f"guess {number}").status for number in range(6)]
        self.assertEqual(statuses, [403] * 4 + [429] * 2)
        answer = self.user.login("alice", "wonderland")
        self.assertEqual(answer.status, 429)
        self.assertGreater(int(answer.header("retry-after")), 0)
        self.assertIn("Zu viele Versuche. Bitte warte", answer.text)
        self.assertEqual(self.visitor("198.51.100.1").login("alice", "wonderland").status, 303)
        self.assertIn("login failed: user 'alice' from 203.0.113.77: ", self.portal.text())

    def test_F45_requests_of_other_sites_change_nothing(self):
        self.user.login("alice", "wonderland")
        for origin in ("https://evil.example", "http://cloud.example:8443", "https://cloud.example", "null", None):
            with self.subTest(origin=origin):
                self.assertEqual(self.visitor().post("/login", {"user": "alice", "password": "wonderland"},
                                                     origin=origin).status, 403)
                self.assertEqual(self.user.post("/logout", origin=origin).status, 403)
        self.assertEqual(self.user.session().status, 200)
        self.assertEqual(self.user.post("/logout", None, ("Sec-Fetch-Site", "same-origin"), origin="null").status, 303)

    def test_a_refused_request_leaves_the_connection_in_step(self):
        """The proxy keeps its connections: the body of one request must never become the next one."""
        connection = Unix(self.socket)
        self.addCleanup(connection.close)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
        for path, origin, body, status in (("/login", "https://evil.example", smuggled, 403),
                                           ("/login", ORIGIN, "a=1&a=2", 400), ("/nothing", ORIGIN, smuggled, 404),
                                           ("/login", ORIGIN, "x" * 9_000, 413), ("/login", ORIGIN, "user=alice", 403)):
            connection.request("POST", path, body, {**kind, "Origin": origin})
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, status, path)

    def test_without_origins_the_host_header_says_who_we_are(self):
        self.configure(extra="")
        self.restart_portal()
        host = ("Host", "cloud.example:8443")
        connection_host = [("Sec-Fetch-Site", "cross-site")]
        self.assertEqual(self.visitor().post("/login", {}, *connection_host).status, 403)
        form = {"user": "alice", "password": "wonderland"}
        self.assertEqual(self.visitor().post("/login", form, origin="https://localhost").status, 303)
        self.assertEqual(self.visitor().post("/login", form, origin=f"https://{host[1]}").status, 403)

    def test_F45_next_never_leads_away(self):
        for path in ("https://evil.example/", "//evil.example", "/\\evil.example", "/%2f%2fevil.example",
                     "/\r\nX-Injected: 1", "/\t/evil.example", "/login", "javascript:alert(1)"):
            with self.subTest(path):
                answer = self.visitor().login("alice", "wonderland", next=path)
                self.assertEqual((answer.status, answer.header("location")), (303, "/"))
                self.assertIsNone(answer.header("x-injected"))

    def test_F45_nothing_typed_comes_back_as_markup(self):
        hostile = '"><script>alert(1)</script>'
        for answer in (self.user.login(hostile, hostile, next=hostile, lang=hostile),
                       self.user.get("/login?next=%22%3E%3Cscript%3E&lang=%22%3E%3Cscript%3E"),
                       self.user.get("/login/once?t=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
                       self.user.get("/login/%3Cscript%3E")):
            self.assertNotIn("<script", answer.text)

    def test_F45_names_cannot_inject_headers_or_log_lines(self):
        for name in ("alice\r\nSet-Cookie: a=b", "alice\n203.0.113.1 login failed", "\x1b[31malice"):
            answer = self.user.login(name, "x")
            self.assertEqual(answer.status, 403)
            self.assertEqual(answer.all("set-cookie"), [])
        self.assertNotIn("\x1b", self.portal.text())
        self.assertNotIn("203.0.113.1 login", self.portal.text())

    def test_F62_neither_passwords_nor_cookies_are_logged(self):
        self.user.login("alice", "wonderland")
        self.user.login("alice", "a wrong guess")
        self.user.get("/login/once?t=atoken")
        text = self.portal.text()
        for secret in ("wonderland", "a wrong guess", "atoken", self.cookie_value()):
            self.assertNotIn(secret, text)

    def test_every_answer_has_the_security_headers(self):
        answers = [self.user.get(path) for path in ("/login", "/password", "/api/session", "/nothing", "/login.css")]
        answers += [self.user.login("alice", "wrong"), self.user.login("alice", "wonderland"),
                    self.user.post("/logout", origin="https://evil.example"), self.user.request("PATCH", "/login")]
        for answer in answers:
            for name, part in HEADERS.items():
                self.assertEqual(len(answer.all(name)), 1, name)
                self.assertIn(part, answer.header(name))
            self.assertNotIn("connect-src", answer.header("content-security-policy"))
            kept = "immutable" if "text/css" in (answer.header("content-type") or "") else "no-store"
            self.assertEqual(len(answer.all("cache-control")), 1)
            self.assertIn(kept, answer.header("cache-control"))

    def test_the_page_s_files_are_served_below_login_and_kept_for_good(self):
        page = self.user.get("/login").text
        for kind in ("css", "svg"):
            path = re.search(rf'"(/login\.{kind}\?v=\w+)"', page).group(1)
            answer = self.user.get(path)
            self.assertEqual(answer.status, 200)
            self.assertIn("immutable", answer.header("cache-control"))

    def test_a_logged_in_visitor_of_the_login_page_may_go_on(self):
        self.user.login("alice", "wonderland")
        page = self.user.get("/login?next=/log").text
        self.assertIn("<strong>alice</strong>", page)
        self.assertIn('href="/log"', page)

    def test_the_password_pages_are_not_for_accounts_outside_the_registry(self):
        self.user.login("alice", "wonderland")
        for path, form in (("/password", {"old": "wonderland", "new": "a long new one"}),
                           ("/password/home", {"password": "wonderland"})):
            self.assertEqual(self.user.get(path).status, 200)
            answer = self.user.post(path, form)
            self.assertEqual(answer.status, 403)
            self.assertIn("Betreiber", answer.text)

    def test_without_session_pages_lead_to_the_login_and_the_api_says_401(self):
        for path in ("/password", "/password/home"):
            answer = self.user.get(path)
            self.assertEqual(answer.status, 303)
            self.assertEqual(answer.header("location"), f"/login?next={path.replace('/', '%2F')}&lang=de")
            self.assertEqual(self.user.post(path, {}).status, 303)
        for method, path in (("GET", "/api/session"), ("GET", "/api/sessions"), ("DELETE", "/api/sessions"),
                             ("DELETE", "/api/sessions/" + "0" * 32), ("PUT", "/api/settings")):
            answer = self.user.request(method, path, [("Origin", ORIGIN)], b"{}" if method == "PUT" else None)
            self.assertEqual((answer.status, answer.json()), (401, {"error": "no_session"}))

    def test_F45_forged_and_broken_cookies_open_nothing(self):
        self.user.login("alice", "wonderland")
        good = self.cookie_value()
        flipped = good[:40] + ("A" if good[40] != "A" else "B") + good[41:]
        for value in (flipped, good[:-1], good + "A", "", "A" * 5000, "%00", '"', "=;="):
            with self.subTest(value[:20]):
                self.user.cookies[COOKIE] = value
                self.assertEqual(self.user.session().status, 401)

    def test_the_password_never_counts_from_the_address(self):
        answer = self.user.request("POST", "/login?user=alice&password=wonderland",
                                   [("Origin", ORIGIN), ("Content-Type", "application/x-www-form-urlencoded")], b"")
        self.assertEqual(answer.status, 403)

    def test_forms_that_are_none_are_refused(self):
        for kind, body, status in (("application/json", b"{}", 415), ("text/plain", b"user=alice", 415),
                                   ("multipart/form-data; boundary=x", b"--x--", 400),
                                   ("application/x-www-form-urlencoded", b"user=%zz", 400),
                                   ("application/x-www-form-urlencoded", b"a=1&a=2", 400),
                                   ("application/x-www-form-urlencoded", b"a=" + b"x" * 100_000, 413)):
            with self.subTest(kind=kind, body=body[:20]):
                answer = self.user.request("POST", "/login", [("Origin", ORIGIN), ("Content-Type", kind)], body)
                self.assertEqual(answer.status, status)

    def test_sessions_can_be_seen_and_ended_one_by_one_or_all_others(self):
        phone, tablet = self.visitor("198.51.100.1"), self.visitor("2001:db8:1:2::5")
        self.user.login("alice", "wonderland", ("User-Agent", 'Firefox <script> "x"'))
        phone.login("alice", "wonderland")
        tablet.login("alice", "wonderland")
        sessions = self.user.get("/api/sessions").json()
        self.assertEqual(len(sessions), 3)
        self.assertEqual([session["network"] for session in sessions if session["current"]], ["203.0.113.0/24"])
        self.assertEqual({session["network"] for session in sessions},
                         {"203.0.113.0/24", "198.51.100.0/24", "2001:db8:1::/48"})
        other = next(session["id"] for session in sessions if session["network"].startswith("198."))
        answer = self.user.request("DELETE", f"/api/sessions/{other}", [("Origin", ORIGIN)])
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(phone.session().status, 401)
        self.assertEqual(tablet.session().status, 200)
        answer = self.user.request("DELETE", "/api/sessions", [("Origin", ORIGIN)])
        self.assertEqual((answer.status, answer.json()), (200, {"ended": 1}))
        self.assertEqual(tablet.session().status, 401)
        self.assertEqual(self.user.session().status, 200)
        self.assertEqual(self.user.request("DELETE", "/api/sessions").status, 403)  # no Origin

    def test_F45_another_tenant_s_sessions_are_out_of_reach(self):
        self.mosquitto.retain("bob/webparm/id", b"8")
        bob = self.visitor()
        bob.login("bob", "builder")
        self.user.login("alice", "wonderland")
        own = self.user.get("/api/sessions").json()[0]["id"]
        self.assertEqual(bob.request("DELETE", f"/api/sessions/{own}", [("Origin", ORIGIN)]).status, 404)
        self.assertEqual(len(bob.get("/api/sessions").json()), 1)
        bob.request("DELETE", "/api/sessions", [("Origin", ORIGIN)])
        self.assertEqual(self.user.session().status, 200)


class Life(PortalCase):
    def test_the_socket_is_ours_alone(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.socket.parent).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode) & 0o077, 0)

    def test_it_stops_with_0_and_leaves_no_socket(self):
        idle = socket.socket(socket.AF_UNIX)
        self.addCleanup(idle.close)
        idle.connect(str(self.socket))
        self.assertEqual(self.portal.stop(timeout=6), 0)
        self.assertFalse(self.socket.exists())

    def test_a_stale_socket_is_no_obstacle_but_a_second_portal_is(self):
        second = self.start_another()
        self.assertEqual(second.wait(), 1)
        self.assertIn("portal_socket", second.text())
        self.assertEqual(self.user.get("/login").status, 200)
        self.portal.kill()
        self.assertTrue(self.socket.exists())
        self.start_portal()
        self.assertEqual(self.user.get("/login").status, 200)

    def start_another(self):
        return Process("second", [BIN / "owb-portal", "-c", self.configuration], self.directory / "second.log")

    def test_sessions_survive_a_restart_of_the_portal(self):
        self.user.login("alice", "wonderland")
        self.restart_portal()
        told = self.user.session()
        self.assertEqual(told.status, 200)
        self.assertEqual(told.json()["theme"], "dark")

    def test_a_login_that_has_begun_is_answered_before_it_stops(self):
        with socket.create_server(("127.0.0.1", 0)) as broker:
            broker.settimeout(seconds(5))
            port = broker.getsockname()[1]
            self.configuration.write_text(re.sub("portal_broker .*", f"portal_broker localhost {port}",
                                                 self.configuration.read_text()))
            self.restart_portal()
            answers = []
            login = threading.Thread(target=lambda: answers.append(self.user.login("alice", "wonderland")))
            login.start()
            connection, _ = broker.accept()  # the login is under way
            self.portal.signal(signal.SIGTERM)
            self.until(lambda: not accepts(self.socket), "the portal to stop listening")
            connection.close()
            login.join()
        self.assertEqual([answer.status for answer in answers], [503])
        self.assertEqual(self.portal.wait(), 0)

    def test_a_wrong_certificate_is_broker_away(self):
        self.configuration.write_text(self.configuration.read_text().replace("portal_broker localhost",
                                                                             "portal_broker 127.0.0.2"))
        self.restart_portal()
        self.assertEqual(self.user.login("alice", "wonderland").status, 503)


if __name__ == "__main__":
    unittest.main()

"""Logging in, as a browser does it: the form, each refusal with its own words, the cookie, and what it opens."""

import re
import unittest

from owb.case import Case
from owb.mqtt import V5
from owb.stream import Refused
from owb.web import COOKIE, Browser, portal_post

FOREIGN_ORIGINS = ("https://evil.example", "http://localhost", "https://localhost", "https://localhost.evil.example",
                   "null")


class Portal(Case):
    def setUp(self):
        super().setUp()
        self.cloud = self.make_cloud("alice", "bob", portal=True)
        self.alice, self.bob = self.cloud.tenant["alice"], self.cloud.tenant["bob"]
        self.user = self.browser(self.cloud)

    def log_in(self):
        response = self.user.login("alice", self.alice.password)
        self.assertEqual(response.status, 303, response.text)
        return response

    def test_the_login_page_has_no_script_and_two_languages(self):
        for language, word in (("de", "Passwort"), ("en", "Password")):
            page = self.user.get("/login", [("Accept-Language", language), ("Accept", "text/html")])
            self.assertEqual(page.status, 200)
            self.assertNotIn("<script", page.text.lower())
            self.assertIn(word, page.text)
            self.assertIn("script-src 'none'", page.header("content-security-policy"))
            self.assertEqual(page.header("cache-control"), "no-store")
            self.assertEqual(page.header("referrer-policy"), "same-origin")

    def test_login_gives_a_cookie_that_scripts_and_strangers_cannot_use(self):
        response = self.log_in()
        cookies = response.all("set-cookie")
        self.assertEqual(len(cookies), 1)
        parts = [part.strip().lower() for part in cookies[0].split(";")]
        self.assertTrue(parts[0].startswith(COOKIE.lower() + "="))
        for attribute in ("path=/", "secure", "httponly", "samesite=strict"):
            self.assertIn(attribute, parts)
        self.assertFalse([part for part in parts if part.startswith("domain")])
        self.assertNotIn(self.alice.password, self.user.cookie)
        self.assertNotIn("alice", self.user.cookie)

    def test_login_leads_to_next_but_never_to_another_site(self):
        for path, expected in (("/history?d=2026-11-20", "/history?d=2026-11-20"), ("https://evil.example/", "/"),
                               ("//evil.example/", "/"), ("/\\evil.example", "/"), ("javascript:alert(1)", "/"),
                               ("/\r\nX-Injected: 1", "/")):
            with self.subTest(path):
                user = self.browser(self.cloud)
                response = user.post("/login", {"user": "alice", "password": self.alice.password, "next": path})
                self.assertEqual(response.status, 303)
                self.assertEqual(response.header("location"), expected)
                self.assertIsNone(response.header("x-injected"))

    def test_the_session_names_the_tenant_and_nothing_secret(self):
        self.log_in()
        session = self.user.get("/api/session", [("Accept", "application/json")])
        self.assertEqual(session.status, 200)
        self.assertEqual(session.header("cache-control"), "no-store")
        told = session.json()
        self.assertIn("alice", told.values())
        self.assertNotIn(self.alice.password, session.text)
        self.assertNotIn(self.alice.secret, session.text)
        self.assertEqual(self.browser(self.cloud).get("/api/session").status, 401)

    def test_each_refusal_says_what_is_the_matter(self):
        wrong = self.user.login("alice", "not the password")
        self.assertIn(wrong.status, (401, 403))
        unknown = self.browser(self.cloud).login("nobody", "not the password")
        self.assertEqual(unknown.status, wrong.status)
        self.assertEqual(self.without_names(unknown.text), self.without_names(wrong.text))
        for response in (wrong, unknown):
            self.assertEqual(response.all("set-cookie"), [])
        self.assertNotIn("not the password", wrong.text)

    @staticmethod
    def without_names(page):
        return re.sub("alice|nobody", "", page)

    def test_an_account_without_id_is_not_yet_enabled(self):
        self.cloud.tenants.do("webparm", "alice", "--id", "0")
        response = self.until_answer(lambda: self.user.post(
            "/login", {"user": "alice", "password": self.alice.password}, headers=[("Accept-Language", "de")]),
            lambda answer: answer.status != 303)
        self.assertIn("Konto noch nicht freigeschaltet", response.text)
        self.assertEqual(response.all("set-cookie"), [])

    def until_answer(self, ask, good):
        answers = []

        def asked():
            answers.append(ask())
            return good(answers[-1])

        self.until(asked, "the portal to follow the registry", 5)
        return answers[-1]

    def test_the_broker_may_be_away(self):
        """The portal says so instead of guessing. Asked at the portal's own socket: 8443 is away too."""
        self.assertEqual(self.cloud.broker.stop(), 0)
        response = portal_post(self.cloud.portal_socket, "/login",
                               {"user": "alice", "password": self.alice.password}, self.cloud.web.origin)
        self.assertEqual(response.status, 503, response.text)
        self.assertEqual(response.all("set-cookie"), [])

    def test_too_many_attempts_are_slowed_down_by_address_and_name(self):
        statuses = [self.browser(self.cloud).login("alice", f"guess {number}").status for number in range(40)]
        self.assertEqual(statuses[-1], 429)
        self.assertNotEqual(statuses[0], 429)

    def test_logout_ends_the_session_for_good(self):
        self.log_in()
        stolen = self.browser(self.cloud)
        stolen.cookie = self.user.cookie
        self.assertEqual(stolen.get("/api/session").status, 200)
        page = self.user.mqtt()
        self.assertEqual(page.connect("page").code, 0)
        response = self.user.post("/logout")
        self.assertEqual(response.status, 303)
        self.assertIsNone(self.user.cookie)
        self.assertEqual(stolen.get("/api/session").status, 401)
        page.await_close(3)
        with self.assertRaises(Refused) as refused:
            self.until_refused(stolen)
        self.assertEqual(refused.exception.status, 401)

    def until_refused(self, browser):
        def tried():
            browser.mqtt().close()

        self.until(tried, "the cookie to be refused", 3)

    def test_F45_forms_of_other_sites_are_refused(self):
        for origin in FOREIGN_ORIGINS[:-1]:
            with self.subTest(origin):
                response = self.browser(self.cloud).login("alice", self.alice.password, origin=origin)
                self.assertEqual(response.status, 403)
                self.assertEqual(response.all("set-cookie"), [])
        self.log_in()
        self.assertEqual(self.user.post("/logout", origin="https://evil.example").status, 403)
        self.assertEqual(self.user.get("/api/session").status, 200)

    def test_the_cookie_opens_the_websocket_for_its_own_tenant_only(self):
        self.log_in()
        page = self.user.mqtt()
        answer = page.connect("page", "bob", self.bob.password)
        self.assertEqual(answer.code, 0)  # the tenant in the cookie wins over whatever CONNECT says
        self.assertEqual(page.subscribe(["alice/#", "bob/#"]), [0, 0x87])

    def test_our_cookie_with_a_foreign_origin_is_403(self):
        self.log_in()
        for origin in FOREIGN_ORIGINS:
            with self.subTest(origin), self.assertRaises(Refused) as refused:
                self.user.mqtt(origin=origin)
            self.assertEqual(refused.exception.status, 403)

    def test_our_cookie_without_origin_is_403(self):
        self.log_in()
        with self.assertRaises(Refused) as refused:
            self.cloud.web.mqtt(V5, self.user.headers())
        self.assertEqual(refused.exception.status, 403)

    def test_a_forged_cookie_is_401(self):
        self.log_in()
        good = self.user.cookie
        middle = len(good) // 2
        flipped = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1:]
        for value in (flipped, good[:-4], good + "AAAA", "", "A" * 4000, "%00"):
            forged = Browser(self.cloud.web)
            with self.subTest(value[:20]), self.assertRaises(Refused) as refused:
                headers = [("Cookie", f"{COOKIE}={value}"), ("Origin", self.cloud.web.origin)]
                forged.web.mqtt(V5, headers)
            self.assertEqual(refused.exception.status, 401)

    def test_without_cookie_name_and_password_are_needed(self):
        for headers in ((), [("Cookie", "other=1; theme=dark")]):
            with self.subTest(headers=headers):
                nobody = self.cloud.web.mqtt(V5, headers)
                self.assertIn(nobody.connect("nobody").code, (0x86, 0x87))
                explorer = self.cloud.web.mqtt(V5, headers)
                self.assertEqual(explorer.connect("explorer", "alice", self.alice.password).code, 0)
                self.assertEqual(explorer.subscribe(["#", "$SYS/#"]), [0, 0])

    def test_the_home_secret_is_refused_where_browsers_come_in(self):
        """Rule 11: 2.x status data carry that very secret."""
        client = self.cloud.web.mqtt(V5)
        self.assertIn(client.connect("thief", "alice", self.alice.secret).code, (0x86, 0x87))
        self.assertIn(self.user.login("alice", self.alice.secret).status, (401, 403))

    def test_a_cookie_publishes_orders_only(self):
        """dashboard.md 5; everything else is denied to a page, whatever script got into it."""
        self.log_in()
        page = self.user.mqtt()
        self.assertEqual(page.connect("page").code, 0)
        for topic in ("alice/openWB/set/ChargeMode", "alice/openWB/config/set/sofort/lp/1/current",
                      "alice/openWB/set/chargepoint/3/set/charge_template", "alice/openWB/set/graph/RequestLLiveGraph"):
            self.assertLess(page.publish(topic, "1", qos=1), 0x80, topic)
        for topic in ("alice/openWB/evu/W", "alice/openWB/set/system/PerformUpdate", "alice/x",
                      "alice/openWB/set/command/x/todo/systemReboot"):
            self.assertEqual(page.publish(topic, "1", qos=1), 0x87, topic)

    def test_the_theme_reaches_the_session(self):
        self.cloud.tenants.do("webparm", "alice", "--thema", "dark")
        self.until(lambda: self.has_theme("dark"), "the theme to reach the page", 5)

    def has_theme(self, theme):
        user = self.browser(self.cloud)
        user.login("alice", self.alice.password)
        return theme in user.get("/api/session").text

    def test_the_owner_sees_webparm_over_mqtt(self):
        """Rule 13: served from the registry, as the predecessor's operators set it by hand."""
        client = self.cloud.connected("look", "alice", self.alice.password)
        client.subscribe(["alice/webparm/#", "alice/webpara/#"])
        values = {message.topic: message.text for message in client.receive_all()}
        self.assertGreater(int(values["alice/webparm/id"]), 0)


if __name__ == "__main__":
    unittest.main()

"""Accounts of the registry at the portal: one-time link, password, home secret, theme."""

import re
import unittest

from portal_case import ORIGIN, PortalCase

from owb.cloud import Tenants

PASSWORD = "wonderland"  # carol's, here and in mosquitto's password file
NEW_PASSWORD = "through the looking-glass"


class Account(PortalCase):
    PASSWORDS = {**PortalCase.PASSWORDS, "carol": PASSWORD}

    def setUp(self):
        super().setUp()
        self.tenants = Tenants(self.registry)
        self.carol = self.tenants.add("carol")
        self.tenants.set_password("carol", PASSWORD)
        self.mosquitto.retain("carol/webparm/id", b"1")

    def log_in(self, visitor=None):
        answer = (visitor or self.user).login("carol", PASSWORD)
        self.assertEqual(answer.status, 303, answer.text)

    def test_registry_tenants_get_one_cookie_and_their_theme_from_the_registry(self):
        self.tenants.do("webparm", "carol", "--thema", "dark")
        self.log_in()
        self.assertEqual(len(self.user.cookies), 1)
        self.assertEqual(self.user.session().json()["theme"], "dark")

    def test_the_theme_can_be_changed_and_is_kept(self):
        self.log_in()
        kind = ("Content-Type", "application/json")
        put = lambda body, *headers: self.user.request("PUT", "/api/settings", [kind, *headers], body)
        self.assertEqual(put(b'{"theme":"dark"}').status, 403)  # no Origin
        self.assertEqual(put(b'{"theme":"dark"}', ("Origin", ORIGIN)).status, 200)
        self.assertEqual(self.user.session().json()["theme"], "dark")
        for body in (b"", b"{", b"[]", b'{"theme":1}', b'{"theme":"../x"}', b'{"theme":"dark","user":"alice"}',
                     b'{"language":"de"}', b"[" * 10_000):
            self.assertEqual(put(body, ("Origin", ORIGIN)).status, 400, body[:40])
        self.assertEqual(self.user.session().json()["theme"], "dark")

    def test_the_password_is_changed_and_other_sessions_end(self):
        other = self.visitor("198.51.100.1")
        self.log_in()
        self.log_in(other)
        form = self.user.get("/password").text
        self.assertIn('autocomplete="new-password"', form)
        refused = ((PASSWORD, "short", 400, "zu kurz"), ("wrong", NEW_PASSWORD, 403, "Passwort ist falsch"),
                   (PASSWORD, PASSWORD, 400, "ist das alte"))
        for old, new, status, words in refused:
            answer = self.user.post("/password", {"old": old, "new": new})
            self.assertEqual(answer.status, status)
            self.assertIn(words, answer.text)
        self.assertEqual(other.session().status, 200)
        answer = self.user.post("/password", {"old": PASSWORD, "new": NEW_PASSWORD})
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(self.user.session().status, 200)
        self.assertEqual(other.session().status, 401)
        self.assertEqual(self.user.post("/password", {"old": NEW_PASSWORD, "new": PASSWORD}).status, 200)

    def test_F33_guessing_the_password_with_a_stolen_cookie_is_slowed_down(self):
        self.log_in()
        statuses = [self.user.post("/password/home", {"password": f"guess {n}"}).status for n in range(6)]
        self.assertEqual(statuses, [403] * 4 + [429] * 2)

    def test_a_new_home_secret_is_shown_in_that_one_answer(self):
        self.log_in()
        self.assertNotIn(self.carol.secret, self.user.get("/password/home").text)
        answer = self.user.post("/password/home", {"password": PASSWORD})
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.header("cache-control"), "no-store")
        secret = re.search(r"<code>([A-Za-z0-9]{26})</code>", answer.text).group(1)
        self.assertIn(f"remote_password {secret}\n", answer.text)
        self.assertIn("address cloud.example:8883\n", answer.text)
        self.assertNotEqual(secret, self.carol.secret)
        self.assertNotIn(secret, self.portal.text())
        self.assertNotIn(secret, self.user.get("/password/home").text)

    def test_a_suspended_tenant_is_told_so_and_its_sessions_are_over(self):
        self.log_in()
        self.tenants.do("suspend", "carol", "--yes")
        self.assertEqual(self.user.session().status, 401)
        answer = self.user.login("carol", PASSWORD)
        self.assertEqual(answer.status, 403)
        self.assertIn("gesperrt", answer.text)

    def test_F25_a_cookie_of_a_deleted_tenant_does_not_open_the_new_one(self):
        self.log_in()
        self.tenants.do("delete", "carol", "--yes")
        self.assertEqual(self.user.session().status, 401)
        self.tenants.add("carol")
        self.assertEqual(self.user.session().status, 401)


if __name__ == "__main__":
    unittest.main()

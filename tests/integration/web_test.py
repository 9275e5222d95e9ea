"""Port 8443 beside MQTT: static files, where a page without a cookie leads, the proxy's rules, and its headers."""

import pathlib
import unittest
from http.client import RemoteDisconnected
from urllib.parse import quote

from owb.case import Case
from owb.mqtt import V5, V31, V311
from owb.stream import Refused

SHELL = "<!doctype html><title>shell</title>"
CSS = "body{color:#123}"
PAGES = ("/", "/history", "/log", "/home", "/settings")


class Web(Case):
    def setUp(self):
        super().setUp()
        www = pathlib.Path(self.directory) / "www"
        (www / "assets").mkdir(parents=True)
        (www / "index.html").write_text(SHELL)
        (www / "assets" / "app-1a2b3c4d.css").write_text(CSS)
        (self.directory / "secret.txt").write_text("not for the web")
        self.cloud = self.make_cloud("alice", portal=True, www=www)
        self.alice = self.cloud.tenant["alice"]
        self.web = self.cloud.web
        self.user = self.browser(self.cloud)
        self.assertEqual(self.user.login("alice", self.alice.password).status, 303)

    def test_pages_without_a_cookie_lead_to_the_login(self):
        for path in PAGES:
            answer = self.web.request("GET", path, [("Accept", "text/html")])
            self.assertEqual(answer.status, 303, path)
            expected = "/login" if path == "/" else f"/login?next={quote(path)}"
            self.assertEqual(answer.header("location"), expected)
            self.assertNotIn(SHELL, answer.text)

    def test_a_forged_cookie_leads_to_the_login_too(self):
        answer = self.web.request("GET", "/", [("Accept", "text/html"), ("Cookie", "__Host-owb=AAAA")])
        self.assertEqual(answer.status, 303)

    def test_a_visit_from_another_site_gets_the_shell(self):
        """A Strict cookie is withheld then: the page itself finds out whether somebody is logged in."""
        answer = self.web.request("GET", "/", [("Accept", "text/html"), ("Sec-Fetch-Site", "cross-site")])
        self.assertEqual((answer.status, answer.text), (200, SHELL))

    def test_pages_with_a_cookie_are_the_shell(self):
        for path in (*PAGES, "/history?d=2026-11-20"):
            answer = self.user.get(path)
            self.assertEqual((answer.status, answer.text), (200, SHELL), path)

    def test_every_answer_carries_the_security_headers(self):
        answers = {"page": self.user.get("/"), "asset": self.user.get("/assets/app-1a2b3c4d.css"),
                   "login": self.web.request("GET", "/login"), "missing": self.user.get("/assets/nothing.js"),
                   "redirect": self.web.request("GET", "/", [("Accept", "text/html")]),
                   "api": self.user.get("/api/session")}
        for name, answer in answers.items():
            with self.subTest(name):
                self.assertEqual(answer.header("x-content-type-options"), "nosniff")
                self.assertEqual(answer.header("referrer-policy"), "same-origin")
                self.assertIn("max-age=", answer.header("strict-transport-security") or "")
                self.assertEqual(answer.header("cross-origin-opener-policy"), "same-origin")
                self.assertEqual(answer.header("cross-origin-resource-policy"), "same-origin")
                self.assertIsNotNone(answer.header("permissions-policy"))
                policy = answer.header("content-security-policy") or ""
                self.assertIn("default-src 'none'", policy)
                self.assertIn("frame-ancestors 'none'", policy)
                self.assertNotIn("unsafe", policy)
        self.assertIn(f"wss://localhost:{self.web.port}", answers["page"].header("content-security-policy"))
        self.assertIn("immutable", answers["asset"].header("cache-control"))
        self.assertEqual(answers["asset"].header("content-type").split(";")[0], "text/css")
        self.assertEqual(answers["missing"].status, 404)
        self.assertEqual(answers["api"].header("cache-control"), "no-store")

    def test_no_path_leads_out_of_the_folder(self):
        for path in ("/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
                     "/assets/%2e%2e/%2e%2e/secret.txt", "/..%5csecret.txt", "//etc/passwd", "/assets/..;/secret.txt",
                     "/%00", "/assets/app-1a2b3c4d.css%00.html"):
            with self.subTest(path):
                try:
                    answer = self.user.get(path)
                except RemoteDisconnected:
                    continue  # no answer at all to what is no URL
                self.assertNotIn("not for the web", answer.text)
                self.assertNotIn("root:", answer.text)
                self.assertNotEqual(answer.header("content-type"), "text/plain")

    def test_a_chunked_request_body_is_411(self):
        raw = self.web.raw()
        raw.send(b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"5\r\nname=\r\n0\r\n\r\n")
        self.assertIn(b" 411 ", raw.receive(10).split(b"\r\n", 1)[0])

    def test_length_and_chunks_together_are_refused(self):
        """F41: the shape of request smuggling."""
        raw = self.web.raw()
        raw.send(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"0\r\n\r\nGET /api/session HTTP/1.1\r\nHost: localhost\r\n\r\n")
        first = raw.receive(10)
        self.assertIn(first.split(b" ")[1], (b"400", b"411"))

    def test_a_body_that_is_too_large_is_413(self):
        # Said by the length alone; the answer comes before a byte of the body, and nobody waits for it.
        raw = self.web.raw()
        raw.send(f"POST /login HTTP/1.1\r\nHost: localhost\r\nOrigin: {self.web.origin}\r\n"
                 "Content-Length: 1000000\r\n\r\n".encode())
        self.assertIn(b" 413 ", raw.receive(10).split(b"\r\n", 1)[0])

    def test_headers_of_a_client_cannot_name_its_address(self):
        """Throttling goes by the real address: forged forwarding headers change nothing."""
        statuses = []
        for number in range(40):
            forged = [("X-Forwarded-For", f"198.51.100.{number}"), ("X-Real-IP", f"198.51.100.{number}"),
                      ("X-Owb-Client", f"198.51.100.{number}"), ("Forwarded", f"for=198.51.100.{number}")]
            statuses.append(self.browser(self.cloud).login("alice", "wrong", headers=forged).status)
        self.assertEqual(statuses[-1], 429)

    def test_a_portal_that_is_away_is_said_and_mqtt_goes_on(self):
        page = self.user.mqtt()
        self.assertEqual(page.connect("page").code, 0)
        self.assertEqual(self.cloud.portal.stop(), 0)
        answer = self.web.request("GET", "/login", [("Accept", "text/html")])
        self.assertEqual(answer.status, 502)
        self.assertIn("<html", answer.text.lower())
        page.ping()
        again = self.user.mqtt()
        self.assertEqual(again.connect("again").code, 0)
        self.cloud.start_portal()
        self.until(lambda: self.web.request("GET", "/login").status == 200, "the portal to be reached again")

    def test_mqtt_is_spoken_at_three_paths_in_two_subprotocols(self):
        for path in ("/mqtt", "/ws", "/"):
            for subprotocol in ("mqtt", "mqttv3.1"):
                for level in (V31, V311, V5):
                    with self.subTest(path=path, subprotocol=subprotocol, level=level):
                        client = self.web.mqtt(level, path=path, subprotocols=(subprotocol,))
                        self.assertEqual(client.stream.subprotocol, subprotocol)
                        self.assertEqual(client.connect("", "alice", self.alice.password).code, 0)
                        client.close()

    def test_other_subprotocols_are_refused(self):
        for offered in ((), ("chat",), ("mqttv5",)):
            with self.subTest(offered=offered), self.assertRaises((Refused, Exception)) as refused:
                client = self.web.mqtt(V5, subprotocols=offered)
                client.connect("", "alice", self.alice.password)
            self.assertNotIsInstance(refused.exception, AssertionError)

    def test_packets_may_be_split_and_joined_over_frames(self):
        client = self.web.mqtt(V311)
        send = client.stream.send
        client.stream.send = lambda data: [send(data[i:i + 1]) for i in range(len(data))]
        self.assertEqual(client.connect("split", "alice", self.alice.password).code, 0)
        self.assertEqual(client.subscribe("alice/x", 1), [1])
        self.assertEqual(client.publish("alice/x", "y" * 300, qos=1), 0)
        self.assertEqual(len(client.receive().payload), 300)

    def test_text_frames_are_closed_with_1003(self):
        websocket = self.web.websocket()
        websocket.send_frame(0x1, b"hello")
        with self.assertRaises(Exception) as closed:
            websocket.receive(10)
        self.assertEqual(getattr(closed.exception, "code", None), 1003)


if __name__ == "__main__":
    unittest.main()

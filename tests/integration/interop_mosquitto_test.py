"""Debian's mosquitto_pub, mosquitto_sub and mosquitto_rr in 3.1, 3.1.1 and 5, as owners would call them."""

import subprocess
import unittest

from owb.case import Case
from owb.mqtt import RESPONSE_TOPIC, V5
from owb.tools import MosquittoSub, account, mosquitto_pub

VERSIONS = (3, 4, 5)


class MosquittoClients(Case):
    def setUp(self):
        super().setUp()
        self.cloud = self.make_cloud("alice", "bob")
        self.alice, self.bob = self.cloud.tenant["alice"], self.cloud.tenant["bob"]

    def as_owner(self, tenant, version, way="tls"):
        if way == "tcp":
            return account(self.cloud.plain, tenant.name, tenant.password, version=version)
        return account(self.cloud.tls, tenant.name, tenant.password, self.authority, version)

    def test_each_version_hears_each_version_at_each_qos(self):
        for sender in VERSIONS:
            for receiver in VERSIONS:
                for qos in (0, 1, 2):
                    with self.subTest(sender=sender, receiver=receiver, qos=qos):
                        topic = f"alice/t{sender}{receiver}{qos}"
                        # Retained: whether the subscriber is there already or comes in a moment does not matter.
                        code, said = mosquitto_pub(self.as_owner(self.alice, sender, "tcp" if qos == 1 else "tls"),
                                                   topic, f"hello {qos}", qos=qos, retain=True)
                        self.assertEqual((code, said), (0, ""))
                        sub = MosquittoSub(self.as_owner(self.alice, receiver, "tcp" if qos == 2 else "tls"), topic,
                                           qos=2, count=1)
                        code, lines, _ = sub.end()
                        self.assertEqual((code, lines), (0, [f"{topic} hello {qos}"]))

    def test_a_subscriber_that_stays_hears_what_is_published_line_by_line(self):
        for way in ("tcp", "tls"):
            for version in VERSIONS:
                with self.subTest(way=way, version=version):
                    to = self.as_owner(self.alice, version, way)
                    topic = f"alice/lines/{way}{version}"
                    # The retained one says that it has subscribed.
                    self.assertEqual(mosquitto_pub(to, topic, "first", retain=True)[0], 0)
                    sub = MosquittoSub(to, topic, qos=2, count=101)
                    self.assertEqual(sub.first_line(), f"{topic} first")
                    lines = [f"line {number}" for number in range(100)]
                    sent = subprocess.run(["mosquitto_pub", *to, "-t", topic, "-q", "2", "-l"], text=True,
                                          input="\n".join(lines) + "\n", capture_output=True, timeout=60, check=False)
                    self.assertEqual((sent.returncode, sent.stderr), (0, ""))
                    code, heard, _ = sub.end()
                    self.assertEqual((code, heard), (0, [f"{topic} {line}" for line in lines]))

    def test_a_session_kept_with_c_hears_what_came_meanwhile(self):
        for version in VERSIONS:
            with self.subTest(version):
                to = self.as_owner(self.alice, version)
                topic = f"alice/kept{version}"
                kept = [*to, "-i", f"kept{version}", "-c"] + (["-x", "3600"] if version == 5 else [])
                self.assertEqual(MosquittoSub(kept, topic, qos=2, options=["-E"]).end()[0], 0)
                for number in range(3):
                    self.assertEqual(mosquitto_pub(to, topic, str(number), qos=2)[0], 0)
                code, lines, _ = MosquittoSub(kept, topic, qos=2, count=3).end()
                self.assertEqual((code, lines), (0, [f"{topic} {number}" for number in range(3)]))

    def test_a_request_finds_its_answer(self):
        to = self.as_owner(self.alice, 5)
        topic, answer = "alice/rr/ask", "alice/rr/answer"
        server = self.cloud.connected("server", "alice", self.alice.password, V5)
        server.subscribe(topic, 1)
        asker = subprocess.Popen(["mosquitto_rr", *to, "-t", topic, "-e", answer, "-m", "how much?", "-q", "1"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        asked = server.receive()
        self.assertEqual((asked.text, asked.properties[RESPONSE_TOPIC]), ("how much?", answer))
        server.publish(asked.properties[RESPONSE_TOPIC], "4 kW", qos=1)
        self.assertEqual((asker.communicate(timeout=30)[0], asker.returncode), ("4 kW\n", 0))

    def test_hash_shows_only_what_is_one_s_own(self):
        """The issue's own words: mosquitto_sub -t '#' as one tenant shows only its own."""
        for tenant in (self.alice, self.bob):
            for number in range(3):
                code, _ = mosquitto_pub(self.as_owner(tenant, 4), f"{tenant.name}/openWB/lp/{number}/W", "1", retain=True)
                self.assertEqual(code, 0)
        for version in VERSIONS:
            sub = MosquittoSub(self.as_owner(self.alice, version), "#", "$SYS/#", wait=2)
            _, lines, _ = sub.end()
            topics = {line.split(" ")[0] for line in lines}
            self.assertTrue({f"alice/openWB/lp/{number}/W" for number in range(3)} <= topics, topics)
            self.assertEqual({topic for topic in topics if not topic.startswith("alice/")}, set())

    def test_a_wrong_password_is_named_as_such(self):
        for version, code in ((3, 5), (4, 5), (5, 135)):
            with self.subTest(version):
                to = account(self.cloud.tls, "alice", "wrong", self.authority, version)
                returned, said = mosquitto_pub(to, "alice/x", "1")
                self.assertIn(returned, (code, 4, 134), said)

    def test_the_loopback_listener_serves_the_same_tenants(self):
        to = account(self.cloud.plain, "alice", self.alice.password)
        self.assertEqual(mosquitto_pub(to, "alice/x", "1")[0], 0)
        self.assertNotEqual(mosquitto_pub(account(self.cloud.plain), "alice/x", "1")[0], 0)


if __name__ == "__main__":
    unittest.main()

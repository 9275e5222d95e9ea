"""Debian's mosquitto_pub and mosquitto_sub in 3.1, 3.1.1 and 5, as owners would call them."""

import unittest

from owb.case import Case
from owb.tools import MosquittoSub, account, mosquitto_pub

VERSIONS = (3, 4, 5)


class MosquittoClients(Case):
    def setUp(self):
        super().setUp()
        self.cloud = self.make_cloud("alice", "bob")
        self.alice, self.bob = self.cloud.tenant["alice"], self.cloud.tenant["bob"]

    def as_owner(self, tenant, version):
        return account(self.cloud.tls, tenant.name, tenant.password, self.authority, version)

    def test_each_version_hears_each_version_at_each_qos(self):
        for sender in VERSIONS:
            for receiver in VERSIONS:
                for qos in (0, 1, 2):
                    with self.subTest(sender=sender, receiver=receiver, qos=qos):
                        topic = f"alice/t{sender}{receiver}{qos}"
                        ready = f"{topic}/ready"
                        sub = MosquittoSub(self.as_owner(self.alice, receiver), topic, ready, qos=2, count=2)
                        # Retained: whether the subscriber is there already or comes in a moment does not matter.
                        for name in (ready, topic):
                            code, said = mosquitto_pub(self.as_owner(self.alice, sender), name, f"hello {qos}",
                                                       qos=qos, retain=True)
                            self.assertEqual((code, said), (0, ""))
                        code, lines, _ = sub.end()
                        self.assertEqual((code, sorted(lines)),
                                         (0, sorted([f"{topic} hello {qos}", f"{ready} hello {qos}"])))

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

"""Two tenants who try everything on each other: F18 to F24 and F30, over MQTT 3.1, 3.1.1 and 5.0, on a running broker."""

import unittest

from owb import mqtt
from owb.case import Case
from owb.mqtt import RESPONSE_TOPIC, SESSION_EXPIRY, TOPIC_ALIAS, V5, V31, V311, Will

LEVELS = (V31, V311, V5)
REFUSED = {V31: (0, 1, 2), V311: (0x80,), V5: (0x87,)}
FOREIGN_FILTERS = ("bob/#", "bob/+/x", "alicex/#", "Alice/#", "ALICE/#", "/alice/#", "alic", "bob", "bob/cloud/home",
                   "$share/g/bob/#", "al\u0456ce/#", "alice\u200b/#")
HARMLESS_FILTERS = ("#", "+/#", "+/x", "+/openWB/#", "alice/../bob/#", "alice/#", "$SYS/#", "$share/g/#", "$share/g/+/#")


class TwoTenants(Case):
    def setUp(self):
        super().setUp()
        self.cloud = self.make_cloud("alice", "bob")
        self.alice, self.bob = self.cloud.tenant["alice"], self.cloud.tenant["bob"]

    def client(self, tenant, client_id, level=V311, **options):
        client = self.cloud.connected(client_id, tenant.name, tenant.password, level, **options)
        self.addCleanup(client.close)
        return client

    @staticmethod
    def fence(client):
        """What this client was sent so far, but for the topics the broker itself keeps for each tenant."""
        return [message for message in client.receive_all() if message.topic.split("/")[1:2] not in (["webparm"], ["webpara"])]

    def test_F18_filters_never_reach_another_tenant(self):
        for level in LEVELS:
            with self.subTest(level=level):
                spy = self.client(self.alice, f"spy{level}", level)
                for topic_filter in FOREIGN_FILTERS:
                    with self.subTest(filter=topic_filter):
                        self.assertIn(spy.subscribe(topic_filter, 1)[0], REFUSED[level])
                for topic_filter in HARMLESS_FILTERS:
                    with self.subTest(filter=topic_filter):
                        if level == V5 or not topic_filter.startswith("$share"):
                            self.assertLess(spy.subscribe(topic_filter, 1)[0], 0x80)
                victim = self.client(self.bob, f"bob{level}", level)
                for topic in ("bob/openWB/evu/W", "bob/x", "bob"):
                    self.assertLess(victim.publish(topic, "private", qos=1, retain=True), 0x80)
                own = self.client(self.alice, f"own{level}")
                own.publish("alice/openWB/evu/W", "mine", qos=1)
                self.assertEqual(spy.receive(topic="alice/openWB/evu/W").text, "mine")
                self.assertEqual([m.topic for m in self.fence(spy) if not m.topic.startswith("alice/")], [])

    def test_F18_publishing_under_another_name_is_dropped(self):
        victim = self.client(self.bob, "victim")
        victim.subscribe("#", 1)
        for level in LEVELS:
            with self.subTest(level=level):
                attacker = self.client(self.alice, f"attacker{level}", level)
                for topic in ("bob/openWB/set/ChargeMode", "bob/x", "/bob/x", "BOB/x", "alicex/x", "$SYS/x",
                              "$CONTROL/dynamic-security/v1"):
                    for qos in (1, 2):
                        code = attacker.publish(topic, "0", qos=qos, retain=True)
                        self.assertEqual(code, 0x87 if level == V5 else 0, (topic, qos))
                self.assertLess(attacker.publish("alice/x", "still here", qos=1), 0x80)
        victim.publish("bob/openWB/own", "1", qos=1)
        self.assertEqual([m.topic for m in self.fence(victim)], ["bob/openWB/own"])

    def test_F18_retained_messages_stay_at_home(self):
        self.client(self.bob, "bob").publish("bob/openWB/system/Version", "1.9.304", qos=1, retain=True)
        for level in LEVELS:
            late = self.client(self.alice, f"late{level}", level)
            late.subscribe("#", 1)
            late.subscribe("+/openWB/#", 1)
            self.assertEqual([m.topic for m in late.receive_all() if "Version" in m.topic], [])

    def test_F19_each_filter_of_one_subscribe_is_checked(self):
        for level in LEVELS:
            with self.subTest(level=level):
                client = self.client(self.alice, f"many{level}", level)
                codes = client.subscribe(["alice/#", "bob/#", "alice/x", "+/y", "bob/x"], 1)
                self.assertEqual([codes[0], codes[2], codes[3]], [1, 1, 1])
                self.assertIn(codes[1], REFUSED[level])
                self.assertIn(codes[4], REFUSED[level])

    def test_F20_odd_user_names_never_get_in(self):
        for name in ("#", "+", "a/b", "al+ice", "", "alice/", "alice\0", "$SYS", "%u", "a" * 33, "a" * 65535, "alice ",
                     "al.ice", "alice/#"):
            with self.subTest(name=name[:20]):
                for level in LEVELS:
                    client = self.cloud.mqtt(level)
                    try:
                        code = client.connect("odd", name, self.alice.password).code
                    except mqtt.Closed:
                        code = None  # malformed: closed without an answer
                    self.assertNotEqual(code, 0)
                    client.close()

    def test_F20_the_operator_cannot_create_them(self):
        for name in ("#", "+", "a/b", "al+ice", "", "$SYS", "%u", "a" * 33, "al.ice", "ali ce", "ümit"):
            with self.subTest(name=name[:20]):
                done = self.cloud.tenants.run("add", "--", name)
                self.assertNotEqual(done.returncode, 0)
                self.assertTrue(done.stderr.strip())

    def test_F21_client_ids_belong_to_the_tenant(self):
        victim = self.client(self.bob, "same-id", V311, clean=False)
        victim.subscribe(["bob/x", "bob/queued"], 1)
        for level in LEVELS:
            for clean in (True, False):
                with self.subTest(level=level, clean=clean):
                    twin = self.client(self.alice, "same-id", level, clean=clean)
                    twin.subscribe("alice/#", 1)
                    victim.ping()
                    self.client(self.bob, "other").publish("bob/x", "for bob", qos=1)
                    self.assertEqual(victim.receive().topic, "bob/x")
                    self.assertEqual(self.fence(twin), [])
                    twin.disconnect()
        victim.close()
        self.client(self.bob, "other").publish("bob/queued", "1", qos=1)
        thief = self.client(self.alice, "same-id", V311, clean=False)
        self.assertEqual(self.fence(thief), [])
        again = self.client(self.bob, "same-id", V311, clean=False)
        self.assertEqual(again.receive().topic, "bob/queued")

    def test_F22_a_foreign_will_refuses_the_connect(self):
        for level in LEVELS:
            for topic in ("bob/openWB/set/ChargeMode", "$CONTROL/dynamic-security/v1", "$SYS/broker/load", "BOB/x"):
                with self.subTest(level=level, topic=topic):
                    client = self.cloud.mqtt(level)
                    answer = client.connect("will", "alice", self.alice.password, will=Will(topic))
                    self.assertIn(answer.code, (0x87, 0x90) if level == V5 else (5,))
                    client.close()

    def test_F22_a_bridge_may_announce_itself_and_is_not_heard_of(self):
        watcher = self.client(self.alice, "watcher")
        watcher.subscribe(["#", "$SYS/#"], 1)
        client = self.cloud.mqtt(V311 | mqtt.BRIDGE_BIT)
        will = Will("$SYS/broker/connection/home.bridge/state", b"0", 1, True)
        self.assertEqual(client.connect("home.bridge", "alice", self.alice.secret, will=will).code, 0)
        self.assertEqual(client.publish("$SYS/broker/connection/home.bridge/state", "1", qos=1, retain=True), 0)
        self.assertEqual([m.topic for m in self.fence(watcher) if m.topic.startswith("$SYS")], [])

    def test_F24_a_response_topic_outside_is_denied(self):
        victim = self.client(self.bob, "victim", V5)
        victim.subscribe("bob/#", 1)
        client = self.client(self.alice, "asks", V5)
        reader = self.client(self.alice, "reads", V5)
        reader.subscribe("alice/question", 1)
        self.assertEqual(client.publish("alice/question", "?", qos=1, props={RESPONSE_TOPIC: "bob/answer"}), 0x87)
        self.assertEqual(client.publish("alice/question", "?", qos=1, props={RESPONSE_TOPIC: "alice/answer"}), 0)
        self.assertEqual(reader.receive().properties[RESPONSE_TOPIC], "alice/answer")
        self.assertEqual(self.fence(victim), [])

    def test_F24_an_alias_is_checked_like_the_topic_it_stands_for(self):
        victim = self.client(self.bob, "victim", V5)
        victim.subscribe("bob/#", 1)
        client = self.client(self.alice, "aliases", V5)
        self.assertEqual(client.publish("bob/x", "1", qos=1, props={TOPIC_ALIAS: 1}), 0x87)
        try:
            self.assertNotEqual(client.publish("", "2", qos=1, props={TOPIC_ALIAS: 1}), 0)
        except mqtt.Closed:
            pass  # the refused topic left no alias behind: a protocol error, closed
        self.assertEqual(self.fence(victim), [])

    def test_F30_nobody_is_anonymous(self):
        for level in LEVELS:
            refusal = (0x86, 0x87) if level == V5 else (4, 5)
            for user, password in ((None, None), ("", ""), ("", None), ("alice", None), ("alice", ""),
                                   ("alice", "wrong"), ("nobody", "wrong")):
                with self.subTest(level=level, user=user, password=password):
                    client = self.cloud.mqtt(level)
                    self.assertIn(client.connect("anon", user, password).code, refusal)
                    client.await_close()

    def test_F30_a_password_without_a_user_is_refused(self):
        for level, refusal in ((V31, None), (V311, None), (V5, (0x86, 0x87))):
            with self.subTest(level=level):
                client = self.cloud.mqtt(level)
                try:
                    code = client.connect("anon", None, "secret").code
                except mqtt.Closed:
                    code = None  # 3.1.1: the flag alone is a violation [MQTT-3.1.2-22]
                self.assertNotEqual(code, 0)
                if refusal:
                    self.assertIn(code, refusal)

    def test_what_was_denied_is_told_to_the_owner_who_asked_for_it(self):
        """Rule 4: cloud/denied, retained, only by naming cloud."""
        watcher = self.client(self.alice, "watcher")
        watcher.subscribe("alice/cloud/denied", 1)
        other = self.client(self.bob, "other")
        other.subscribe(["#", "bob/cloud/#"], 1)
        self.client(self.alice, "clumsy").publish("aliceopenWB/evu/W", "1", qos=1)
        denied = self.json_of(watcher.receive(topic="alice/cloud/denied"))
        self.assertGreaterEqual(denied["count"], 1)
        self.assertIn("aliceopenWB/evu/W", denied.values())
        self.assertEqual([m.topic for m in self.fence(other) if "denied" in m.topic], [])

    def test_the_broker_s_own_topics_cannot_be_written(self):
        client = self.client(self.alice, "forger", V5)
        for topic in ("alice/cloud/home", "alice/cloud/denied", "alice/webparm/id", "alice/webparm/thema"):
            with self.subTest(topic):
                self.assertEqual(client.publish(topic, "1", qos=1, retain=True), 0x87)

    def test_orders_are_never_retained(self):
        """Rule 9, whoever sends them."""
        client = self.client(self.alice, "theme")
        for topic in ("alice/openWB/set/ChargeMode", "alice/openWB/config/set/pv/minCurrentMinPv",
                      "alice/openWB/simpleAPI/set/bat_mode", "alice/openWB/log/daily/20261120"):
            client.publish(topic, "1", qos=1, retain=True)
        late = self.client(self.alice, "late")
        late.subscribe("#", 1)
        self.assertEqual([m.topic for m in late.receive_all() if "/openWB/" in m.topic], [])

    def test_a_session_of_one_tenant_waits_for_that_tenant_alone(self):
        first = self.client(self.alice, "keeper", V5, clean=False, props={SESSION_EXPIRY: 600})
        first.subscribe("alice/x", 1)
        first.close()
        self.client(self.alice, "writer").publish("alice/x", "kept", qos=1)
        again = self.cloud.mqtt(V5)
        answer = again.connect("keeper", "alice", self.alice.password, clean=False, props={SESSION_EXPIRY: 600})
        self.assertTrue(answer.session_present)
        self.assertEqual(again.receive().text, "kept")


if __name__ == "__main__":
    unittest.main()

"""Eclipse Paho for Python (Debian's) in 3.1, 3.1.1 and 5.0 over TCP, TLS and secure WebSocket."""

import queue
import unittest

from paho.mqtt import client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from owb.case import Case
from owb.wait import seconds

VERSIONS = {"3.1": paho.MQTTv31, "3.1.1": paho.MQTTv311, "5.0": paho.MQTTv5}
WAYS = ("tcp", "tls", "wss")
EACH_QOS = 25


class Device:
    """A Paho client with its network thread; what it is told stands in queues."""

    def __init__(self, case, way, version, client_id, clean=True, expiry=0):
        self.heard = queue.Queue()
        self.connected, self.subscribed, self.ended = queue.Queue(), queue.Queue(), queue.Queue()
        five = version == paho.MQTTv5
        options = {} if five else {"clean_session": clean}
        self.paho = paho.Client(client_id, protocol=version, transport="websockets" if way == "wss" else "tcp",
                                **options)
        self.paho.username_pw_set("alice", case.alice.password)
        if way != "tcp":
            self.paho.tls_set(str(case.authority.certificate))
        if way == "wss":
            self.paho.ws_set_options(path="/mqtt")
        self.paho.on_message = lambda client, data, message: self.heard.put(message)
        self.paho.on_connect = lambda client, data, flags, code, *rest: self.connected.put((int_of(code), flags))
        self.paho.on_subscribe = lambda client, data, mid, codes, *rest: self.subscribed.put([int_of(c) for c in codes])
        self.paho.on_disconnect = lambda client, data, code, *rest: self.ended.put(int_of(code))
        port = {"tcp": case.cloud.plain, "tls": case.cloud.tls, "wss": case.cloud.web.port}[way]
        if five:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = expiry
            options = {"clean_start": clean, "properties": properties}
        self._connect = lambda: self.paho.connect("localhost", port, keepalive=30, **(options if five else {}))

    def connect(self):
        """Returns (reason code, flags of CONNACK)."""
        self._connect()
        self.paho.loop_start()
        return self.connected.get(timeout=seconds(10))

    def subscribe(self, topic, qos):
        self.paho.subscribe(topic, qos)
        return self.subscribed.get(timeout=seconds(10))

    def hear(self):
        return self.heard.get(timeout=seconds(10))

    def leave(self):
        self.paho.disconnect()
        self.stop()

    def stop(self):
        self.paho.loop_stop()


def int_of(code):
    return code if isinstance(code, int) else code.value


class PahoPython(Case):
    def setUp(self):
        super().setUp()
        self.cloud = self.make_cloud("alice", "bob")
        self.alice = self.cloud.tenant["alice"]

    def device(self, *what, **options):
        device = Device(self, *what, **options)
        self.addCleanup(device.stop)
        return device

    def test_messages_of_every_qos_arrive_in_order_on_every_way(self):
        for way in WAYS:
            for name, version in VERSIONS.items():
                with self.subTest(way=way, version=name):
                    device = self.device(way, version, f"paho-{way}-{name}")
                    self.assertEqual(device.connect()[0], 0)
                    self.assertEqual(device.subscribe("alice/paho/#", 2), [2])
                    sent = [(qos, f"{number}-{qos}") for number in range(EACH_QOS) for qos in (0, 1, 2)]
                    for qos, payload in sent:
                        device.paho.publish(f"alice/paho/{qos}", payload, qos)
                    heard = [device.hear() for _ in sent]
                    for qos in (0, 1, 2):
                        self.assertEqual([(m.qos, m.payload.decode()) for m in heard if m.topic == f"alice/paho/{qos}"],
                                         [both for both in sent if both[0] == qos])
                    device.leave()
                    self.assertEqual(device.ended.get(timeout=seconds(10)), 0)

    def test_a_persistent_session_keeps_what_comes_meanwhile(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                options = {"clean": False, "expiry": 3600}
                first = self.device("tls", version, f"keeper-{name}", **options)
                self.assertEqual(first.connect()[0], 0)
                topic = f"alice/kept/{name}"
                first.subscribe(topic, 2)
                first.leave()
                other = self.device("tcp", version, f"other-{name}")
                other.connect()
                for number in range(EACH_QOS):
                    other.paho.publish(topic, str(number), 2).wait_for_publish(seconds(10))
                other.leave()
                again = self.device("wss", version, f"keeper-{name}", **options)
                code, flags = again.connect()
                # 3.1 has no such flag.
                self.assertEqual((code, flags["session present"]), (0, 0 if version == paho.MQTTv31 else 1))
                self.assertEqual([again.hear().payload.decode() for _ in range(EACH_QOS)],
                                 [str(number) for number in range(EACH_QOS)])
                again.leave()

    def test_a_will_is_published_and_a_retained_message_is_shown(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                topic = f"alice/state/{name}"
                watcher = self.device("tls", version, f"watcher-{name}")
                watcher.connect()
                watcher.subscribe(topic, 1)
                dying = self.device("wss", version, f"dying-{name}")
                dying.paho.will_set(topic, "gone", 1, retain=True)
                dying.connect()
                dying.paho.publish(topic, "here", 1, retain=True).wait_for_publish(seconds(10))
                self.assertEqual(watcher.hear().payload, b"here")
                dying.stop()
                dying.paho.socket().close()
                told = watcher.hear()
                self.assertEqual((told.payload, told.retain), (b"gone", 0))
                late = self.device("tcp", version, f"late-{name}")
                late.connect()
                late.subscribe(topic, 1)
                told = late.hear()
                self.assertEqual((told.payload, told.retain), (b"gone", 1))
                for device in (watcher, late):
                    device.leave()

    def test_what_only_mqtt_5_has_is_passed_on(self):
        device = self.device("tls", paho.MQTTv5, "five")
        device.connect()
        subscription = Properties(PacketTypes.SUBSCRIBE)
        subscription.SubscriptionIdentifier = 7
        device.paho.subscribe("alice/five", 1, properties=subscription)
        device.subscribed.get(timeout=seconds(10))
        asked = Properties(PacketTypes.PUBLISH)
        asked.ContentType = "text/plain"
        asked.ResponseTopic = "alice/answer"
        asked.CorrelationData = b"42"
        asked.MessageExpiryInterval = 60
        asked.UserProperty = [("a", "1"), ("b", "2"), ("a", "3")]
        device.paho.publish("alice/five", "hello", 1, properties=asked)
        told = device.hear().properties
        self.assertEqual((told.ContentType, told.ResponseTopic, told.CorrelationData, told.SubscriptionIdentifier),
                         ("text/plain", "alice/answer", b"42", [7]))
        self.assertEqual(told.UserProperty, [("a", "1"), ("b", "2"), ("a", "3")])
        self.assertIn(told.MessageExpiryInterval, (59, 60))

    def test_a_refusal_is_understood(self):
        for name, version in VERSIONS.items():
            with self.subTest(version=name):
                device = self.device("tls", version, "wrong")
                device.paho.username_pw_set("alice", "wrong")
                self.assertEqual(device.connect()[0], 134 if version == paho.MQTTv5 else 5)
                device.stop()
                device = self.device("tls", version, "filters")
                device.connect()
                granted = device.subscribe("bob/#", 1)
                self.assertEqual(granted, {paho.MQTTv5: [0x87], paho.MQTTv311: [0x80]}.get(version, [1]))
                device.leave()


if __name__ == "__main__":
    unittest.main()

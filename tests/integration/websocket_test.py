"""MQTT over WebSocket against the running broker (RFC 6455; F41, F42): frames, closes, wills, takeover, limits."""

import struct
import unittest

from owb import mqtt, stream
from owb.case import Case
from owb.cloud import BIN
from owb.files import free_port, listens
from owb.mqtt import V5, V31, V311, Will, binary, connect_packet, packet
from owb.process import Process
from owb.relay import DOWN, UP
from owb.stream import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Closed, Refused
from owb.wait import seconds

OPCODE_3, RESERVED_BIT = 0x3, 0x40


def publish_packet(topic, payload):
    return packet(0x30, binary(topic) + payload)


def subscribe_packet(topic):
    return packet(0x82, b"\0\1" + binary(topic) + b"\1")


class WebSocketCase(Case):
    def setUp(self):
        super().setUp()
        self.cloud = self.make_cloud("alice", extra=self.extra(), start=False)
        self.before_start()
        self.cloud.start(portal=False)
        self.alice = self.cloud.tenant["alice"]
        self.web = self.cloud.web

    def extra(self):
        return ""

    def before_start(self):
        pass

    def connect_bytes(self, client_id, **options):
        return connect_packet(V311, client_id, "alice", self.alice.password, **options)

    def browser_tab(self, client_id, level=V311, web=None, **options):
        """A client over wss that was let in."""
        client = (web or self.web).mqtt(level)
        self.assertEqual(client.connect(client_id, "alice", self.alice.password, **options).code, 0)
        return client

    def watcher(self, topic):
        client = self.cloud.connected("watcher", "alice", self.alice.password)
        client.subscribe(topic, 1)
        return client


class Frames(WebSocketCase):
    def test_packets_may_share_a_frame(self):
        client = self.web.mqtt(V311)
        client.stream.send(self.connect_bytes("merged") + subscribe_packet("alice/x")
                           + b"".join(publish_packet("alice/x", b"%d" % number) for number in range(100)))
        self.assertEqual([client.receive().text for _ in range(100)], [str(number) for number in range(100)])

    def test_packets_may_be_cut_anywhere(self):
        """Into fragments of one byte, with pings and empty fragments between; every frame in TCP segments of one byte."""
        websocket = self.web.websocket()
        client = mqtt.Client(websocket, V311)
        below = websocket._stream
        send = below.send
        below.send = lambda data: [send(data[i:i + 1]) for i in range(len(data))]
        data = self.connect_bytes("cut") + subscribe_packet("alice/x") + publish_packet("alice/x", b"whole")
        for index, byte in enumerate(data):
            websocket.send_frame(BINARY if index == 0 else CONTINUATION, bytes([byte]), final=False)
            if index % 8 == 0:
                websocket.send_frame(PING, b"between")
                websocket.send_frame(CONTINUATION, b"", final=False)
        websocket.send_frame(CONTINUATION, b"", final=True)
        websocket.send_frame(BINARY, b"")
        websocket.send_frame(BINARY, publish_packet("alice/x", b"and on"))
        self.assertEqual([client.receive().text, client.receive().text], ["whole", "and on"])

    def test_frames_of_every_length_form_arrive(self):
        client = self.browser_tab("lengths")
        client.subscribe("alice/x", 0)
        for size in (0, 100, 125, 126, 127, 65_000, 65_535, 65_536, 300_000):
            client.stream.send_frame(BINARY, publish_packet("alice/x", b"z" * size))
            self.assertEqual(len(client.receive().payload), size)

    def test_pings_are_answered_and_pongs_are_not(self):
        client = self.browser_tab("pings")
        for payload in (b"", b"x", bytes(range(125))):
            client.stream.send_frame(PONG, b"nobody asked")
            client.stream.send_frame(PING, payload)
            self.assertEqual(client.stream.next_frame(10), (PONG, payload))
        client.ping()

    def test_F41_a_flood_of_pings_hurts_nobody(self):
        client, other = self.browser_tab("flood"), self.browser_tab("other")
        other.subscribe("alice/x", 1)
        for _ in range(20_000):
            client.stream.send_frame(PING, b"p" * 100)
        other.publish("alice/x", "served", qos=1)
        self.assertEqual(other.receive().text, "served")
        client.stream.send_frame(BINARY, packet(0xC0, b""))
        while client.stream.next_frame(10) != (BINARY, packet(0xD0, b"")):
            pass

    def test_F41_what_is_no_proper_frame_ends_the_connection_and_its_will_is_published(self):
        def raw(data):
            return lambda websocket: websocket._stream.send(data)

        def frames(*sent):
            return lambda websocket: [websocket.send_frame(*frame) for frame in sent]

        broken = {
            "text": (frames((TEXT, b"hello")), 1003),
            "empty text": (frames((TEXT, b"")), 1003),
            "text fragment": (frames((TEXT, b"hel", False)), 1003),
            "continuation without start": (frames((CONTINUATION, b"x")), 1002),
            "a message inside a message": (frames((BINARY, b"", False), (BINARY, b"")), 1002),
            "unknown opcode": (frames((OPCODE_3, b"x")), 1002),
            "unknown control opcode": (frames((0xB, b"x")), 1002),
            "reserved bit": (frames((BINARY | RESERVED_BIT, b"x")), 1002),
            "fragmented ping": (frames((PING, b"x", False)), 1002),
            "fragmented close": (frames((CLOSE, b"", False)), 1002),
            "long ping": (frames((PING, b"p" * 126)), 1002),
            "long close": (frames((CLOSE, struct.pack("!H", 1000) + b"c" * 124)), 1002),
            "2^63 bytes": (raw(b"\x82\xff\x80" + bytes(7)), 1002),
            "2^64-1 bytes": (raw(b"\x82\xff" + b"\xff" * 8), 1002),
            "no MQTT": (frames((BINARY, b"\xf0\x00")), 1002),
        }
        watcher = self.watcher("alice/gone")
        for what, (send, code) in broken.items():
            with self.subTest(what):
                client = self.browser_tab("broken", will=Will("alice/gone", what.encode(), qos=1))
                send(client.stream)
                self.assertEqual(self.close_code(client.stream), code)
                client.stream.close()  # else the broker waits some seconds for an answer to its close frame
                self.assertEqual(watcher.receive().text, what)

    def test_F41_a_frame_that_announces_more_than_any_packet_costs_no_memory(self):
        """The length of a frame is nobody's promise: only the MQTT packet inside is bounded."""
        client = self.browser_tab("announcer")
        client.stream._stream.send(b"\x82\xff" + struct.pack("!Q", 2**62) + b"\0\0\0\0")
        client.stream._stream.send(publish_packet("alice/x", b"inside"))
        client.stream._stream.send(packet(0xC0, b""))
        client._await(mqtt.PINGRESP)

    @staticmethod
    def close_code(websocket):
        try:
            websocket.receive(seconds(10))
        except Closed as closed:
            return closed.code
        raise AssertionError("the broker sent data")


class Closing(WebSocketCase):
    def test_a_close_is_answered_with_its_code_and_then_the_stream_ends(self):
        for code in (1000, 1001, 3000, 4999):
            with self.subTest(code):
                client = self.browser_tab("closing")
                client.stream.send_frame(CLOSE, struct.pack("!H", code) + b"bye")
                opcode, data = client.stream.next_frame(10)
                self.assertEqual((opcode, data[:2]), (CLOSE, struct.pack("!H", code)))
                with self.assertRaises(Closed):
                    client.stream.next_frame(10)

    def test_a_close_without_a_code_is_answered_too(self):
        client = self.browser_tab("closing")
        client.stream.send_frame(CLOSE, b"")
        self.assertEqual(client.stream.next_frame(10)[0], CLOSE)

    def test_a_disconnect_is_a_normal_end(self):
        watcher = self.watcher("alice/gone")
        client = self.browser_tab("leaving", will=Will("alice/gone"))
        client.stream.send(packet(0xE0, b""))
        with self.assertRaises(Closed) as closed:
            client.stream.receive(10)
        self.assertEqual(closed.exception.code, 1000)
        self.assertEqual(watcher.receive_all(), [])

    def test_F41_both_may_close_at_the_same_time(self):
        for _ in range(20):
            client = self.browser_tab("race", V5)
            client.stream.send(packet(0xE0, b""))  # the broker closes
            client.stream.send_frame(CLOSE, struct.pack("!H", 1001))
            with self.assertRaises(Closed):
                while True:
                    client.stream.next_frame(10)
        self.browser_tab("after")

    def test_frames_behind_a_close_are_not_obeyed(self):
        watcher = self.watcher("alice/x")
        client = self.browser_tab("closing")
        client.stream.send_frame(CLOSE, struct.pack("!H", 1000))
        client.stream.send(publish_packet("alice/x", b"too late"))
        with self.assertRaises(Closed):
            while True:
                client.stream.next_frame(10)
        self.assertEqual(watcher.receive_all(), [])

    def test_stopping_says_1001(self):
        client = self.browser_tab("last", V5)
        self.cloud.broker.signal(15)
        self.assertEqual(client.stream.next_frame(10), (BINARY, packet(0xE0, b"\x8b")))
        self.assertEqual(client.stream.next_frame(10), (CLOSE, struct.pack("!H", 1001)))


class Tabs(WebSocketCase):
    def test_F42_a_tab_that_is_closed_without_disconnect_publishes_its_will(self):
        watcher = self.watcher("alice/gone")
        ways = {"TCP reset": lambda s: s.reset(), "TCP end": lambda s: s.close(),
                "close frame": lambda s: s.send_frame(CLOSE, struct.pack("!H", 1001))}
        for what, leave in ways.items():
            with self.subTest(what):
                client = self.browser_tab("tab", will=Will("alice/gone", what.encode(), qos=1))
                leave(client.stream)
                self.assertEqual(watcher.receive().text, what)

    def test_F42_a_tab_that_falls_silent_is_given_up_by_keep_alive(self):
        watcher = self.watcher("alice/gone")
        relay = self.make_relay(self.web.port)
        client = mqtt.Client(stream.WebSocket(stream.tls(relay.port, self.authority)), V311)
        client.connect("tab", "alice", self.alice.password, keep_alive=1, will=Will("alice/gone", b"silent", qos=1))
        relay.swallow(UP, DOWN)
        self.assertEqual(watcher.receive().text, "silent")

    def test_F42_a_takeover_between_tcp_and_wss_keeps_delivering(self):
        writer = self.cloud.connected("writer", "alice", self.alice.password)
        kept = {"clean": False, "props": {mqtt.SESSION_EXPIRY: 600}}
        client = self.browser_tab("same", V5, **kept)
        client.subscribe("alice/x", 2)
        for number in range(6):
            for qos in (1, 2):
                writer.publish("alice/x", f"{number} {qos}", qos=qos)
                self.assertEqual(client.receive().text, f"{number} {qos}")
            client.ping()  # its acknowledgements have arrived; else QoS 1 would rightly be repeated
            former = client
            if number % 2:
                client = self.browser_tab("same", V5, **kept)
            else:
                client = self.cloud.mqtt(V5)
                self.assertTrue(client.connect("same", "alice", self.alice.password, **kept).session_present)
            self.assertEqual(former.await_close(), 0x8E)  # taken over

    def test_F42_what_was_in_flight_at_a_takeover_is_repeated_on_the_other_way(self):
        writer = self.cloud.connected("writer", "alice", self.alice.password)
        for first, second in ((self.web, None), (None, self.web)):
            with self.subTest(from_wss=first is not None):
                opened = [way.mqtt(V311) if way else self.cloud.mqtt(V311) for way in (first, second)]
                opened[0].connect("same", "alice", self.alice.password, clean=False)
                opened[0].subscribe("alice/x", 1)
                opened[0].ping()
                writer.publish("alice/x", "unacknowledged", qos=1)
                opened[1].connect("same", "alice", self.alice.password, clean=False)
                self.assertEqual(opened[1].receive().text, "unacknowledged")
                opened[1].unsubscribe("alice/x")
                opened[1].disconnect()


class Upgrades(WebSocketCase):
    def test_F41_only_our_subprotocols_are_upgraded(self):
        for offered in ((), ("chat",), ("MQTT",), ("mqttv5", "amqp")):
            with self.subTest(offered=offered):
                with self.assertRaises(Refused) as refused:
                    self.web.websocket(subprotocols=offered)
                self.assertEqual(refused.exception.status, 400)
        for offered, chosen in ((("mqtt",), "mqtt"), (("mqttv3.1",), "mqttv3.1"), (("chat", "mqtt"), "mqtt")):
            self.assertEqual(self.web.websocket(subprotocols=offered).subprotocol, chosen)

    def test_F41_headers_without_end_are_refused(self):
        for header in (b"X-Long: " + b"x" * 65_536, b"Cookie: a=" + b"x" * 65_536,
                       b"\r\n".join(b"X-%d: %s" % (number, b"y" * 100) for number in range(640))):
            with self.subTest(header[:12]):
                raw = self.web.raw()
                try:
                    raw.send(b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                             b"Sec-WebSocket-Protocol: mqtt\r\n" + header + b"\r\n\r\n")
                    status = raw.receive(10).split(b" ")[1]
                except Closed:
                    continue
                self.assertEqual(status, b"431")
        self.browser_tab("after")

    def test_F41_nothing_is_smuggled_behind_a_request(self):
        """A second request in the same bytes is never answered as one, whatever the first says about its length."""
        hidden = b"GET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
        upgrade = (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n")
        shapes = {
            "two lengths": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n",
            "length with a sign": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: +44\r\n\r\n",
            "length and chunks": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                                 b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "hidden chunks": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                             b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "a body for GET": b"GET /assets/x.js HTTP/1.1\r\nHost: a\r\nContent-Length: 44\r\n\r\n",
            "a body for an upgrade": b"GET /mqtt HTTP/1.1\r\nHost: a\r\n" + upgrade + b"Content-Length: 44\r\n\r\n",
            "behind an upgrade": b"GET /mqtt HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n",
            "behind a refused upgrade": b"GET /elsewhere HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n",
        }
        for what, first in shapes.items():
            with self.subTest(what):
                raw = self.web.raw()
                raw.send(first + hidden)
                answer = b""
                try:
                    while True:
                        answer += raw.receive(3)
                except (Closed, TimeoutError):
                    pass
                self.assertLessEqual(answer.count(b"HTTP/1.1 "), 1, answer)
                self.assertNotIn(b"/api/hidden", answer)
        self.browser_tab("after")


class Limits(WebSocketCase):
    def extra(self):
        return "global_max_connections 6\n"

    def before_start(self):
        # The browser's listener is the last of the file.
        with open(self.cloud.configuration, "a", encoding="utf-8") as configuration:
            configuration.write("max_connections 3\n")

    def test_websockets_count_for_max_connections(self):
        tabs = [self.browser_tab(f"tab{number}") for number in range(3)]
        self.refused(self.web.mqtt)
        tabs[0].disconnect()
        self.until(lambda: not self.is_refused(lambda: self.browser_tab("tab3")), "the place of one that left")

    def test_websockets_count_for_global_max_connections(self):
        devices = [self.cloud.connected(f"device{number}", "alice", self.alice.password) for number in range(4)]
        tabs = [self.browser_tab(f"tab{number}") for number in range(2)]
        self.refused(self.web.mqtt)
        self.refused(lambda: self.cloud.connected("device4", "alice", self.alice.password))
        for client in (*devices, *tabs):
            client.ping()

    def refused(self, connect):
        self.assertTrue(self.is_refused(connect), "one more was let in")

    @staticmethod
    def is_refused(connect):
        try:
            connect()
        except (Closed, OSError):
            return True
        return False


class Classic(Case):
    def test_a_plain_websocket_listener_without_tenancy(self):
        """As mosquitto has it: `protocol websockets` and nothing else; every path, both subprotocols."""
        port = free_port()
        configuration = self.directory / "classic.conf"
        configuration.write_text(f"tenancy off\nallow_anonymous true\npersistence false\nlog_dest stderr\n"
                                 f"listener {port} 127.0.0.1\nprotocol websockets\n")
        broker = Process("owb-broker", [BIN / "owb-broker", "-c", configuration], self.directory / "broker.log")
        self.addCleanup(broker.kill)
        self.until(lambda: listens(port), "the broker to listen")
        for path in ("/", "/mqtt", "/ws"):
            for subprotocol in ("mqtt", "mqttv3.1"):
                for level in (V31, V311, V5):
                    with self.subTest(path=path, subprotocol=subprotocol, level=level):
                        socket = stream.WebSocket(stream.tcp(port), path, (subprotocol,), host=f"localhost:{port}")
                        client = mqtt.Client(socket, level)
                        self.assertEqual(client.connect("classic").code, 0)
                        client.subscribe("#", 2)
                        self.assertEqual(client.publish("any/topic", "hello", qos=2), 0)
                        self.assertEqual(client.receive().text, "hello")
                        client.disconnect()
        self.assertEqual(broker.stop(), 0)


if __name__ == "__main__":
    unittest.main()

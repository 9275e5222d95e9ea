"""What goes wrong while one connection is served ends that connection and nothing else (F64, F52)."""

import subprocess
import unittest

from owb.case import Case
from owb.cloud import BIN
from owb.mqtt import V311, Will, binary, packet
from owb.stream import Closed

INTERNAL_ERROR = 1011


class Contained(Case):
    @staticmethod
    def can_throw():
        return subprocess.run([BIN / "owb-broker", "--throw-at-topic", "/x", "--version"], capture_output=True,
                              check=False).returncode == 0

    def test_F64_an_exception_ends_one_connection_and_nothing_else(self):
        if not self.can_throw():
            self.skipTest("this is not a debug build: it cannot throw at a topic")
        cloud = self.make_cloud("alice", "bob", workers=1, start=False)  # all on one thread
        cloud.start_broker("--throw-at-topic", "/boom")
        password = cloud.tenant["alice"].password
        watcher = cloud.connected("watcher", "alice", password)
        watcher.subscribe(["alice/gone", "alice/boom", "alice/for-victim"], 1)
        stranger = cloud.connected("stranger", "bob", cloud.tenant["bob"].password)
        stranger.subscribe("bob/x", 2)
        ways = {"tls": cloud.mqtt, "tcp": cloud.local_mqtt, "wss": cloud.web.mqtt}
        for way, connection in ways.items():
            with self.subTest(way):
                victim = connection(V311)
                self.assertEqual(victim.connect("victim", "alice", password, clean=False,
                                                will=Will("alice/gone", way.encode(), qos=1)).code, 0)
                victim.subscribe("alice/for-victim", 1)
                victim.stream.send(packet(0x32, binary("alice/boom") + b"\0\7x"))
                if way == "wss":
                    self.assertEqual(self.close_code(victim.stream), INTERNAL_ERROR)
                    victim.close()
                else:
                    victim.await_close()
                self.assertEqual(watcher.receive(topic="alice/gone").text, way)
                stranger.publish("bob/x", way, qos=2)
                self.assertEqual(stranger.receive().text, way)
                watcher.publish("alice/for-victim", way, qos=1)
                self.assertEqual(watcher.receive(topic="alice/for-victim").text, way)
                # Its session is kept as after any break of the network.
                back = connection(V311)
                self.assertTrue(back.connect("victim", "alice", password, clean=False).session_present)
                self.assertEqual(back.receive().text, way)
                back.disconnect()
        said = [line for line in cloud.broker.text().splitlines() if "internal error" in line]
        self.assertEqual(len(said), len(ways), said)
        for line in said:
            self.assertIn("connection of alice from 127.0.0.1", line)
        self.assertEqual(watcher.receive_all(), [])
        self.assertEqual(stranger.receive_all(), [])
        self.assertEqual(cloud.stop(), (0, None))

    @staticmethod
    def close_code(websocket):
        try:
            while True:
                websocket.receive(10)
        except Closed as closed:
            return closed.code


if __name__ == "__main__":
    unittest.main()

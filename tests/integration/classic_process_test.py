"""The process of `owb-broker --tenancy off`, as drivers of mosquitto's use it: started, waited for, ended, told to reload."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from owb import packets, stream
from owb.broker import Broker
from owb.case import Case
from owb.cloud import BIN
from owb.dialogue import Stage
from owb.files import free_port, listens
from owb.packets import V5, V311, connect_packet, puback, publish
from owb.process import Process
from owb.wait import seconds

OPEN = "listener {ports[0]} 127.0.0.1\nallow_anonymous true\n"


class ClassicProcess(Case):
    def broker(self, text=None, **options):
        broker = Broker("owb-broker", self.directory / "broker", text, **options)
        self.addCleanup(self._stop, broker)
        return broker

    def test_a_port_is_enough(self):
        """It listens at once, writes nothing, and ends with 0 although clients are there."""
        folder = self.directory / "empty"
        folder.mkdir()
        port = free_port()
        began = time.monotonic()
        command = ["/usr/bin/env", "-C", folder, BIN / "owb-broker", "--tenancy", "off", "-v", "-p", port]
        process = Process("owb-broker", command, self.directory / "out.log")
        self.addCleanup(process.stop)
        self.until(lambda: listens(port), "the port to accept", interval=0.01)
        self.assertLess(time.monotonic() - began, seconds(5))
        peers = [stream.tcp(port) for _ in range(5)]
        for peer, version in zip(peers, (V311, V5)):
            peer.send(connect_packet(version, f"c{version}"))
            peer.receive(seconds(5))
        peers[2].send(b"\x10")
        began = time.monotonic()
        self.assertEqual(process.stop(), 0)
        self.assertLess(time.monotonic() - began, seconds(5))
        self.assertEqual(list(folder.iterdir()), [])

    def test_configuration_and_port(self):
        """Without a listener in the file -p says where."""
        broker = self.broker("allow_anonymous true\nmax_inflight_messages 20\n", options=["-p", "{ports[0]}"]).start()
        Stage(broker).client("c", V5).leaves()
        self.assertEqual(broker.stop(), 0)

    def test_ended_while_messages_flow(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            broker = self.broker(OPEN).start()
            stage = Stage(broker)
            slow = stage.client("slow", V311).subscribes("#")
            giver = stage.client("giver", V5)
            for _ in range(50):
                giver.sends(publish(V5, "t", b"x" * 100_000))
            stage.client("will", V311, keep_alive=0)
            broker.process.signal(number)
            self.assertEqual(broker.process.wait(), 0)
            slow.closes()
            self.assertEqual([path.name for path in broker.directory.iterdir() if path.suffix == ".db"], [])

    def test_ended_as_soon_as_it_listens(self):
        """Also with WebSockets: libwebsockets takes the signals for itself while its loops are made."""
        text = OPEN + "listener {ports[1]} 127.0.0.1\nprotocol websockets\n"
        for _ in range(8):
            broker = self.broker(text, ports=2).start()
            broker.process.signal(signal.SIGTERM)
            self.assertEqual(broker.process.wait(seconds(10)), 0)

    def test_what_cannot_be_said_stops_the_start(self):
        """Quickly, with another status than 0, and with the line (F28)."""
        for text, files, said in (
                ("plugin /usr/lib/x.so\n", {}, r"broker\.conf:\d+: plugin"),
                ("no_such_word 1\n", {}, r"broker\.conf:\d+: no_such_word"),
                ("acl_file {directory}/acl\n", {"acl": "topic a\nread b\n"}, r"acl:2: "),
                ("acl_file {directory}/none\n", {}, r"acl_file"),
                ("password_file {directory}/pw\n", {"pw": "# fine\n\nu:plain\n"}, r"pw:3: "),
                ("password_file {directory}/pw\n", {"pw": "u\n"}, r"pw:1: ")):
            with self.subTest(said):
                broker = self.broker(OPEN + text, files=files).spawn()
                self.assertNotIn(broker.process.wait(seconds(5)), (0, None))
                self.assertRegex(broker.process.text(), said)
                broker.process.log.unlink()

    def test_a_port_in_use_is_said(self):
        first = self.broker(OPEN).start()
        second = Process("second", [BIN / "owb-broker", "--tenancy", "off", "-p", first.ports[0]],
                         self.directory / "second.log")
        self.addCleanup(second.kill)
        self.assertNotIn(second.wait(seconds(5)), (0, None))
        self.assertRegex(second.text(), rf"listener {first.ports[0]}.*in use")

    def test_a_broken_acl_file_does_not_replace_a_good_one(self):
        broker = self.broker(OPEN + "acl_file {directory}/acl\n", files={"acl": "topic t\n"}).start()
        peer = Stage(broker).client("c", V5).subscribes("t", "u")
        peer.publishes("u", "x", qos=1, code=0x87)
        (broker.directory / "acl").write_text("topic u\nnonsense\n")
        broker.process.signal(signal.SIGHUP)
        self.until(lambda: re.search(r"acl:2: ", broker.process.text()), "the broker to complain")
        peer.publishes("u", "x", qos=1, code=0x87)
        peer.sends(publish(V5, "t", "x", qos=1, mid=2)).hears_in_any_order(puback(V5, 2), publish(V5, "t", "x"))
        self.assertEqual(broker.stop(), 0)

    def test_what_does_not_begin_with_connect_takes_no_memory(self):
        broker = self.broker(OPEN).start()
        before = self.memory(broker)
        for first in (0x20, 0x30, 0x32, 0x40, 0x82, 0xA2, 0xE0):
            peer = stream.tcp(broker.ports[0])
            with contextlib.suppress(stream.Closed):  # cut off while it talks
                peer.send(packets.packet(first, b"\0" * 16_000_000))
            with self.assertRaises(stream.Closed):
                while True:
                    peer.receive(seconds(5))
            peer.close()
        self.assertLess(self.memory(broker) - before, 20_000_000)
        Stage(broker).client("c").leaves()

    def memory(self, broker):
        status = pathlib.Path(f"/proc/{broker.process.pid}/status").read_text()
        return int(re.search(r"VmSize:\s+(\d+)", status).group(1)) * 1024

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_an_ordinary_user_may_run_it(self):
        port = free_port()
        copy = pathlib.Path("/tmp") / f"owb-broker-{port}"
        subprocess.run(["install", "-m", "755", BIN / "owb-broker", copy], check=True)
        self.addCleanup(copy.unlink)
        process = Process("owb-broker", ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy,
                                         "--tenancy", "off", "-p", port], self.directory / "out.log")
        self.addCleanup(process.stop)
        self.until(lambda: process.require_running() or listens(port), "the port to accept")
        self.assertEqual(process.stop(), 0)


if __name__ == "__main__":
    unittest.main()

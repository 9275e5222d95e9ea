"""Start and stop: worker threads, the hand-over of live TLS connections, the graceful end, the login listener."""

import subprocess
import time
import unittest
from signal import SIGTERM

from owb import stream
from owb.case import Case
from owb.cloud import BIN
from owb.mqtt import SESSION_EXPIRY, V5, V31, V311, Client, Will, binary, connect_packet, packet
from owb.process import Process
from owb.wait import seconds

PROGRAMS = ("owb-broker", "owb-portal", "owb-tenants")
SERVER_SHUTTING_DOWN = 0x8B
EIGHT = [f"t{number}" for number in range(8)]  # with up to four workers, every worker has some


class Life(Case):
    def test_programs_tell_their_version_and_how_they_are_used(self):
        for program in PROGRAMS:
            for option, word in (("--version", "0."), ("--help", "-")):
                done = subprocess.run([BIN / program, option], capture_output=True, text=True, check=False,
                                      timeout=seconds(20))
                self.assertEqual(done.returncode, 0, program)
                self.assertIn(word, done.stdout)
                self.assertGreater(len(done.stdout), 200 if option == "--help" else 3)

    def test_any_number_of_workers_serves_every_tenant(self):
        """Tenants live on hash(name) % N; a connection accepted elsewhere moves with its TLS state before it is let in."""
        for workers in (1, 2, 4):
            with self.subTest(workers=workers):
                cloud = self.make_cloud(*EIGHT, name=f"w{workers}", workers=workers)
                for tenant in cloud.tenant.values():
                    reader = cloud.connected("reader", tenant.name, tenant.password, V5)
                    reader.subscribe(["+/x", "+/from-page"], 1)
                    page = cloud.web.mqtt(V5)
                    self.assertEqual(page.connect("page", tenant.name, tenant.password).code, 0)
                    for level in (V31, V311, V5):
                        for client in (cloud.connected(f"w{level}", tenant.name, tenant.password, level),
                                       self.local(cloud, f"l{level}", tenant, level)):
                            client.publish(f"{tenant.name}/x", "1", qos=2)
                            self.assertEqual(reader.receive().topic, f"{tenant.name}/x")
                            client.disconnect()
                    page.publish(f"{tenant.name}/from-page", "1", qos=1)
                    self.assertEqual(reader.receive().topic, f"{tenant.name}/from-page")
                    reader.disconnect()
                self.assertEqual(cloud.stop(), (0, None))

    def local(self, cloud, client_id, tenant, level):
        client = cloud.local_mqtt(level)
        self.assertEqual(client.connect(client_id, tenant.name, tenant.password).code, 0)
        return client

    def test_bytes_sent_behind_connect_survive_the_hand_over(self):
        """Pipelined: CONNECT, SUBSCRIBE and PUBLISHes leave in one write, as the dashboard and real bridges send."""
        cloud = self.make_cloud(*EIGHT, workers=4)
        for tenant in cloud.tenant.values():
            client = cloud.mqtt(V311)
            client.stream.send(
                connect_packet(V311, "pipe", tenant.name, tenant.password) + packet(0x82, b"\0\1" + binary("+/x/+") + b"\0")
                + b"".join(packet(0x30, binary(f"{tenant.name}/x/{index}") + b"x" * 90) for index in range(200)))
            topics = [client.receive().topic for _ in range(200)]
            self.assertEqual(topics, [f"{tenant.name}/x/{index}" for index in range(200)])
            client.disconnect()

    def test_whoever_is_impatient_does_not_cut_the_stop_short(self):
        cloud = self.make_cloud("alice")
        process = cloud.broker
        until = time.monotonic() + seconds(20)
        while process.exit_code is None and time.monotonic() < until:
            process.signal(SIGTERM)
        self.assertEqual(process.exit_code, 0)

    def test_a_stop_says_good_bye_and_ends_with_0(self):
        cloud = self.make_cloud("alice", portal=True)
        tenant = cloud.tenant["alice"]
        five = cloud.connected("five", "alice", tenant.password, V5, clean=False, props={SESSION_EXPIRY: 600})
        three = cloud.connected("three", "alice", tenant.password, V311)
        page = cloud.web.mqtt(V5)
        self.assertEqual(page.connect("page", "alice", tenant.password).code, 0)
        idle = stream.tls(cloud.tls, self.authority)
        half = stream.tcp(cloud.tls)
        begin = time.monotonic()
        self.assertEqual(cloud.stop(), (0, 0))
        self.assertLess(time.monotonic() - begin, seconds(10))
        self.assertEqual(five.await_close(), SERVER_SHUTTING_DOWN)
        self.assertEqual(page.await_close(), SERVER_SHUTTING_DOWN)
        three.await_close()
        for left in (idle, half):
            with self.assertRaises(stream.Closed):
                left.receive(1)

    def test_a_port_that_is_taken_is_named(self):
        cloud = self.make_cloud()
        twin = self.make_cloud(name="twin", start=False)
        twin.configuration.write_text(cloud.configuration.read_text())
        process = Process("owb-broker", [BIN / "owb-broker", "-c", twin.configuration], twin.directory / "broker.log")
        self.assertNotEqual(process.wait(), 0)
        self.assertIn(str(cloud.plain), process.text())

    def test_the_login_listener_takes_the_browser_s_address_from_a_proxy_header(self):
        cloud = self.make_cloud("alice")
        tenant = cloud.tenant["alice"]

        def knock(header, password):
            client = Client(stream.unix(cloud.login_socket), V311)
            client.stream.send(header)
            try:
                return client.connect("portal", "alice", password).code
            except stream.Closed:
                return None

        header = stream.proxy_v2(("203.0.113.77", 40000))
        self.assertEqual(knock(header, tenant.password), 0)
        self.assertIn(knock(header, "wrong"), (4, 5))
        self.until(lambda: "203.0.113.77" in cloud.broker.text(), "the log to name the browser's address")
        for broken in (b"", header[:10] + b"XX" + header[12:], b"PROXY TCP4 203.0.113.77 127.0.0.1 1 2\r\n"):
            with self.subTest(broken[:12]):
                self.assertIsNone(knock(broken, tenant.password))
        # Rule 11: the home secret is for homes, not for this listener.
        self.assertIn(knock(header, tenant.secret), (4, 5))

    def test_takeover_ends_the_older_connection(self):
        cloud = self.make_cloud("alice")
        tenant = cloud.tenant["alice"]
        for level, reason in ((V311, None), (V5, 0x8E)):
            old = cloud.connected("same", "alice", tenant.password, level)
            new = cloud.connected("same", "alice", tenant.password, level)
            self.assertEqual(old.await_close(), reason)
            new.ping()

    def test_a_silent_client_is_dropped_and_its_will_fires(self):
        cloud = self.make_cloud("alice")
        tenant = cloud.tenant["alice"]
        watcher = cloud.connected("watcher", "alice", tenant.password)
        watcher.subscribe("alice/will", 1)
        for level in (V311, V5):
            silent = cloud.connected("silent", "alice", tenant.password, level, keep_alive=1,
                                     will=Will("alice/will", b"gone", 1))
            silent.await_close(5)
            self.assertEqual(watcher.receive().text, "gone")

    def test_a_reset_connection_fires_its_will_too(self):
        cloud = self.make_cloud("alice")
        tenant = cloud.tenant["alice"]
        watcher = cloud.connected("watcher", "alice", tenant.password)
        watcher.subscribe("alice/will", 1)
        for connect in (cloud.mqtt, cloud.web.mqtt):
            client = connect(V5)
            self.assertEqual(client.connect("gone", "alice", tenant.password, will=Will("alice/will")).code, 0)
            client.stream.reset()
            self.assertEqual(watcher.receive().topic, "alice/will")


if __name__ == "__main__":
    unittest.main()

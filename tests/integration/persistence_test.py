"""`persistence true` from outside: what a restart finds, what it must not find, and files that are not as they should be."""

import os
import signal
import subprocess
import unittest

from owb.case import Case
from owb.cloud import BIN
from owb.mqtt import V5, SESSION_EXPIRY


class Persistence(Case):
    def kept_cloud(self, *tenants, extra="", **options):
        self.state = self.directory / "state"
        self.state.mkdir()
        return self.make_cloud(*tenants, extra=f"persistence true\npersistence_location {self.state}\n{extra}", **options)

    def again(self, cloud, kill=False):
        if kill:
            cloud.broker.kill()
        else:
            self.assertEqual(cloud.broker.stop(), 0)
        cloud.start_broker()

    @staticmethod
    def retained(cloud, tenant, user=None):
        reader = cloud.connected("reader", tenant.name, tenant.password)
        reader.subscribe(f"{tenant.name}/x/#", 0)
        found = {message.topic: message.text for message in reader.receive_all()}
        reader.close()
        return found

    def test_F47_messages_sessions_and_queues_survive(self):
        cloud = self.kept_cloud("alice")
        alice = cloud.tenant["alice"]
        access = (alice.name, alice.password)
        sleeper = cloud.connected("sleeper", *access, level=V5, props={SESSION_EXPIRY: 3600})
        sleeper.subscribe("alice/queue", 2)
        sleeper.close()
        for round_, kill in enumerate((True, False, True)):
            with self.subTest(round=round_):
                giver = cloud.connected("giver", *access)
                giver.publish("alice/x/a", f"value {round_}", qos=1, retain=True)
                giver.publish("alice/queue", f"first {round_}", qos=2)
                giver.publish("alice/queue", f"second {round_}", qos=1)
                self.again(cloud, kill)
                self.assertEqual(self.retained(cloud, alice), {"alice/x/a": f"value {round_}"})
                sleeper = cloud.mqtt(V5)
                answer = sleeper.connect("sleeper", *access, clean=False, props={SESSION_EXPIRY: 3600})
                self.assertTrue(answer.session_present)
                self.assertEqual([sleeper.receive().text for _ in range(2)], [f"first {round_}", f"second {round_}"])
                sleeper.ping()  # its acknowledgements are in
                sleeper.close()

    def test_F25_a_tenant_deleted_while_the_broker_was_away_leaves_nothing(self):
        cloud = self.kept_cloud("alice", "bob")
        for tenant in cloud.tenant.values():
            client = cloud.connected("c", tenant.name, tenant.password)
            client.publish(f"{tenant.name}/x/secret", "of the first owner", qos=1, retain=True)
        cloud.broker.kill()
        cloud.tenants.do("delete", "alice", "--yes")
        alice = cloud.tenants.add("alice")
        cloud.start_broker()
        self.assertEqual(self.retained(cloud, alice), {})
        self.assertEqual(len(self.retained(cloud, cloud.tenant["bob"])), 1)
        self.assertEqual(cloud.broker.stop(), 0)
        files = {path.name: path.read_bytes() for path in self.state.iterdir()}
        self.assertIn(b"bob", files["state.db"])
        self.assertEqual([name for name, content in files.items() if b"alice\x00" in content], [])
        cloud.start_broker()

    def test_F50_a_damaged_file_is_set_aside_and_the_rest_is_there(self):
        cloud = self.kept_cloud("alice", "bob")
        alice, bob = cloud.tenant["alice"], cloud.tenant["bob"]
        for tenant in (alice, bob):
            client = cloud.connected("c", tenant.name, tenant.password)
            for number in range(50):
                client.publish(f"{tenant.name}/x/{number}", f"{tenant.name} value {number}", qos=1, retain=True)
        self.assertEqual(cloud.broker.stop(), 0)
        state = self.state / "state.db"
        content = bytearray(state.read_bytes())
        content[content.index(b"alice value 17")] ^= 4
        state.write_bytes(content)
        cloud.start_broker()
        self.assertEqual(len(self.retained(cloud, alice)), 49)
        self.assertEqual(len(self.retained(cloud, bob)), 50)
        self.assertIn("is damaged; lost: 1 entry of alice", cloud.broker.text())
        self.assertEqual(len(list(self.state.glob("state.db.damaged-*T*"))), 1)

    def test_a_file_of_mosquitto_is_left_alone(self):
        theirs = b"\x00\xb5\x00mosquitto db" + bytes(200)
        self.state = self.directory / "state"
        self.state.mkdir()
        (self.state / "mosquitto.db").write_bytes(theirs)
        cloud = self.make_cloud("alice", extra=f"persistence true\npersistence_location {self.state}/\n"
                                               "persistence_file mosquitto.db\n")
        alice = cloud.tenant["alice"]
        cloud.connected("c", alice.name, alice.password).publish("alice/x/a", "1", qos=1, retain=True)
        self.again(cloud, kill=True)
        self.assertEqual(self.retained(cloud, alice), {"alice/x/a": "1"})
        self.assertEqual((self.state / "mosquitto.db").read_bytes(), theirs)
        self.assertTrue((self.state / "state.db").exists())
        self.assertIn("mosquitto.db is not ours", cloud.broker.text())

    def test_each_durability_keeps_what_it_promises(self):
        for durability, kill in (("process", True), ("power", True), ("none", False)):
            with self.subTest(durability=durability):
                state = self.directory / durability
                state.mkdir()
                cloud = self.make_cloud("alice", name=f"c{len(durability)}", extra=f"persistence true\npersistence_location {state}\n"
                                                                         f"durability {durability}\n")
                alice = cloud.tenant["alice"]
                cloud.connected("c", alice.name, alice.password).publish("alice/x/a", "1", qos=1, retain=True)
                self.again(cloud, kill)
                self.assertEqual(self.retained(cloud, alice), {"alice/x/a": "1"})

    def test_values_at_qos_0_are_written_at_the_end(self):
        cloud = self.kept_cloud("alice")
        alice = cloud.tenant["alice"]
        client = cloud.connected("c", alice.name, alice.password)
        client.publish("alice/x/a", "1", retain=True)
        client.ping()
        self.again(cloud)
        self.assertEqual(self.retained(cloud, alice), {"alice/x/a": "1"})

    def test_values_at_qos_0_are_written_when_asked(self):
        cloud = self.kept_cloud("alice")
        alice = cloud.tenant["alice"]
        client = cloud.connected("c", alice.name, alice.password)
        client.publish("alice/x/a", "written at once", retain=True)
        client.ping()
        cloud.broker.signal(signal.SIGUSR2)  # mosquitto prints its subscriptions then; we do nothing
        cloud.broker.signal(signal.SIGUSR1)
        self.until(lambda: any(b"written at once" in file.read_bytes() for file in self.state.iterdir()), "the value on the disk")
        self.again(cloud, kill=True)
        self.assertEqual(self.retained(cloud, alice), {"alice/x/a": "written at once"})

    def test_two_brokers_do_not_share_a_state(self):
        cloud = self.kept_cloud("alice")
        second = subprocess.run([BIN / "owb-broker", "-c", cloud.configuration], capture_output=True, text=True, timeout=20,
                                check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("persistence_location: ", second.stderr)
        self.assertIn("another broker keeps its state there", second.stderr)

    def test_without_persistence_there_are_no_files(self):
        cloud = self.make_cloud("alice", extra=f"persistence_location {self.directory}")
        alice = cloud.tenant["alice"]
        cloud.connected("c", alice.name, alice.password).publish("alice/x/a", "1", qos=1, retain=True)
        self.assertEqual(cloud.broker.stop(), 0)
        self.assertEqual([name for name in os.listdir(self.directory) if name.startswith("state")], [])


if __name__ == "__main__":
    unittest.main()

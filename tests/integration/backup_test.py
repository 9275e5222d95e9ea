"""`owb-tenants backup` and `restore`: registry and state as they were at one moment, copied from a broker under load."""

import threading
import unittest

from owb.case import Case


class Backup(Case):
    def setUp(self):
        super().setUp()
        # So few changes between checkpoints that copies meet them.
        self.cloud = self.make_cloud("alice", extra=f"persistence true\npersistence_location {self.directory}\n"
                                                    "autosave_on_changes true\nautosave_interval 40\n")
        self.alice = self.cloud.tenant["alice"]
        self.cloud.tenants.do("limits", "alice", "message_rate=unlimited", "message_burst=unlimited")
        self.options = ("--state", self.directory / "state.db", "--yes")

    def client(self, name):
        return self.cloud.connected(name, "alice", self.alice.password)

    def retained(self):
        reader = self.client("reader")
        reader.subscribe("alice/x/#", 0)
        found = {message.topic: int(message.text) for message in reader.receive_all()}
        reader.close()
        return found

    def publish_until(self, ending):
        """Counts up on two topics, the second one after the first; returns the last number."""
        client = self.client("giver")
        while not ending.is_set():
            self.number += 1
            client.publish("alice/x/first", self.number, qos=1, retain=True)
            client.publish("alice/x/second", self.number, qos=1, retain=True)
        client.close()

    def test_a_backup_under_load_is_one_moment(self):
        self.number = 0
        ending = threading.Event()
        giver = threading.Thread(target=self.publish_until, args=(ending,))
        giver.start()
        self.until(lambda: self.number > 100, "some load")
        before = self.number - 1
        for copy in range(5):
            self.cloud.tenants.do("backup", self.directory / f"copy{copy}", *self.options)
        after = self.number
        ending.set()
        giver.join(10)
        self.cloud.tenants.do("add", "bob")
        refused = self.cloud.tenants.run("restore", self.directory / "copy4", *self.options)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the broker runs", refused.stderr)
        for copy in range(5):
            with self.subTest(copy=copy):
                self.assertEqual(self.cloud.broker.stop(), 0)
                self.cloud.tenants.do("restore", self.directory / f"copy{copy}", *self.options)
                for path in self.directory.glob("before-restore-*"):
                    path.rename(self.directory / f"old{copy}")
                self.cloud.start_broker()
                found = self.retained()
                first, second = found["alice/x/first"], found["alice/x/second"]
                self.assertIn(first - second, (0, 1), "two moments in one copy")
                self.assertTrue(before <= first <= after, (before, first, after))
                names = [tenant["name"] for tenant in self.cloud.tenants.do("list")]
                self.assertEqual(names, ["alice"])

    def test_a_backup_does_not_overwrite(self):
        folder = self.directory / "copy"
        folder.mkdir()
        refused = self.cloud.tenants.run("backup", folder, *self.options)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("File exists", refused.stderr)

    def test_a_restore_from_nothing_changes_nothing(self):
        self.assertEqual(self.cloud.broker.stop(), 0)
        folder = self.directory / "empty"
        folder.mkdir()
        refused = self.cloud.tenants.run("restore", folder, *self.options)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("is not a backup", refused.stderr)
        self.cloud.start_broker()


if __name__ == "__main__":
    unittest.main()

"""`owb-tenants export` and `import`: one tenant, with all that waits for it, goes to another server."""

import os
import stat
import unittest

from owb.case import Case

LONG = {"clean": False}


class Move(Case):
    def make(self, *tenants, name):
        cloud = self.make_cloud(*tenants, name=name, extra="persistence true\n"
                                                           f"persistence_location {self.directory / name}\n")
        return cloud

    def setUp(self):
        super().setUp()
        self.old = self.make("alice", "carol", name="old")
        self.alice = self.old.tenant["alice"]
        self.file = self.directory / "alice.owb"
        self.fill()

    def fill(self):
        """A home that is away, with QoS 1 and 2 waiting for it, and a neighbour."""
        home = self.old.connected("home", "alice", self.alice.secret, **LONG)
        home.subscribe("alice/openWB/x/#", 2)
        home.close()
        owner = self.old.connected("owner", "alice", self.alice.password)
        owner.publish("alice/openWB/x/one", "first", qos=1)
        owner.publish("alice/openWB/x/two", "second", qos=2)
        for i in range(20):
            owner.publish(f"alice/openWB/value/{i}", f"v{i}", qos=1, retain=True)
        owner.close()
        carol = self.old.connected("carol", "carol", self.old.tenant["carol"].password)
        carol.publish("carol/secret", "not for the file", qos=1, retain=True)
        carol.close()
        self.old.tenants.do("webparm", "alice", "--id", "42")
        self.old.tenants.do("limits", "alice", "connections=7")

    def export(self, cloud, name="alice", file=None):
        return cloud.tenants.do("export", name, file or self.file, "--state", cloud.directory / "state.db")

    def let_in(self, cloud, name, password=None):
        self.until(lambda: cloud.let_in(name, password or self.alice.password), f"{name} to be let in", 20)

    def receive(self, client, count):
        """A message of QoS 2 goes out when its packet id is on the disk, so it may come after the answer to a ping."""
        got = []
        self.until(lambda: got.extend(client.receive_all()) or len(got) >= count, f"{count} messages", 20)
        return got

    def expect_all(self, cloud, name):
        # Not before: a tenant that was deleted just now may still be let in under the same name.
        self.until(lambda: f"state: {name} came with" in cloud.broker.text(), f"{name} to arrive", 20)
        self.let_in(cloud, name)
        home = cloud.connected("home", name, self.alice.secret, **LONG)
        self.assertEqual([(m.topic, m.text, m.qos) for m in self.receive(home, 2)],
                         [(f"{name}/openWB/x/one", "first", 1), (f"{name}/openWB/x/two", "second", 2)])
        tab = cloud.connected("tab", name, self.alice.password)
        tab.subscribe(f"{name}/openWB/value/#", 0)
        self.assertEqual({m.topic: m.text for m in tab.receive_all()},
                         {f"{name}/openWB/value/{i}": f"v{i}" for i in range(20)})
        tab.subscribe(f"{name}/webparm/id", 0)
        self.assertEqual([m.text for m in tab.receive_all()], ["42"])
        tab.publish(f"{name}/openWB/x/three", "live", qos=1)
        self.assertEqual([m.topic for m in self.receive(home, 1)], [f"{name}/openWB/x/three"])
        for client in (home, tab):
            client.close()
        self.assertEqual(cloud.tenants.do("show", name)["limits"], {"connections": 7})

    def test_a_tenant_goes_to_another_server(self):
        told = self.export(self.old)
        self.assertGreaterEqual(told["entries"], 24)
        self.assertEqual(told["left_out"], 0)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        content = self.file.read_bytes()
        for foreign in (b"not for the file", b"carol", self.alice.secret.encode(), self.alice.password.encode()):
            self.assertNotIn(foreign, content)
        new = self.make(name="new")
        new.tenants.do("import", self.file)
        self.expect_all(new, "alice")
        new.tenants.do("import", self.file, "--as", "berta-with-a-longer-name")
        self.expect_all(new, "berta-with-a-longer-name")
        again = new.tenants.run("import", self.file)
        self.assertEqual(again.returncode, 1)
        self.assertIn("exists", again.stderr)
        # What was taken over is there after kill -9, once, and the registry holds nothing of it any more.
        self.until(lambda: b"v19" not in self.files_of(new, "registry.db*"), "the registry to forget the state", 20)
        new.broker.kill()
        new.start_broker()
        tab = new.connected("tab", "alice", self.alice.password)
        tab.subscribe("alice/openWB/value/#", 0)
        self.assertEqual(len(tab.receive_all()), 20)
        home = new.connected("home", "alice", self.alice.secret, **LONG)
        self.assertEqual(home.receive_all(), [])

    @staticmethod
    def files_of(cloud, pattern):
        return b"".join(path.read_bytes() for path in cloud.directory.glob(pattern))

    def test_a_broker_that_does_not_run_takes_it_when_it_starts(self):
        self.assertEqual(self.old.broker.stop(), 0)
        self.export(self.old)
        new = self.make(name="new")
        self.assertEqual(new.broker.stop(), 0)
        new.tenants.do("import", self.file, "--as", "bob")
        new.start_broker()
        self.expect_all(new, "bob")

    def test_what_was_imported_can_be_exported_again(self):
        self.export(self.old)
        new = self.make(name="new")
        new.tenants.do("import", self.file, "--as", "bob")
        self.let_in(new, "bob")
        self.until(lambda: b"v19" not in self.files_of(new, "registry.db*"), "the registry to forget the state", 20)
        back = self.directory / "bob.owb"
        self.export(new, "bob", back)
        self.old.tenants.do("import", back)  # its own name, bob: alice is still there
        self.expect_all(self.old, "bob")

    def test_a_deleted_name_needs_forget(self):
        self.export(self.old)
        self.old.tenants.do("delete", "alice", "--yes")
        refused = self.old.tenants.run("import", self.file)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--forget", refused.stderr)
        self.old.tenants.do("import", self.file, "--forget")
        self.expect_all(self.old, "alice")

    def test_a_bad_file_changes_nothing(self):
        self.export(self.old)
        new = self.make(name="new")
        content = self.file.read_bytes()
        bad = self.directory / "bad.owb"
        for what, data in (("nothing", b""), ("half", content[: len(content) // 2]), ("no end", content[:-1]),
                           ("more", content + b"x"), ("a byte", content[:300] + b"?" + content[301:])):
            with self.subTest(what):
                bad.write_bytes(data)
                refused = new.tenants.run("import", bad)
                self.assertEqual(refused.returncode, 1, refused.stderr)
                self.assertIn("nothing was imported", refused.stderr)
        self.assertEqual(new.tenants.do("list"), [])
        again = self.old.tenants.run("export", "alice", self.file)
        self.assertEqual(again.returncode, 1)
        self.assertIn("exists", again.stderr)
        self.assertEqual(self.file.read_bytes(), content)


if __name__ == "__main__":
    unittest.main()

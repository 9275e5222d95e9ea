"""The operator's hand on a running broker: suspend, delete, new password, new secret act within a second (rule 6)."""

import unittest

from owb.case import Case
from owb.mqtt import SESSION_EXPIRY, V5, V311, Will

WITHIN = 8.0  # the broker follows the registry within a second; on a busy machine it may be late


class Accounts(Case):
    def setUp(self):
        super().setUp()
        self.cloud = self.make_cloud("alice", "bob", portal=True)
        self.alice, self.bob = self.cloud.tenant["alice"], self.cloud.tenant["bob"]

    def client(self, client_id, level=V311, tenant=None, password=None, **options):
        tenant = tenant or self.alice
        client = self.cloud.connected(client_id, tenant.name, password or tenant.password, level, **options)
        self.addCleanup(client.close)
        return client

    def end(self, *clients):
        """Every client's connection ends; returns the reasons."""
        return [client.await_close(WITHIN) for client in clients]

    def test_suspended_tenants_are_cut_off_and_stay_out(self):
        owner, home = self.client("owner", V5), self.client("home", V311, password=self.alice.secret)
        untouched = self.client("bob", V5, self.bob)
        self.cloud.tenants.do("suspend", "alice", "--yes")
        reasons = self.end(owner, home)
        self.assertIn(reasons[0], (0x87, 0x98))
        for level, refusal in ((V311, (4, 5)), (V5, (0x86, 0x87, 0x8A))):
            for credential in (self.alice.password, self.alice.secret):
                refused = self.cloud.mqtt(level)
                self.assertIn(refused.connect("again", "alice", credential).code, refusal)
        untouched.ping()
        self.cloud.tenants.do("resume", "alice")
        self.comes_back("alice", self.alice.password)

    def test_F26_no_message_arrives_after_the_suspension(self):
        watcher = self.client("watcher", V5, clean=False, props={SESSION_EXPIRY: 600})
        watcher.subscribe("alice/openWB/#", 1)
        self.client("writer").publish("alice/openWB/evu/W", "1", qos=1)
        self.assertEqual(watcher.receive().text, "1")
        self.cloud.tenants.do("suspend", "alice", "--yes")
        self.end(watcher)
        self.assertEqual(watcher.inbox, [])

    def test_F23_wills_of_those_cut_off_are_not_published(self):
        actions = {"suspend": ("suspend", "alice", "--yes"), "password": ("password", "alice", "--stdin"),
                   "delete": ("delete", "alice", "--yes")}
        for name, arguments in actions.items():
            with self.subTest(name):
                cloud = self.make_cloud("alice", name=f"will-{name}")
                alice = cloud.tenant["alice"]
                cut = cloud.connected("cut", "alice", alice.password, V5, will=Will("alice/last-words"))
                home = cloud.connected("home", "alice", alice.secret, V5)
                home.subscribe("alice/#", 1)
                cloud.tenants.do(*arguments, stdin="a quite new password\n" if name == "password" else None)
                self.end(cut)
                if name == "password":
                    self.assertEqual([m.topic for m in home.receive_all() if m.topic == "alice/last-words"], [])
                else:
                    home.await_close(WITHIN)
                    self.assertEqual([m.topic for m in home.inbox if m.topic == "alice/last-words"], [])

    def test_a_new_password_ends_the_owner_s_connections_but_not_the_home_s(self):
        owner, home = self.client("owner", V5), self.client("home", V5, password=self.alice.secret)
        self.cloud.tenants.set_password("alice", "correct horse battery")
        self.end(owner)
        home.ping()
        self.assertIn(self.cloud.mqtt(V5).connect("old", "alice", self.alice.password).code, (0x86, 0x87))
        self.client("new", V5, password="correct horse battery")

    def test_a_new_secret_ends_the_home_s_connection_but_not_the_owner_s(self):
        owner, home = self.client("owner", V5), self.client("home", V5, password=self.alice.secret)
        told = self.cloud.tenants.do("secret", "alice", "--yes")
        self.end(home)
        owner.ping()
        self.assertIn(self.cloud.mqtt(V5).connect("old", "alice", self.alice.secret).code, (0x86, 0x87))
        self.client("new", V5, password=told["secret"])

    def test_F25_a_new_tenant_of_a_deleted_name_starts_empty(self):
        old = self.client("keeper", V5, clean=False, props={SESSION_EXPIRY: 600})
        old.subscribe("alice/#", 1)
        old.publish("alice/openWB/system/Version", "1.9.304", qos=1, retain=True)
        browser = self.browser(self.cloud)
        self.assertEqual(browser.login("alice", self.alice.password).status, 303)
        self.cloud.tenants.do("delete", "alice", "--yes")
        self.end(old)
        self.assertEqual(browser.get("/api/session").status, 401)

        renewed = self.cloud.tenants.add("alice")
        self.comes_back("alice", renewed.password)
        fresh = self.cloud.mqtt(V5)
        answer = fresh.connect("keeper", "alice", renewed.password, clean=False, props={SESSION_EXPIRY: 600})
        self.assertFalse(answer.session_present)
        fresh.subscribe("#", 1)
        self.assertEqual([m.topic for m in fresh.receive_all() if "Version" in m.topic], [])
        self.assertEqual(browser.get("/api/session").status, 401)

    def test_a_cookie_s_connection_ends_with_the_suspension(self):
        browser = self.browser(self.cloud)
        self.assertEqual(browser.login("alice", self.alice.password).status, 303)
        page = browser.mqtt()
        self.assertEqual(page.connect("page").code, 0)
        self.cloud.tenants.do("suspend", "alice", "--yes")
        self.end(page)

    def test_a_tenant_added_to_the_running_broker_gets_in(self):
        carol = self.cloud.tenants.add("carol")
        self.comes_back("carol", carol.password)
        self.comes_back("carol", carol.secret)

    def comes_back(self, name, password):
        self.until(lambda: self.cloud.let_in(name, password), f"{name} to be let in", WITHIN, 0.25)


if __name__ == "__main__":
    unittest.main()

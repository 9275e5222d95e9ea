"""F37: browser tabs that never read, on a busy tree, cost bounded memory and nobody else anything.

tests/bench/tabs.py does the same with thousands.
"""

import unittest

from owb import stream
from owb.case import Case
from owb.mqtt import V5
from owb.tabs import bytes_in_kernel, open_tab, resident_bytes
from owb.wait import SLOWNESS

TABS = 50
MESSAGES, SIZE = 200, 60_000  # twelve megabytes for each tab
MEGABYTE = 1 << 20
#: Per tab beside its queue: what is under way to the web thread, TLS, WebSocket; and malloc's own.
BESIDE = 300_000


class SleepingTabs(Case):
    def test_F37_the_queue_of_each_tab_is_bounded(self):
        for qos in (0, 1):
            with self.subTest(qos=qos):
                grown = self.growth(qos, f"cloud{qos}", limits=("queue_bytes=256KB",))
                self.assertLess(grown, TABS * (256_000 + BESIDE) + 16 * MEGABYTE)

    def test_F37_all_tabs_together_are_bounded_by_memory_limit(self):
        for qos in (0, 1):
            with self.subTest(qos=qos):
                grown = self.growth(qos, f"cloud{qos}", extra="memory_limit 16MB\n")
                self.assertLess(grown, 16 * MEGABYTE + TABS * BESIDE + 16 * MEGABYTE)

    def growth(self, qos, name, extra="", limits=()):
        """By how much the broker grows while the tabs sleep. Afterwards they still work, or were told to go."""
        cloud = self.make_cloud("alice", "bob", start=False, name=name, extra=extra)
        cloud.tenants.do("limits", "alice", "connections=unlimited", "sessions=unlimited", "message_rate=unlimited",
                         "byte_rate=unlimited", *limits)
        cloud.start(portal=False)
        alice, bob = cloud.tenant["alice"], cloud.tenant["bob"]
        context = stream.tls_context(self.authority)
        tabs = [open_tab(cloud.web.port, context, f"tab{number}", "alice", alice.password, "alice/#", qos, V5)
                for number in range(TABS)]
        home = cloud.connected("home", "alice", alice.password, V5)
        before = resident_bytes(cloud.broker.pid)
        most = 0
        for number in range(MESSAGES):
            code = home.publish(f"alice/openWB/log/{number % 10}", b"x" * SIZE, qos=1)
            # With memory_limit the last tab may have been given up as well: no matching subscribers.
            self.assertIn(code, (0, 16) if extra else (0,))
            if number % 10 == 9:
                most = max(most, resident_bytes(cloud.broker.pid))
        self.assertLess(bytes_in_kernel(cloud.web.port), 300_000)  # not the 4 MB a send buffer may grow to
        other = cloud.connected("other", "bob", bob.password, V5)
        other.subscribe("bob/x")
        other.publish("bob/x", "served", qos=1)
        self.assertEqual(other.receive(5).text, "served")
        awake = 0
        for tab in tabs[:5]:
            try:
                tab.ping()
                awake += bool(tab.inbox)
            except stream.Closed:
                pass  # given up to keep memory_limit
        if not extra:
            self.assertEqual(awake, 5)
        stream.close_all()
        self.assertEqual(cloud.stop()[0], 0)
        return 0 if SLOWNESS > 1 else most - before  # a sanitizer's heap says nothing about ours


if __name__ == "__main__":
    unittest.main()

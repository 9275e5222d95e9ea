"""SIGKILL at random moments and at every operation of the store in turn, SIGTERM (F12, F36, F47): what was acknowledged is
there.

OWB_KILLS says how many random kills there are; by hand it is a thousand and more."""

import os
import random
import subprocess
import time
import unittest

from owb.case import Case
from owb.cloud import BIN
from owb.wait import TimedOut
from owb.traffic import Churner, Publisher, Subscriber

KILLS = int(os.environ.get("OWB_KILLS", "25"))
STOPS = max(3, KILLS // 4)
OPERATIONS = int(os.environ.get("OWB_KILL_OPERATIONS", "24"))
SEED = int(os.environ.get("OWB_KILL_SEED", "0")) or random.randrange(1, 1 << 30)


class Kill(Case):
    """Two tenants, each with a publisher of retained values, two streams to subscribers at QoS 1 and 2, and one who changes its
    subscriptions all the time."""

    # A checkpoint after so many changes, so that kills meet checkpoints too.
    STORE = "persistence true\npersistence_location {}\nautosave_on_changes true\nautosave_interval {}\n"

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        print(f"seed {SEED}", flush=True)

    def start(self, changes, *options):
        state = self.directory / "state"
        state.mkdir()
        self.cloud = self.make_cloud("alice", "bob", start=False, extra=self.STORE.format(state, changes))
        for tenant in self.cloud.tenant.values():
            self.cloud.tenants.do("limits", tenant.name, "message_rate=unlimited", "message_burst=unlimited",
                                  "byte_rate=unlimited", "byte_burst=unlimited")
        self.cloud.start_broker(*options)
        self.actors = [actor for tenant in self.cloud.tenant.values() for actor in self.cast(tenant)]
        for actor in self.of(Subscriber):
            actor.start()
        for actor in self.of(Subscriber):
            self.assertTrue(actor.subscribed.wait(20))
        for actor in self.actors:
            if not isinstance(actor, Subscriber):
                actor.start()

    def cast(self, tenant):
        access = (self.cloud.plain, tenant.name, tenant.secret)
        name = tenant.name
        actors = []
        for qos in (1, 2):
            topic = f"{name}/stream{qos}"
            taker = Subscriber(f"sub{qos}", *access, topic, qos, random.Random(self.random.random()))
            # Nobody else of the tenant with the home secret on these topics: no-local is by session.
            giver = Publisher(f"pub{qos}", *access, lambda _, topic=topic: topic, qos, behind=taker.last)
            giver.taker = taker
            actors += [taker, giver]
        actors.append(Publisher("retained", *access, lambda n: f"{name}/kept/{n % 20}", 1, retain=True))
        actors.append(Churner("churner", *access, f"{name}/churn", random.Random(self.random.random())))
        return actors

    def full_queues(self):
        """What the broker has said about messages that it dropped. The publishers stay far below what a queue takes, so there
        is no excuse for a message that is missing."""
        return [line for line in self.cloud.broker.text().splitlines() if "queue full" in line]

    @staticmethod
    def can_crash():
        return subprocess.run([BIN / "owb-broker", "--crash-at-store-op", "1", "--version"], capture_output=True,
                              check=False).returncode == 0

    def of(self, kind):
        return [actor for actor in self.actors if isinstance(actor, kind)]

    def restart(self, *options):
        self.cloud.start_broker(*options)

    def finish(self):
        """Lets everybody come to rest and asks for what is owed."""
        givers = [actor for actor in self.of(Publisher) if hasattr(actor, "taker")]
        for actor in self.of(Subscriber):
            actor.leaves = False
        for actor in self.of(Publisher):
            actor.quiet.set()
        self.until(lambda: not any(actor.waiting for actor in self.of(Publisher)), "all publishers to be answered", 30)
        for giver in givers:
            try:
                self.until(lambda giver=giver: giver.acknowledged <= set(giver.taker.received), "arrival", 30)
            except TimedOut:
                missing = sorted(giver.acknowledged - set(giver.taker.received))
                self.fail(f"{giver.user}: {len(missing)} acknowledged to {giver.name} and not delivered, {missing[:9]} … of "
                          f"{giver.number}; the last received are {giver.taker.received[-5:]}; full queues: {self.full_queues()}")
        for actor in self.actors:
            actor.ending.set()
        for actor in self.actors:
            actor.join(15)
        self.assertEqual([fault for actor in self.actors for fault in actor.faults], [])
        self.assertEqual(self.full_queues(), [])
        for giver in givers:
            with self.subTest(giver=giver.name, user=giver.user):
                self.check_stream(giver)
        for tenant in self.cloud.tenant.values():
            self.check_retained(tenant)
            self.check_subscriptions(tenant)

    def check_stream(self, giver):
        received = giver.taker.received
        first = list(dict.fromkeys(received))
        self.assertEqual(sorted(first), list(range(1, giver.number + 1)))
        self.assertEqual(first, sorted(first), "order")
        if giver.qos == 2:
            self.assertEqual(len(received), len(first), "exactly once")

    def check_retained(self, tenant):
        giver = next(actor for actor in self.of(Publisher) if actor.retain and actor.user == tenant.name)
        reader = self.cloud.connected("reader", tenant.name, tenant.password)
        reader.subscribe(f"{tenant.name}/kept/#", 0)
        found = {message.topic: int(message.text) for message in reader.receive_all()}
        expected = {giver.topic(number): number for number in range(1, giver.number + 1)}
        self.assertEqual(found, expected)
        reader.close()

    def check_subscriptions(self, tenant):
        churner = next(actor for actor in self.of(Churner) if actor.user == tenant.name)
        client = self.cloud.mqtt()
        answer = client.connect("churner", tenant.name, tenant.password, clean=False)
        self.assertTrue(answer.session_present)
        teller = self.cloud.connected("teller", tenant.name, tenant.password)
        for index in churner.known:
            teller.publish(churner.filter(index), index, qos=1)
        found = {int(message.text) for message in client.receive_all()}
        for index, known in churner.known.items():
            if known is not None:
                self.assertEqual(index in found, known, churner.filter(index))
        client.close()
        teller.close()

    def test_F47_kills_at_random_moments(self):
        self.start(changes=400)
        for _ in range(KILLS):
            time.sleep(self.random.uniform(0.0, 0.15))  # the moment is the point
            self.cloud.broker.kill()
            self.restart()
        self.finish()
        self.assertNotIn("damaged", self.cloud.broker.text())
        print(f"{KILLS} kills, {sum(len(a.received) for a in self.of(Subscriber))} messages, "
              f"{sum(a.connections for a in self.actors)} connections", flush=True)

    def test_F36_ends_by_SIGTERM_under_load(self):
        self.start(changes=400)
        for _ in range(STOPS):
            time.sleep(self.random.uniform(0.0, 0.15))  # the moment is the point
            self.assertEqual(self.cloud.broker.stop(30), 0)
            self.restart()
        self.finish()
        print(f"{STOPS} ends, {sum(len(a.received) for a in self.of(Subscriber))} messages", flush=True)

    def test_F12_kills_at_each_operation_of_the_store(self):
        if not self.can_crash():
            self.skipTest("this is not a debug build: it cannot crash at an operation")
        self.start(changes=30)
        self.cloud.broker.kill()
        for operation in range(1, OPERATIONS + 1):
            try:
                self.restart("--crash-at-store-op", operation)
                self.cloud.broker.wait(20)
            except AssertionError:
                pass  # it ended while it was to come up: before it listens there are operations, too
            self.assertEqual(self.cloud.broker.exit_code, -9, f"operation {operation}: {self.cloud.broker.tail()}")
        self.restart()
        self.finish()
        self.assertNotIn("damaged", self.cloud.broker.text())
        print(f"{OPERATIONS} operations", flush=True)


if __name__ == "__main__":
    unittest.main()

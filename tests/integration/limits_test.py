"""What the machine has too little of, and devices that fight: F53, F59."""

import re
import resource
import time
import unittest

from owb.case import Case
from owb.mqtt import CONNACK, V5, V311, connect_packet
from owb.stream import Closed
from owb.wait import seconds

DESCRIPTORS = 96


class Descriptors(Case):
    def test_F53_without_a_free_descriptor_those_who_are_there_stay(self):
        """Accepting pauses, and goes on when somebody has left; reloading and stopping work meanwhile."""
        cloud = self.make_cloud("alice", start=False)
        cloud.tenants.do("limits", "alice", "connections=unlimited", "sessions=unlimited")
        cloud.start(portal=False)
        alice = cloud.tenant["alice"]
        resource.prlimit(cloud.broker.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        inside = []
        waiting = None
        while waiting is None:
            client = cloud.local_mqtt(V311)
            if self.enters(client, f"c{len(inside)}", alice):
                inside.append(client)
            else:
                waiting = client
            if len(inside) > DESCRIPTORS:
                self.fail("more connections than descriptors")
        self.assertGreater(len(inside), 10)
        self.until(lambda: "no descriptor left" in cloud.broker.text(), "the broker to say why")
        inside[0].subscribe("alice/x", 1)
        for client in inside[1:]:
            client.ping()
        inside[1].publish("alice/x", "served", qos=1)
        self.assertEqual(inside[0].receive().text, "served")
        used = cpu_seconds(cloud.broker.pid)
        begin = time.monotonic()
        inside[0].ping()
        cloud.broker.signal(1)  # a reload that cannot open its files must not end it
        self.until(lambda: time.monotonic() - begin > 1, "a second of waiting")
        self.assertLess(cpu_seconds(cloud.broker.pid) - used, seconds(0.5))  # it does not spin
        inside[0].ping()
        for client in inside[5:15]:
            client.disconnect()
        self.until(lambda: self.let_in(cloud, alice), "new connections to be taken again", 20)
        inside[0].ping()

    @staticmethod
    def let_in(cloud, alice):
        client = cloud.local_mqtt(V311)
        try:
            return Descriptors.enters(client, "late", alice)
        finally:
            client.close()

    @staticmethod
    def enters(client, client_id, tenant):
        """Whether it gets its CONNACK within two seconds."""
        try:
            client.stream.send(connect_packet(V311, client_id, tenant.name, tenant.password))
            return client._await(CONNACK, timeout=2)[1] == b"\0\0"
        except (TimeoutError, Closed):
            return False


class Clones(Case):
    def test_F59_two_clones_of_a_home_do_not_push_each_other_out_for_ever(self):
        cloud = self.make_cloud("alice", "bob")
        alice = cloud.tenant["alice"]
        bystander = cloud.connected("clone", "bob", cloud.tenant["bob"].password)
        owner = cloud.connected("phone", "alice", alice.password)
        owner.subscribe("alice/cloud/denied", 1)
        codes = []
        for _ in range(40):
            clone = cloud.local_mqtt(V5)
            codes.append(clone.connect("clone", "alice", alice.password, clean=False).code)
        self.assertEqual((codes[0], set(codes[-10:])), (0, {0x89}), codes)
        told = self.json_of(owner.receive(10, "alice/cloud/denied"))
        self.assertIn("clone", told["topic"])
        bystander.ping()
        owner.ping()


class Queues(Case):
    def test_a_full_queue_is_named_once_for_each_time_it_fills_up(self):
        cloud = self.make_cloud("alice", start=False)
        cloud.tenants.do("limits", "alice", "queue_messages=5")
        cloud.start(portal=False)
        password = cloud.tenant["alice"].password
        giver = cloud.connected("giver", "alice", password)
        for times in (1, 2):
            taker = cloud.connected("taker", "alice", password, clean=False)
            taker.subscribe("alice/x", 1)
            taker.receive_all()
            taker.disconnect()
            for number in range(20):
                giver.publish("alice/x", str(number), qos=1)
            said = [line for line in cloud.broker.text().splitlines() if "queue full" in line]
            self.assertEqual(len(said), times)
            self.assertIn('tenant="alice" client="taker" messages=5 ', said[-1])


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = re.sub(r".*\) ", "", stat.read()).split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    unittest.main()

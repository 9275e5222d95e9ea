"""What waits while the link between a real mosquitto home and the cloud is broken: its messages, and orders to it."""

import json
import pathlib
import signal
import socket
import time
import unittest
from dataclasses import dataclass

from owb import mqtt, stream
from owb.case import Case
from owb.relay import DOWN, UP

COUNT = 1000  # what Debian's mosquitto queues, and a session of ours
TTL = 2  # seconds, where orders are to grow stale


@dataclass
class Link:
    """A home of a tenant, and the relay between it and its cloud."""
    cloud: object
    tenant: object
    relay: object
    home: object

    def owner(self):
        return self.cloud.connected("owner", self.tenant.name, self.tenant.password)

    def topic(self, rest):
        """Of the home's openWB, as the cloud calls it."""
        return f"{self.tenant.name}/openWB/{rest}"

    def awaits_state(self, **wanted):
        """Until cloud/home says so."""
        client = self.cloud.connected("look", self.tenant.name, self.tenant.password)
        client.subscribe(f"{self.tenant.name}/cloud/home", 1)
        state = {}
        while not all(state.get(key) == value for key, value in wanted.items()):
            state = json.loads(client.receive(20).text)
        client.disconnect()


def is_open(local, remote):
    """Whether this machine's kernel still has the connection from port `local` to port `remote`."""
    ends = f":{local:04X}", f":{remote:04X}"
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(ends[0]) and line.split()[2].endswith(ends[1]) for line in lines)


def publish_all(client, messages, qos=2):
    for topic, payload in messages:
        if client.publish(topic, payload, qos) != 0:
            raise AssertionError(f"{payload} was refused")


class HomeQueues(Case):
    """Each test runs its variants side by side, for a mosquitto takes seconds to connect again."""

    # A home's own messages.

    def test_a_thousand_messages_of_an_offline_home_arrive_in_order_and_once(self):
        """Mosquitto 2.0.11 sends its whole queue at once, far beyond 20 unacknowledged messages."""
        breaks = {
            "whole": lambda relay: None,
            "dies while the queue goes up": lambda relay: relay.cut_after(UP, 40_000),
            "dies while acknowledgements come down": lambda relay: relay.cut_after(DOWN, 5_000),
            "acknowledgements are lost": lambda relay: (relay.swallow_after(DOWN, 8_000), relay.cut_after(UP, 60_000)),
        }
        links = self.linked_homes("1.9", breaks)
        self.go_offline(links.values())
        local, reader = {}, {}
        for what, link in links.items():
            self.until(lambda home=link.home: "Error" in home.log() or "closed" in home.log(), "the home to notice")
            local[what] = self.local_client(link.home)
            publish_all(local[what], [("openWB/lp/1/counter", str(number)) for number in range(COUNT)])
            reader[what] = link.owner()
            reader[what].subscribe(link.topic("lp/1/counter"), 2)
            link.relay.open()
            breaks[what](link.relay)
        for what, link in links.items():
            with self.subTest(what):
                got = [reader[what].receive(30).text for _ in range(COUNT)]
                self.assertEqual(got, [str(number) for number in range(COUNT)])
                local[what].publish("openWB/lp/1/counter", "end", qos=2)
                self.assertEqual(reader[what].receive(20).text, "end")
                self.assertEqual(link.relay.cuts, 0 if what == "whole" else 1, "the link did not break as planned")

    # Orders to a home.

    def test_a_thousand_orders_for_an_offline_home_reach_it_once(self):
        breaks = {
            (2, "whole"): lambda relay: None,
            (1, "whole"): lambda relay: None,
            (2, "dies while orders come down"): lambda relay: relay.cut_after(DOWN, 30_000),
            (2, "acknowledgements are lost"): lambda relay: (relay.swallow_after(UP, 8_000),
                                                             relay.cut_after(UP, 8_300)),
        }
        links = self.linked_homes("2.x", breaks, "command_ttl 1h\n")
        local = {what: self.local_client(link.home) for what, link in links.items()}
        self.go_offline(links.values())
        for what, link in links.items():
            local[what].subscribe("openWB/set/#", 2)
            publish_all(link.owner(), [(link.topic("set/vehicle/0/soc"), str(number)) for number in range(COUNT)],
                        qos=what[0])
            link.relay.open()
            breaks[what](link.relay)
        for what, link in links.items():
            with self.subTest(qos=what[0], what=what[1]):
                got = [local[what].receive(30).text for _ in range(COUNT)]
                self.assertEqual(got, [str(number) for number in range(COUNT)])
                link.owner().publish(link.topic("set/end"), "1", qos=2)
                self.assertEqual(local[what].receive(20).topic, "openWB/set/end")
                self.assertEqual(link.relay.cuts, 0 if what[1] == "whole" else 1, "the link did not break as planned")

    def test_F61_orders_that_grew_stale_never_reach_the_home(self):
        """Rule 9: neither those that waited, nor those that were sent and not acknowledged when the link died."""
        variants = {
            "waited": self.order_while_offline,
            "swallowed on the way down, QoS 2": lambda link: self.order_swallowed(link, 2),
            "swallowed on the way down, QoS 1": lambda link: self.order_swallowed(link, 1),
            "its PUBREC swallowed on the way up": self.order_received_but_not_released,
            "the home hung and lost power": self.order_for_a_home_that_loses_power,
            "the home hung, and goes on": self.order_for_a_home_that_hangs,
        }
        links = self.linked_homes("1.9", variants, f"command_ttl {TTL}\n", keep_alive=5)
        local = {what: self.local_client(link.home) for what, link in links.items()}
        go_on = {}
        for what, link in links.items():
            local[what].subscribe("openWB/#", 2)
        for what, link in links.items():
            go_on[what] = variants[what](link)
        self.grow_stale()
        for what, link in links.items():
            if what == "the home hung and lost power":
                link.home.start()
                local[what] = self.local_client(link.home)
                local[what].subscribe("openWB/#", 2)
            go_on[what]()
        for what, link in links.items():
            with self.subTest(what):
                link.awaits_state(connected=True)
                for number, qos in enumerate((2, 1, 0)):
                    link.owner().publish(link.topic("set/ChargeMode"), f"fresh {number}", qos=qos)
                    self.assertEqual(local[what].receive(20).text, f"fresh {number}")

    def test_orders_that_grew_stale_leave_the_home_room_for_others(self):
        """Each that the home had and was never told to carry out keeps one of its 20 places; with none left mosquitto
        acknowledges whatever comes, and loses it."""
        link, = self.linked_homes("1.9", ["home"], f"command_ttl {TTL}\n", keep_alive=5).values()
        local = self.local_client(link.home)
        local.subscribe("openWB/#", 2)
        link.relay.swallow(UP)
        publish_all(link.owner(), [(link.topic("set/ChargeMode"), "stale") for _ in range(40)])
        self.until(lambda: link.home.log().count("Sending PUBREC") >= 10, "the home to have its orders")
        link.relay.shut()
        self.grow_stale()
        link.relay.open()
        link.awaits_state(connected=True)
        orders = [str(number) for number in range(60)]
        publish_all(link.owner(), [(link.topic("set/ChargeMode"), order) for order in orders])
        self.assertEqual([local.receive(30).text for _ in orders], orders)

    def test_F61_an_order_that_the_kernel_still_holds_dies_with_its_link(self):
        """The home's window is shut; after the broker gave the link up, nothing of it may come through."""
        cloud = self.make_cloud("alice")
        tenant = cloud.tenant["alice"]
        socket_of_home = socket.socket()
        socket_of_home.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        socket_of_home.connect(("127.0.0.1", cloud.plain))
        home = mqtt.Client(stream.SocketStream(socket_of_home))
        home.connect("home", "alice", tenant.password, clean=False, keep_alive=1, will=mqtt.Will("alice/gone"))
        home.subscribe("alice/openWB/#", 1)
        owner = cloud.connected("owner", "alice", tenant.password)
        owner.subscribe("alice/gone")
        owner.publish("alice/openWB/fill", b"x" * 40_000)
        owner.publish("alice/openWB/set/ChargeMode", "stale", qos=1)
        owner.receive(20, "alice/gone")
        self.until(lambda: not is_open(cloud.plain, socket_of_home.getsockname()[1]), "the broker to let go", 20)
        got = b""
        with self.assertRaises(stream.Closed):
            while True:
                got += home.stream.receive(5)
        self.assertNotIn(b"stale", got)

    # The variants of stale orders: each sends some and returns what mends the link.

    def order_while_offline(self, link):
        self.go_offline([link])
        owner = link.owner()
        for qos in (0, 1, 2):
            owner.publish(link.topic("set/ChargeMode"), f"stale {qos}", qos=qos)
            owner.publish(link.topic("config/set/pv/lp1"), f"stale {qos}", qos=qos, retain=True)
        return link.relay.open

    def order_swallowed(self, link, qos):
        link.relay.swallow(DOWN)
        before = link.relay.passed[DOWN]
        link.owner().publish(link.topic("set/ChargeMode"), "stale", qos=qos)
        self.until(lambda: link.relay.passed[DOWN] > before, "the order to be on its way")
        link.relay.shut()
        return link.relay.open

    def order_received_but_not_released(self, link):
        """At QoS 2 only: a QoS 1 order is obeyed as it arrives."""
        link.relay.swallow(UP)
        link.owner().publish(link.topic("set/ChargeMode"), "stale", qos=2)
        self.until(lambda: "Sending PUBREC" in link.home.log(), "the home to have the order")
        link.relay.shut()
        return link.relay.open

    def order_for_a_home_that_loses_power(self, link):
        self.hang(link)
        link.home.kill()
        link.relay.shut()
        return link.relay.open

    def order_for_a_home_that_hangs(self, link):
        """What the home's kernel keeps for it is QoS 2: without a PUBREL it is never carried out."""
        self.hang(link)

        def go_on():
            link.awaits_state(connected=False)  # by keep alive
            link.home.signal(signal.SIGCONT)

        return go_on

    def hang(self, link):
        link.home.signal(signal.SIGSTOP)
        before = link.relay.passed[DOWN]
        link.owner().publish(link.topic("set/ChargeMode"), "stale", qos=2)
        self.until(lambda: link.relay.passed[DOWN] > before, "the order to be on its way")

    # Helpers.

    def linked_homes(self, version, variants, extra="", **bridge):
        """For each variant a tenant with a home behind a relay that has connected and subscribed once."""
        names = [f"alice{number}" for number in range(len(variants))]
        cloud = self.make_cloud(*names, extra=extra)
        links = {}
        for name, variant in zip(names, variants):
            relay = self.make_relay(cloud.tls)
            home = self.make_home(name, cloud, cloud.tenant[name], version, port=relay.port, **bridge)
            links[variant] = Link(cloud, cloud.tenant[name], relay, home)
        for link in links.values():
            link.awaits_state(connected=True, writable=True)
        return links

    @staticmethod
    def go_offline(links):
        for link in links:
            link.relay.shut()
        for link in links:
            link.awaits_state(connected=False)

    @staticmethod
    def grow_stale():
        """The one thing that only time can do."""
        time.sleep(TTL + 0.5)

    def local_client(self, home):
        """Somebody at the home's own broker: openWB itself."""
        client = mqtt.Client(self.tcp(home.port))
        self.assertEqual(client.connect("openwb").code, 0)
        self.addCleanup(client.close)
        return client


if __name__ == "__main__":
    unittest.main()

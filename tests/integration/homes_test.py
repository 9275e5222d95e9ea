"""Real Debian mosquittos as homes: both of openWB's forms, with and without the bridge mark, over every restart."""

import unittest

from owb import mqtt
from owb.case import Case
from owb.wait import until

VARIANTS = [(version, protocol, private) for version in ("1.9", "2.x") for protocol in ("mqttv311", "mqttv31")
            for private in (True, False)]
GRID = {"1.9": "evu/W", "2.x": "counter/0/get/power"}
CLOCK = {"1.9": "system/Timestamp", "2.x": "system/time"}


class Homes(Case):
    def test_every_form_bridges_up_and_obeys(self):
        cloud = self.make_cloud(*(self.name_of(*variant) for variant in VARIANTS))
        for version, protocol, private in VARIANTS:
            with self.subTest(version=version, protocol=protocol, try_private=private):
                name = self.name_of(version, protocol, private)
                tenant = cloud.tenant[name]
                home = self.make_home(name, cloud, tenant, version, protocol=protocol, try_private=private)
                owner = cloud.connected("owner", name, tenant.password)
                owner.subscribe(f"{name}/openWB/#", 1)
                local = self.local_client(home)

                local.publish(f"openWB/{GRID[version]}", "-1234", retain=True)
                self.assertEqual(owner.receive(topic=f"{name}/openWB/{GRID[version]}").text, "-1234")

                local.subscribe("openWB/set/#", 2)
                owner.publish(f"{name}/openWB/set/ChargeMode", "3", qos=2)
                order = local.receive(topic="openWB/set/ChargeMode")
                self.assertEqual(order.text, "3")
                home.stop()

    def test_an_order_reaches_the_home_once_although_its_filters_overlap(self):
        """A home subscribes set/graph/# and set/#; delivered twice it would act twice (rule 9)."""
        cloud, tenant, home = self.one_home("1.9", try_private=True)
        local = self.local_client(home)
        local.subscribe("openWB/set/#", 2)
        owner = cloud.connected("owner", tenant.name, tenant.password)
        owner.publish(f"{tenant.name}/openWB/set/graph/RequestLLiveGraph", "1", qos=2)
        owner.publish(f"{tenant.name}/openWB/set/ChargeMode", "2", qos=2)
        seen = []
        while not seen or seen[-1].topic != "openWB/set/ChargeMode":
            seen.append(local.receive())
        self.assertEqual([message.topic for message in seen],
                         ["openWB/set/graph/RequestLLiveGraph", "openWB/set/ChargeMode"])

    def test_the_home_never_gets_its_own_commands_back(self):
        """Rule 7: no-local for whoever came with the home secret, also without the bridge mark (2.x presets none)."""
        for private in (True, False):
            with self.subTest(try_private=private):
                cloud, tenant, home = self.one_home("2.x", try_private=private)
                local = self.local_client(home)
                owner = cloud.connected("owner", tenant.name, tenant.password)
                owner.subscribe(f"{tenant.name}/openWB/set/#")
                local.subscribe("openWB/set/#")
                local.publish("openWB/set/vehicle/0/get/soc", "61", qos=1)
                self.assertEqual(owner.receive().text, "61")
                owner.publish(f"{tenant.name}/openWB/set/end", "1", qos=1)
                seen = []
                while not seen or seen[-1].topic != "openWB/set/end":
                    seen.append(local.receive())
                self.assertEqual([message.topic for message in seen], ["openWB/set/vehicle/0/get/soc", "openWB/set/end"])
                home.stop()

    def test_homes_come_back_after_the_broker_was_restarted(self):
        cloud = self.make_cloud("home1", "home2")
        homes = {}
        for version in ("1.9", "2.x"):
            name = f"home{version[0]}"
            tenant = cloud.tenant[name]
            homes[name] = (version, tenant, self.make_home(name, cloud, tenant, version, openwb=True))
        self.clocks_move(cloud, homes)
        self.assertEqual(cloud.stop(), (0, None))
        cloud.start(portal=False)
        self.clocks_move(cloud, homes)

    def clocks_move(self, cloud, homes):
        for name, (version, tenant, _) in homes.items():
            owner = cloud.connected("owner", name, tenant.password)
            owner.subscribe(f"{name}/openWB/{CLOCK[version]}")
            first = owner.receive(40).text
            # A home that comes back repeats its retained messages before the next cycle.
            until(lambda: owner.receive(20).text != first, f"the clock of {name} to move")
            owner.disconnect()

    def test_the_state_of_the_home_is_told(self):
        """Rule 8: cloud/home says connected, writable and whether the bridge mark was there."""
        cloud, tenant, home = self.one_home("1.9", try_private=True)
        owner = cloud.connected("owner", tenant.name, tenant.password)
        owner.subscribe(f"{tenant.name}/cloud/home", 1)

        def told(**wanted):
            state = self.json_of(owner.receive(topic=f"{tenant.name}/cloud/home"))
            return all(state[key] == value for key, value in wanted.items())

        until(lambda: told(connected=True, writable=True, bridge_bit=True), "cloud/home to say connected and writable")
        home.stop()
        until(lambda: told(connected=False), "cloud/home to say that the home has gone")

    def test_secrets_of_the_home_and_doors_into_it_are_dropped(self):
        """Rule 10, with the simulated homes, which send secrets as real ones do."""
        for version, live in CLOCK.items():
            with self.subTest(version):
                cloud, tenant, home = self.one_home(version, openwb=True)
                owner = cloud.connected("owner", tenant.name, tenant.password)
                owner.subscribe(f"{tenant.name}/#", 1)
                clock = f"{tenant.name}/openWB/{live}"
                first = owner.receive(20, topic=clock)
                until(lambda: owner.receive(20, topic=clock).text != first.text, "the home's clock to move")
                for message in owner.inbox:
                    self.assertNotIn("secret-of-the", message.text, message.topic)
                local = self.local_client(home)
                local.subscribe("openWB-remote/#", 2)
                for door in ("openWB-remote/support", "openWB/set/system/GetRemoteSupport",
                             "openWB/set/system/mqtt/bridge/1"):
                    self.assertEqual(owner.publish(f"{tenant.name}/{door}", "token;2223;getsupport", qos=1), 0)
                local.subscribe("openWB/set/#", 2)
                owner.publish(f"{tenant.name}/openWB/set/end", "1", qos=1)
                end = local.receive(topic="openWB/set/end")
                self.assertEqual(end.text, "1")
                self.assertEqual([m.topic for m in local.inbox if "upport" in m.topic or "/mqtt/" in m.topic], [])
                home.stop()

    @staticmethod
    def name_of(version, protocol, private):
        return f"h{version[0]}{protocol}{'private' if private else ''}"

    def one_home(self, version, openwb=False, **bridge):
        self.homes_made = getattr(self, "homes_made", 0) + 1
        name = f"alice{self.homes_made}"
        cloud = self.make_cloud(name, name=f"cloud{self.homes_made}")
        tenant = cloud.tenant[name]
        home = self.make_home(name, cloud, tenant, version, openwb=openwb, **bridge)
        until(lambda: self.bridged(cloud, tenant), f"the home {name} to be connected")
        return cloud, tenant, home

    def bridged(self, cloud, tenant):
        client = cloud.connected("look", tenant.name, tenant.password)
        client.subscribe(f"{tenant.name}/cloud/home")
        states = [self.json_of(message) for message in client.receive_all()]
        client.disconnect()
        return any(state["connected"] and state["writable"] for state in states)

    def local_client(self, home):
        """Somebody at the home's own broker: openWB itself."""
        client = mqtt.Client(self.tcp(home.port))
        self.assertEqual(client.connect("openwb").code, 0)
        self.addCleanup(client.close)
        return client


if __name__ == "__main__":
    unittest.main()

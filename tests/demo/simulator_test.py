#!/usr/bin/python3
"""The simulated homes: the power balance, the signs, and the orders openWB obeys. Needs no broker."""

import json
import unittest

from openwb.v19 import Home19
from openwb.v2 import Home2

TEMPLATE = "openWB/set/chargepoint/3/set/charge_template"


class House(unittest.TestCase):
    def test_powers_add_up_in_every_cycle(self):
        for home in (Home19(7), Home2(7)):
            for _ in range(500):
                home.house.step(3)
                house = home.house
                self.assertEqual(house.grid, house.home + house.charging + house.battery - house.pv)

    def test_same_seed_same_values(self):
        first, second, other = Home19(3), Home19(3), Home19(4)
        for home in (first, second, other):
            home.house.step(3)
        self.assertEqual(first.status(0), second.status(0))
        self.assertNotEqual(first.status(0)["pv/W"], other.status(0)["pv/W"])

    def test_values_change_from_cycle_to_cycle(self):
        home = Home2(1)
        seen = set()
        for _ in range(20):
            home.house.step(3)
            seen.add(home.status(0)["pv/get/power"])
        self.assertGreater(len(seen), 10)


class Version19(unittest.TestCase):
    def setUp(self):
        self.home = Home19(1)
        self.home.house.step(3)

    def test_speaks_plain_text_with_pv_negative(self):
        status = self.home.status(1763724890.5)
        self.assertLess(int(status["pv/W"]), 0)
        self.assertEqual(status["system/Timestamp"], "1763724890")
        self.assertEqual(len(status["system/lastlivevalues"].split(",")), 29)

    def test_obeys_the_charge_mode_and_confirms_it(self):
        self.assertTrue(self.home.obey("openWB/set/ChargeMode", "0"))
        self.home.house.step(3)
        status = self.home.status(0)
        self.assertEqual(status["global/ChargeMode"], "0")
        self.assertEqual(status["lp/1/W"], str(16 * 3 * 230))

    def test_obeys_current_lock_and_limit(self):
        self.home.obey("openWB/set/ChargeMode", "0")
        self.home.obey("openWB/config/set/sofort/lp/1/current", "10")
        self.home.house.step(3)
        self.assertEqual(self.home.status(0)["lp/1/AConfigured"], "10")
        self.assertEqual(self.home.status(0)["config/get/sofort/lp/1/current"], "10")
        self.home.obey("openWB/set/lp/1/ChargePointEnabled", "0")
        self.home.house.step(3)
        self.assertEqual(self.home.status(0)["lp/1/W"], "0")

    def test_refuses_values_out_of_range_but_clears_the_command(self):
        for topic, text in (("openWB/set/ChargeMode", "5"), ("openWB/set/ChargeMode", "fast"),
                            ("openWB/config/set/sofort/lp/1/current", "33")):
            with self.subTest(topic=topic, text=text):
                before = self.home.status(0)
                self.assertTrue(self.home.obey(topic, text))
                self.assertEqual(self.home.status(0), before)


class Version2(unittest.TestCase):
    def setUp(self):
        self.home = Home2(1)
        self.home.house.step(3)

    def test_speaks_json_with_pv_negative(self):
        status = self.home.status(1763724890.5)
        self.assertLess(json.loads(status["pv/get/power"]), 0)
        self.assertEqual(json.loads(self.home.fixed()["counter/get/hierarchy"])[0]["children"][0]["type"], "cp")

    def test_obeys_the_whole_template_and_republishes_it(self):
        template = json.loads(self.home.status(0)["chargepoint/3/set/charge_template"])
        template["chargemode"]["selected"] = "instant_charging"
        template["chargemode"]["instant_charging"]["current"] = 12
        self.assertTrue(self.home.obey(TEMPLATE, json.dumps(template)))
        self.home.house.step(3)
        status = self.home.status(0)
        self.assertEqual(json.loads(status["chargepoint/3/set/charge_template"]), template)
        self.assertEqual(json.loads(status["chargepoint/3/get/power"]), 12 * 3 * 230)

    def test_refuses_a_template_that_makes_no_sense(self):
        before = self.home.status(0)
        for text in ("{}", "[]", "null", "not json", '{"chargemode":{"selected":"warp"}}'):
            with self.subTest(text):
                self.assertTrue(self.home.obey(TEMPLATE, text))
                self.assertEqual(self.home.status(0), before)

    def test_obeys_the_lock(self):
        self.assertTrue(self.home.obey("openWB/set/chargepoint/3/set/manual_lock", "true"))
        self.home.house.step(3)
        self.assertEqual(self.home.status(0)["chargepoint/3/set/manual_lock"], "true")
        self.assertEqual(self.home.status(0)["chargepoint/3/get/power"], "0")


if __name__ == "__main__":
    unittest.main()

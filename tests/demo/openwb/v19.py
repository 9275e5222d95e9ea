"""openWB 1.9 as it speaks: plain text, retained, QoS 0; orders below openWB/set and openWB/config/set."""

import re
import time

from .house import MODES, ChargePoint, House

RESENT = {"system/Timestamp", "system/Date", "system/Uptime", "system/lastlivevalues", "global/cpuUse",
          "global/cpuTemp"}
LIMITS = ("none", "amount", "soc")


def flag(value):
    return "1" if value else "0"


def kwh(watt_hours):
    return f"{watt_hours / 1000:.2f}"


class Home19:
    """One home of openWB 1.9: what it says each cycle and how it obeys."""

    order_filters = ("openWB/set/#", "openWB/config/set/#")

    @staticmethod
    def resends(topic):
        """Whether `topic` goes out each cycle although its value is the same; all others go out when they change."""
        return topic in RESENT

    def __init__(self, seed):
        self.house = House(seed, [
            ChargePoint(name="Garage links", car="", plugged=True, soc=61.0, mode="pv"),
            ChargePoint(name="Stellplatz Süd", car="", plugged=False, soc=38.0, mode="pv"),
        ])
        self.mode = 2
        self.max_price = "20"

    def fixed(self):
        """What a home says once: versions, names, settings. One secret too, as real homes do."""
        topics = {
            "system/Version": "1.9.304.0", "system/IpAddress": "192.168.1.50", "system/releaseTrain": "master",
            "system/ConfiguredChargePoints": str(len(self.house.points)), "system/wizzardDone": "100",
            "system/updateInProgress": "0", "global/rfidConfigured": "0", "global/boolRse": "0",
            "global/awattar/boolAwattarEnabled": "0", "global/strLastmanagementActive": " ",
            "global/cpuModel": "ARMv7 Processor rev 4 (v7l)", "housebattery/boolHouseBatteryConfigured": "1",
            "pv/1/boolPVConfigured": "1", "pv/2/boolPVConfigured": "0",
            "config/get/global/minEVSECurrentAllowed": "6", "config/get/global/maxEVSECurrentAllowed": "16",
            "config/get/pv/boolShowPriorityIconInTheme": "1",
            "config/get/SmartHome/Devices/1/device_configured": "1",
            "config/get/SmartHome/Devices/1/device_name": "Boiler",
            "config/get/SmartHome/Devices/1/device_type": "shelly",
            "config/get/SmartHome/Devices/1/device_password": "secret-of-the-boiler",
        }
        for number in range(1, 9):
            topics[f"lp/{number}/boolChargePointConfigured"] = flag(number <= len(self.house.points))
        for number in range(2, 10):
            topics[f"config/get/SmartHome/Devices/{number}/device_configured"] = "0"
        for part in ("evu", "housebattery", "pv/1"):
            topics[f"{part}/faultState"] = "0"
            topics[f"{part}/faultStr"] = '"Kein Fehler."'
        return topics

    def status(self, now):
        house = self.house
        topics = {
            "system/Timestamp": str(int(now)),
            "system/Date": time.strftime("%a %b %d %H:%M:%S %Z %Y", time.localtime(now)),
            "system/Uptime": f" {time.strftime('%H:%M:%S', time.localtime(now))} up 12 days,  3:11,  0 users",
            "global/cpuUse": str(20 + int(now) % 7), "global/cpuTemp": f"{50 + int(now) % 5}.54",
            "global/ChargeMode": str(self.mode),
            "global/WHouseConsumption": str(house.home),
            "global/WAllChargePoints": str(house.charging),
            "global/DailyYieldHausverbrauchKwh": kwh(house.today["home"]),
            "global/DailyYieldAllChargePointsKwh": kwh(sum(p.imported_today for p in house.points)),
            "global/awattar/MaxPriceForCharging": self.max_price,
            "evu/W": str(house.grid), "evu/Hz": "50.01",
            "evu/WhImported": f"{house.grid_in_wh:.1f}", "evu/WhExported": f"{house.grid_out_wh:.1f}",
            "evu/DailyYieldImportKwh": kwh(house.today["grid_in"]),
            "evu/DailyYieldExportKwh": kwh(house.today["grid_out"]),
            "pv/W": str(-house.pv), "pv/1/W": str(-house.pv), "pv/WhCounter": f"{house.pv_wh:.0f}",
            "pv/DailyYieldKwh": kwh(house.today["pv"]),
            "housebattery/W": str(house.battery), "housebattery/%Soc": str(int(house.battery_soc)),
            "housebattery/DailyYieldImportKwh": kwh(house.today["battery_in"]),
            "housebattery/DailyYieldExportKwh": kwh(house.today["battery_out"]),
            "config/get/pv/minCurrentMinPv": str(house.points[0].min_current),
            "config/get/pv/priorityModeEVBattery": flag(house.car_first),
            "config/get/SmartHome/Devices/1/mode": flag(house.device_manual),
            "config/get/SmartHome/Devices/1/device_manual_control": flag(house.device_manual_on),
            "SmartHome/Devices/1/Watt": str(house.device),
            "SmartHome/Devices/1/Status": "11" if house.device_on else "10",
            "SmartHome/Devices/1/RelayStatus": flag(house.device_on),
            "SmartHome/Devices/1/DailyYieldKwh": "1.20", "SmartHome/Devices/1/TemperatureSensor0": "54.5",
            "SmartHome/Devices/1/TemperatureSensor1": "300", "SmartHome/Devices/1/TemperatureSensor2": "300",
            "system/lastlivevalues": self._live_line(now),
        }
        for phase in range(1, 4):
            topics[f"evu/WPhase{phase}"] = str(round(house.grid / 3))
            topics[f"evu/APhase{phase}"] = f"{house.grid / 3 / 230:.2f}"
            topics[f"evu/VPhase{phase}"] = "230.2"
        for number, point in enumerate(house.points, 1):
            topics.update(self._point(number, point))
        return topics

    def _point(self, number, point):
        lp = {
            "W": str(point.power), "strChargePointName": point.name, "ChargePointEnabled": flag(point.enabled),
            "ChargeStatus": flag(point.charging), "boolPlugStat": flag(point.plugged),
            "boolChargeStat": flag(point.charging), "AConfigured": str(point.current),
            "countPhasesInUse": str(point.phases_in_use), "kWhCounter": f"{point.imported / 1000:.3f}",
            "kWhActualCharged": kwh(point.imported_for_limit),
            "kWhChargedSincePlugged": kwh(point.imported_since_plugged),
            "kWhDailyCharged": kwh(point.imported_today), "kmCharged": f"{point.km_charged:.0f}",
            "energyConsumptionPer100km": f"{point.wh_per_100km / 1000:.1f}", "TimeRemaining": self._remaining(point),
            "%Soc": str(int(point.soc)), "boolSocConfigured": "1", "boolSocManual": "0", "socFaultState": "0",
            "faultState": "0", "faultStr": '"Kein Fehler."', "AutolockConfigured": "0",
            "boolFinishAtTimeChargeActive": "0", "boolChargeAtNight": "0",
        }
        for phase in range(1, 4):
            used = phase <= point.phases_in_use
            lp[f"APhase{phase}"] = str(point.current if used else 0)
            lp[f"VPhase{phase}"] = "230.9"
        topics = {f"lp/{number}/{name}": value for name, value in lp.items()}
        instant = f"config/get/sofort/lp/{number}"
        topics[f"{instant}/current"] = str(point.instant_current)
        topics[f"{instant}/chargeLimitation"] = str(LIMITS.index(point.limit))
        topics[f"{instant}/energyToCharge"] = str(point.limit_wh // 1000)
        topics[f"{instant}/socToChargeTo"] = str(point.limit_soc)
        return topics

    @staticmethod
    def _remaining(point):
        if not point.charging or point.limit != "amount":
            return "--"
        minutes = max(0, round((point.limit_wh - point.imported_for_limit) / point.power * 60))
        return f"{minutes // 60} H {minutes % 60} Min"

    def _live_line(self, now):
        house, points = self.house, self.house.points
        fields = [time.strftime("%H:%M:%S", time.localtime(now)), house.grid, house.charging, house.pv,
                  points[0].power, points[1].power, house.charging, house.battery, int(house.battery_soc),
                  int(points[0].soc), int(points[1].soc), house.home, 0, 0] + [0] * 6 + [house.device] + [0] * 8
        return ",".join(str(field) for field in fields)

    def obey(self, topic, text):
        """Takes over one order. Returns True when the command topic is to be cleared, as openWB does for all it knows."""
        order = topic.removeprefix("openWB/")
        try:
            number = float(text)
        except ValueError:
            return True  # not a number: refused, and cleared all the same
        for pattern, low, high, take in self._orders():
            match = re.fullmatch(pattern, order)
            if match:
                if low <= number <= high:
                    take(number, *(int(group) for group in match.groups()))
                return True
        return not order.startswith("set/graph/")

    def _orders(self):
        house = self.house
        point = r"([12])"
        instant = f"config/set/sofort/lp/{point}"

        def to_point(name, convert=int):
            return lambda value, n: setattr(house.points[n - 1], name, convert(value))

        def to_house(name):
            return lambda value, *_: setattr(house, name, bool(value))

        return (
            ("set/ChargeMode", 0, 4, self._set_mode),
            (f"set/lp/{point}/ChargePointEnabled", 0, 1, to_point("enabled", bool)),
            (f"set/lp/{point}/manualSoc", 0, 100, to_point("soc", float)),
            (f"set/lp/{point}/ForceSoCUpdate", 1, 1, lambda *_: None),
            (f"{instant}/current", 6, 32, to_point("instant_current")),
            (f"{instant}/chargeLimitation", 0, 2, to_point("limit", lambda v: LIMITS[int(v)])),
            (f"{instant}/energyToCharge", 0, 100, to_point("limit_wh", lambda v: int(v) * 1000)),
            (f"{instant}/socToChargeTo", 5, 100, to_point("limit_soc")),
            (f"{instant}/resetEnergyToCharge", 1, 1, to_point("imported_for_limit", lambda _: 0.0)),
            ("config/set/pv/minCurrentMinPv", 6, 16, self._set_min_current),
            ("config/set/pv/priorityModeEVBattery", 0, 1, to_house("car_first")),
            ("config/set/SmartHome/Devices/1/mode", 0, 1, to_house("device_manual")),
            ("config/set/SmartHome/Devices/1/device_manual_control", 0, 1, to_house("device_manual_on")),
            ("set/awattar/MaxPriceForCharging", -50, 95, lambda v: setattr(self, "max_price", f"{v:g}")),
        )

    def _set_mode(self, value):
        self.mode = int(value)
        for point in self.house.points:
            point.mode = MODES[self.mode]

    def _set_min_current(self, value):
        for point in self.house.points:
            point.min_current = int(value)

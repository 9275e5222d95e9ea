"""openWB 2.x as it speaks: JSON, retained, QoS 0; orders below openWB/set are checked, republished and cleared."""

import json
import re
import time

from .house import VOLT, ChargePoint, House

COUNTER, PV, BATTERY, POINT, CAR = 0, 1, 2, 3, 0
MODES = {"instant_charging": "instant", "pv_charging": "pv", "eco_charging": "standby",
         "scheduled_charging": "standby", "stop": "stop"}


def charge_template():
    return {
        "id": 0, "name": "Standard-Lade-Profil", "prio": False, "load_default": False,
        "time_charging": {"active": False, "plans": []},
        "chargemode": {
            "selected": "pv_charging",
            "eco_charging": {"current": 6, "max_price": 0.0002, "phases_to_use": 3,
                             "limit": {"selected": "none", "amount": 50000, "soc": 50}},
            "pv_charging": {"min_current": 0, "min_soc": 0, "min_soc_current": 10, "feed_in_limit": False,
                            "phases_to_use": 0, "phases_to_use_min_soc": 3,
                            "limit": {"selected": "none", "amount": 50000, "soc": 50}},
            "scheduled_charging": {"plans": []},
            "instant_charging": {"current": 16, "phases_to_use": 3,
                                 "limit": {"selected": "none", "amount": 50000, "soc": 50}},
        },
    }


class Home2:
    """One home of openWB 2.x: what it says each cycle and how it obeys."""

    order_filters = ("openWB/set/#",)

    @staticmethod
    def resends(topic):
        """Measured values go out each cycle although they are the same, settings and results when they change."""
        return "/get/" in topic or topic == "system/time" or topic.endswith("lastlivevaluesJson")

    def __init__(self, seed):
        self.house = House(seed, [ChargePoint(name="Carport", car="Roter Blitz", plugged=True, soc=47.0, mode="pv")])
        self.point = self.house.points[0]
        self.template = charge_template()
        self.manual_soc = None
        self.car_at_point = CAR
        self.started = None

    def fixed(self):
        """What a home says once: versions, names, settings. Secrets too, as real homes do."""
        point = self.point
        topics = {
            "system/version": "2.2.2", "system/current_branch": "Release", "system/ip_address": "192.168.1.50",
            "system/boot_done": True, "system/update_in_progress": False, "general/extern": False,
            "general/control_interval": 10, "general/range_unit": "km",
            "counter/get/hierarchy": [{"id": COUNTER, "type": "counter", "children": [
                {"id": POINT, "type": "cp", "children": []}, {"id": PV, "type": "inverter", "children": []},
                {"id": BATTERY, "type": "bat", "children": []}]}],
            f"counter/{COUNTER}/config/max_currents": [32, 32, 32],
            "pv/config/configured": True, "bat/config/configured": True,
            f"chargepoint/{POINT}/config": {
                "id": POINT, "name": point.name, "type": "internal_openwb", "ev": CAR, "template": 0,
                "connected_phases": 3, "phase_1": 1, "auto_phase_switch_hw": True,
                "control_pilot_interruption_hw": True, "color": "#007bff", "ocpp_chargebox_id": None,
                "configuration": {"ip_address": "192.168.1.52", "duo_num": 0}},
            f"vehicle/{CAR}/name": point.car, f"vehicle/{CAR}/info": {"manufacturer": None, "model": None},
            f"vehicle/{CAR}/charge_template": 0, f"vehicle/{CAR}/ev_template": 0,
            "vehicle/template/ev_template/0": {"id": 0, "name": "Standard-Fahrzeug-Profil", "battery_capacity": 58000,
                                               "average_consump": 17000, "max_phases": 3, "min_current": 6},
            "optional/ep/configured": False,
            "system/device/4/config": {"name": "Wechselrichter", "type": "demo", "id": 4,
                                       "configuration": {"password": "secret-of-the-inverter"}},
            "system/device/4/component/1/config": {"name": "Dach Süd", "type": "inverter", "id": PV,
                                                   "configuration": {}},
            f"vehicle/{CAR}/soc_module/config": {"type": "demo", "configuration": {"password": "secret-of-the-car"}},
            "system/mqtt/bridge/1": {"name": "cloud", "active": True,
                                     "remote": {"host": "cloud.example.org", "password": "secret-of-the-bridge"}},
        }
        for part in (f"counter/{COUNTER}", "pv", f"pv/{PV}", "bat", f"bat/{BATTERY}", f"chargepoint/{POINT}",
                     "chargepoint", f"vehicle/{CAR}"):
            topics[f"{part}/get/fault_state"] = 0
            topics[f"{part}/get/fault_str"] = "Kein Fehler."
        return {topic: json.dumps(value, ensure_ascii=False) for topic, value in topics.items()}

    def status(self, now):
        house = self.house
        if self.started is None:
            self.started = now
        third = house.grid / 3
        topics = {
            "system/time": round(now, 2),
            "counter/set/home_consumption": house.home,
            "counter/set/daily_yield_home_consumption": round(house.today["home"]),
            "counter/set/imported_home_consumption": round(house.home_wh, 1),
            f"counter/{COUNTER}/get/power": house.grid,
            f"counter/{COUNTER}/get/powers": [round(third)] * 3,
            f"counter/{COUNTER}/get/currents": [round(third / VOLT, 2)] * 3,
            f"counter/{COUNTER}/get/voltages": [230.1, 229.8, 231.0],
            f"counter/{COUNTER}/get/frequency": 50.01,
            f"counter/{COUNTER}/get/imported": round(house.grid_in_wh, 1),
            f"counter/{COUNTER}/get/exported": round(house.grid_out_wh, 1),
            f"counter/{COUNTER}/get/daily_imported": round(house.today["grid_in"]),
            f"counter/{COUNTER}/get/daily_exported": round(house.today["grid_out"]),
            "general/chargemode_config/pv_charging/bat_mode": "ev_mode" if house.car_first else "bat_mode",
        }
        for part in ("pv", f"pv/{PV}"):
            topics[f"{part}/get/power"] = -house.pv
            topics[f"{part}/get/exported"] = round(house.pv_wh)
            topics[f"{part}/get/daily_exported"] = round(house.today["pv"])
        for part in ("bat", f"bat/{BATTERY}"):
            topics[f"{part}/get/power"] = house.battery
            topics[f"{part}/get/soc"] = int(house.battery_soc)
            topics[f"{part}/get/imported"] = round(house.battery_in_wh)
            topics[f"{part}/get/exported"] = round(house.battery_out_wh)
            topics[f"{part}/get/daily_imported"] = round(house.today["battery_in"])
            topics[f"{part}/get/daily_exported"] = round(house.today["battery_out"])
        topics.update(self._charging(now))
        live = self._live(now)
        topics["graph/lastlivevaluesJson"] = live
        topics["system/lastlivevaluesJson"] = live
        return {topic: json.dumps(value, ensure_ascii=False) for topic, value in topics.items()}

    def _charging(self, now):
        point = self.point
        cp = f"chargepoint/{POINT}"
        used = [phase < point.phases_in_use for phase in range(3)]
        soc = int(point.soc)
        return {
            "chargepoint/get/power": point.power, "chargepoint/get/imported": round(point.imported),
            "chargepoint/get/daily_imported": round(point.imported_today),
            f"{cp}/get/plug_state": point.plugged, f"{cp}/get/charge_state": point.charging,
            f"{cp}/get/power": point.power, f"{cp}/get/phases_in_use": point.phases_in_use,
            f"{cp}/get/powers": [point.current * VOLT if on else 0 for on in used],
            f"{cp}/get/currents": [float(point.current) if on else 0.0 for on in used],
            f"{cp}/get/voltages": [230.1, 229.8, 231.0], f"{cp}/get/evse_current": point.current,
            f"{cp}/get/imported": round(point.imported), f"{cp}/get/daily_imported": round(point.imported_today),
            f"{cp}/get/state_str": point.reason,
            f"{cp}/get/connected_vehicle/info": {"id": self.car_at_point, "name": point.car},
            f"{cp}/get/connected_vehicle/soc": {
                "range_charged": round(point.km_charged, 1), "range_unit": "km", "range": round(point.range_km),
                "soc": soc, "timestamp": int(self.started), "fault_state": 0, "fault_str": "Kein Fehler."},
            f"{cp}/get/connected_vehicle/config": {
                "charge_template": 0, "ev_template": 0, "chargemode": self.template["chargemode"]["selected"],
                "priority": False, "current_plan": None, "average_consumption": point.wh_per_100km,
                "time_charging_in_use": False},
            f"{cp}/set/charge_template": self.template, f"{cp}/set/current": point.current,
            f"{cp}/set/manual_lock": not point.enabled,
            f"{cp}/set/log": {"imported_since_plugged": round(point.imported_since_plugged),
                              "imported_since_mode_switch": round(point.imported_for_limit),
                              "range_charged": round(point.km_charged, 1), "time_charged": "02:29"},
            f"vehicle/{CAR}/get/soc": soc, f"vehicle/{CAR}/get/range": round(point.range_km),
            f"vehicle/{CAR}/soc_module/calculated_soc_state": {
                "last_imported": 0, "manual_soc": self.manual_soc, "soc_start": 0},
        }

    def _live(self, now):
        house = self.house
        return {"timestamp": int(now), "time": time.strftime("%H:%M:%S", time.localtime(now)),
                "grid": house.grid / 1000, "house-power": house.home / 1000, "charging-all": house.charging / 1000,
                "pv-all": house.pv / 1000, f"cp{POINT}-power": self.point.power / 1000,
                f"ev{CAR}-soc": int(self.point.soc), "bat-all-power": house.battery / 1000,
                "bat-all-soc": int(house.battery_soc)}

    def obey(self, topic, text):
        """Takes over one order. Returns True when the command topic is to be cleared, as openWB does for all it knows."""
        order = topic.removeprefix("openWB/set/")
        try:
            value = json.loads(text)
        except ValueError:
            return True  # not JSON: refused, and cleared all the same
        for pattern, take in (
            (rf"chargepoint/{POINT}/set/charge_template", self._take_template),
            (rf"chargepoint/{POINT}/set/manual_lock", self._take_lock),
            (rf"chargepoint/{POINT}/config/ev", lambda v: setattr(self, "car_at_point", int(v))),
            (r"general/chargemode_config/pv_charging/bat_mode", self._take_bat_mode),
            (rf"vehicle/{CAR}/get/force_soc_update", lambda _: None),
            (rf"vehicle/{CAR}/soc_module/calculated_soc_state/manual_soc", self._take_manual_soc),
        ):
            if re.fullmatch(pattern, order):
                try:
                    take(value)
                except (KeyError, TypeError, ValueError):
                    pass  # a value openWB would not accept changes nothing
                return True
        return False

    def _take_template(self, template):
        mode = template["chargemode"]
        instant = mode["instant_charging"]
        limit = instant["limit"]
        if mode["selected"] not in MODES or not 6 <= instant["current"] <= 32:
            raise ValueError
        if limit["selected"] not in ("none", "soc", "amount"):
            raise ValueError
        self.template = template
        point = self.point
        point.mode = MODES[mode["selected"]]
        if mode["selected"] == "pv_charging" and mode["pv_charging"]["min_current"] >= 6:
            point.mode, point.min_current = "min_pv", mode["pv_charging"]["min_current"]
        point.instant_current = int(instant["current"])
        point.limit, point.limit_wh, point.limit_soc = limit["selected"], limit["amount"], limit["soc"]

    def _take_lock(self, locked):
        self.point.enabled = not locked

    def _take_bat_mode(self, mode):
        if mode not in ("ev_mode", "bat_mode", "min_soc_bat_mode"):
            raise ValueError
        self.house.car_first = mode == "ev_mode"

    def _take_manual_soc(self, soc):
        if not 0 <= soc <= 100:
            raise ValueError
        self.manual_soc = soc
        self.point.soc = float(soc)

"""The house behind the topics: sun, consumption, battery, charge points. No MQTT, no clock, one seed.

Powers in W, energies in Wh. Grid and battery are signed as openWB signs them: import and charging are positive.
PV is positive here; both languages send it negative.
"""

import math
import random
from dataclasses import dataclass, field

VOLT = 230
BATTERY_WH = 10_000
BATTERY_W = 3_000
PEAK_PV_W = 9_500
MODES = ("instant", "min_pv", "pv", "stop", "standby")  # in the order of openWB 1.9's numbers


@dataclass
class ChargePoint:
    name: str
    car: str
    plugged: bool
    soc: float
    capacity_wh: int = 58_000
    wh_per_100km: int = 17_000
    phases: int = 3
    enabled: bool = True
    mode: str = "pv"
    instant_current: int = 16
    min_current: int = 6
    limit: str = "none"  # none, amount (Wh since the limit was set) or soc
    limit_wh: int = 10_000
    limit_soc: int = 80
    # Results of the last step.
    current: int = 0
    phases_in_use: int = 0
    power: int = 0
    reason: str = ""
    # Meters.
    imported: float = 1_234_567.0
    imported_today: float = 0.0
    imported_since_plugged: float = 0.0
    imported_for_limit: float = 0.0

    @property
    def charging(self):
        return self.power > 0

    @property
    def range_km(self):
        return self.soc / 100 * self.capacity_wh / self.wh_per_100km * 100

    @property
    def km_charged(self):
        return self.imported_since_plugged / self.wh_per_100km * 100

    def limit_reached(self):
        if self.limit == "amount":
            return self.imported_for_limit >= self.limit_wh
        if self.limit == "soc":
            return self.soc >= self.limit_soc
        return False

    def decide(self, surplus):
        """Chooses current and phases for this cycle from the mode, the limit and the `surplus` in W; returns the power."""
        self.current, self.phases_in_use, self.reason = self._wanted(surplus)
        self.power = self.current * self.phases_in_use * VOLT
        return self.power

    def _wanted(self, surplus):
        if not self.plugged:
            return 0, 0, "Kein Fahrzeug angesteckt."
        if not self.enabled:
            return 0, 0, "Ladepunkt gesperrt."
        if self.mode in ("stop", "standby"):
            return 0, 0, "Laden gestoppt, da der Lademodus Stop aktiv ist."
        if self.soc >= 100:
            return 0, 0, "Das Fahrzeug ist voll."
        if self.mode == "instant":
            if self.limit_reached():
                return 0, 0, "Ladeziel erreicht."
            return min(self.instant_current, 32), self.phases, "Sofortladen mit dem eingestellten Strom."
        least = self.min_current if self.mode == "min_pv" else 6
        for phases in (self.phases, 1):
            current = min(int(surplus / (phases * VOLT)), 16)
            if current >= 6:
                return max(current, least), phases, "Laden mit Überschuss."
        if self.mode == "min_pv":
            return least, 1, "Laden mit dem Mindeststrom."
        return 0, 0, "Warten auf genug Überschuss."

    def charge(self, hours):
        wh = self.power * hours
        self.imported += wh
        self.imported_today += wh
        self.imported_since_plugged += wh
        self.imported_for_limit += wh
        self.soc = min(100.0, self.soc + wh / self.capacity_wh * 100)


@dataclass
class House:
    seed: int
    points: list
    battery_soc: float = 55.0
    car_first: bool = True
    device_on: bool = False
    device_manual: bool = False
    device_manual_on: bool = False
    # Results of the last step.
    pv: int = 0
    home: int = 0
    battery: int = 0
    grid: int = 0
    device: int = 0
    # Meters, total and of today.
    pv_wh: float = 31_234_567.0
    grid_in_wh: float = 5_123_456.0
    grid_out_wh: float = 9_123_456.0
    battery_in_wh: float = 812_345.0
    battery_out_wh: float = 712_345.0
    home_wh: float = 8_123_456.0
    today: dict = field(default_factory=lambda: {
        "pv": 18_210.0, "grid_in": 3_210.0, "grid_out": 6_340.0, "battery_in": 4_120.0, "battery_out": 3_880.0,
        "home": 5_320.0})
    seconds: float = 0.0

    def __post_init__(self):
        self._random = random.Random(self.seed)
        self._cloud = 0.9
        # Every home has had its own day so far.
        self.seconds = self._random.uniform(0, 1_500)
        self.battery_soc += self._random.uniform(-12, 12)
        for name in self.today:
            self.today[name] *= self._random.uniform(0.7, 1.3)
        for point in self.points:
            point.imported_since_plugged = self._random.uniform(2_000, 6_000) if point.plugged else 0.0
            point.imported_today = point.imported_since_plugged * 1.7

    @property
    def charging(self):
        return sum(point.power for point in self.points)

    def step(self, seconds):
        """Lives through `seconds`: sun and consumption move, cars and battery take what they may, meters count."""
        self.seconds += seconds
        self.pv = self._sun()
        self.device = self._boiler()
        self.home = round(380 + 140 * math.sin(self.seconds / 47) + self._random.uniform(0, 160)) + self.device
        surplus = self.pv - self.home
        battery_wish = min(BATTERY_W, max(surplus, 0)) if self.battery_soc < 99.5 else 0
        for_cars = surplus if self.car_first else surplus - battery_wish
        for point in self.points:
            for_cars -= point.decide(for_cars)
        self.battery = self._battery(surplus - self.charging)
        self.grid = self.home + self.charging + self.battery - self.pv
        self._count(seconds / 3600)

    def _sun(self):
        """Always some daylight, so that a demo at night shows something: a slow wave with passing clouds."""
        self._cloud = min(1.0, max(0.45, self._cloud + self._random.uniform(-0.08, 0.08)))
        wave = 0.62 + 0.33 * math.sin(self.seconds / 240)
        return round(PEAK_PV_W * wave * self._cloud)

    def _boiler(self):
        self.device_on = self.device_manual_on if self.device_manual else self.pv > 6_000
        return 1_180 if self.device_on else 0

    def _battery(self, left):
        """Takes or gives most of what is left; never exactly, so that some of it crosses the meter."""
        full, empty = self.battery_soc >= 99.5, self.battery_soc <= 10
        if (left >= 0 and full) or (left < 0 and empty):
            return 0
        power = round(left * 0.9 + self._random.uniform(-60, 60))
        return max(-BATTERY_W, min(power, BATTERY_W))

    def _count(self, hours):
        flows = {"pv": self.pv, "grid_in": max(self.grid, 0), "grid_out": max(-self.grid, 0),
                 "battery_in": max(self.battery, 0), "battery_out": max(-self.battery, 0), "home": self.home}
        for name, power in flows.items():
            setattr(self, f"{name}_wh", getattr(self, f"{name}_wh") + power * hours)
            self.today[name] += power * hours
        self.battery_soc = min(100.0, max(0.0, self.battery_soc + self.battery * hours / BATTERY_WH * 100))
        for point in self.points:
            point.charge(hours)

"""What a scenario is, and the configurations they play in."""

from dataclasses import dataclass
from typing import Callable

#: Said in each, since Debian's mosquitto 2.0.11 has no limit where newer ones take 2,000,000 bytes.
HEAD = "max_packet_size 2000000\nlog_type all\n"
OPEN = "listener {ports[0]} 127.0.0.1\nallow_anonymous true\n"


@dataclass
class Setting:
    text: str
    ports: int = 1
    files: dict = None
    users: dict = None


SETTINGS = {
    "open": Setting(HEAD + OPEN),
}


@dataclass
class Scenario:
    name: str
    play: Callable
    setting: str
    debian: str  # why Debian's mosquitto answers otherwise; empty: it must answer the same


ALL = []


def scenario(where="open", debian=""):
    """Marks a function that plays on a Stage; `debian`: why 2.0.11 is left out."""
    def mark(play):
        ALL.append(Scenario(f"{play.__module__.rpartition('.')[2]}.{play.__name__}", play, where, debian))
        return play
    return mark


def setting(name, text, **more):
    SETTINGS[name] = Setting(HEAD + text, **more)

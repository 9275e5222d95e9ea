"""A home: a real Debian mosquitto with a bridge section as openWB writes it, and the simulated openWB behind it."""

import os
import pathlib
import random
import re

from .files import free_port, listens
from .process import Process
from .wait import until

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "tests" / "data" / "openwb"
SIMULATOR = ROOT / "tests" / "demo" / "simulator.py"
SAMPLE_OF = {"1.9": "bridge-1.9.conf.txt", "2.x": "bridge-2.conf.txt"}
PYTHON = "/usr/bin/python3"
MOSQUITTO = "/usr/sbin/mosquitto"


def bridge_section(version, user, password, port, capath, *, try_private=None, protocol=None, restart_timeout=None,
                   client_id=None, keep_alive=None):
    """The section openWB's form writes for `version`. None keeps what the form presets in the sample."""
    text = (SAMPLES / SAMPLE_OF[version]).read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    text = "\n".join(lines) + "\n"
    text = re.sub(r"\bUSER\b", user, text).replace("PASSWORD", password).replace("HOST:8883", f"localhost:{port}")
    replace = {"bridge_capath": str(capath)}
    number = random.randint(1, 1_000_000)
    replace["remote_clientid"] = f"openwbBridgecloud-{number}" if version == "1.9" else f"openWB-1-{number}"
    if keep_alive is not None:
        replace["keepalive_interval"] = str(keep_alive)
    if client_id is not None:
        replace["remote_clientid"] = client_id
    if try_private is not None:
        replace["try_private"] = "true" if try_private else "false"
    if protocol is not None:
        replace["bridge_protocol_version"] = protocol
    for key, value in replace.items():
        text = re.sub(rf"^{key} .*$", f"{key} {value}", text, flags=re.MULTILINE)
    if restart_timeout is not None:
        text += f"restart_timeout {restart_timeout}\n"
    return text


class Home:
    """One home's broker and, on wish, its openWB. `port` is the home's own plain listener."""

    def __init__(self, directory, name, bridge, port=None):
        self.name = name
        self.port = port or free_port()
        self._directory = pathlib.Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._configuration = self._directory / f"{name}-mosquitto.conf"
        self._configuration.write_text(
            ("user root\n" if os.geteuid() == 0 else "")
            + f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            + "log_dest stderr\nlog_type all\nconnection_messages true\n" + bridge)
        self._broker = None
        self._openwb = None

    def start(self):
        self._broker = Process(f"{self.name}-mosquitto", [MOSQUITTO, "-c", self._configuration],
                               self._directory / f"{self.name}-mosquitto.log")
        self.await_listening()

    def await_listening(self):
        def up():
            self._broker.require_running()
            return listens(self.port)

        until(up, f"the mosquitto of home {self.name} to listen on {self.port}")

    def start_openwb(self, version, seed=1, interval=1.0):
        self._openwb = Process(
            f"{self.name}-openwb",
            [PYTHON, "-B", SIMULATOR, "--version", version, "--port", self.port, "--seed", seed, "--interval",
             interval], self._directory / f"{self.name}-openwb.log")

    def log(self):
        return self._broker.text()

    def processes(self):
        return [process for process in (self._openwb, self._broker) if process]

    def require_running(self):
        for process in self.processes():
            process.require_running()

    def signal(self, number):
        """SIGSTOP: the home hangs with its link open; SIGCONT: it goes on."""
        self._broker.signal(number)

    def kill(self):
        """Its power fails."""
        for process in self.processes():
            process.kill()
        self._openwb = self._broker = None

    def stop(self):
        for process in self.processes():
            process.stop()
        self._openwb = self._broker = None

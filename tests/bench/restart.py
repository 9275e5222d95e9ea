#!/usr/bin/python3
"""A restart under load (F36): all homes come back over TLS at the same moment, with their retained set.

    restart.py [--homes 1000] [--topics 100] [--rate 5000] [--workers 1,2] [--signals TERM,KILL]

The homes have persistent sessions and publish at QoS 1 until the broker is gone. It is started again at once; all of
them connect in one go. Then every message that was ever acknowledged must have come through its session, and no
session may be lost. `back` is the time from the open port to the last CONNACK; beside it what the same number of
handshakes costs one core of the broker, as a storm of newcomers measures it. Exit code 1: something was lost.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
os.environ.setdefault("OWB_BIN", str(ROOT / "build" / "release" / "bin"))

from owb.certs import Authority  # noqa: E402
from owb.cloud import BIN  # noqa: E402
from owb.files import free_port, listens  # noqa: E402
from owb.process import Process  # noqa: E402
from owb.wait import until  # noqa: E402
from peers import write_passwords  # noqa: E402
from start import cpu_seconds, prefer, status  # noqa: E402


class Ground:
    def __init__(self, directory, homes, workers):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.port = free_port()
        authority = Authority(self.directory.parent / "certs")
        write_passwords(self.directory / "passwd", homes)
        state = self.directory / "state"
        state.mkdir(mode=0o700)
        self.configuration = self.directory / "owb.conf"
        self.configuration.write_text(
            f"registry {self.directory}/registry.db\npassword_file {self.directory}/passwd\nallow_anonymous false\n"
            f"log_dest stderr\npersistence true\npersistence_location {state}/\nworkers {workers}\n"
            f"listener {self.port} 127.0.0.1\ncertfile {authority.server_certificate}\n"
            f"keyfile {authority.server_key}\n")

    def start(self):
        broker = Process("owb-broker", [BIN / "owb-broker", "-c", self.configuration], self.directory / "broker.log")
        prefer(broker.pid)
        return broker

    def started(self):
        broker = self.start()

        def up():
            broker.require_running()
            return listens(self.port)

        until(up, "the broker to listen", 60)
        return broker

    def handshake_ms(self, broker, homes):
        """CPU of the broker for one TLS connection with CONNECT."""
        done = subprocess.run([BIN / "owb-bench", "storm", "--pid", str(broker.pid), "--home-way", "tls", "--home-port",
                               str(self.port), "--homes", str(homes), "--connections", str(min(homes, 1000))],
                              check=True, capture_output=True, text=True)
        return json.loads(done.stdout)["cpu_ms"]


def measure(ground, options, number):
    broker = ground.started()
    try:
        handshake = ground.handshake_ms(broker, options.homes)
        crowd = subprocess.Popen([BIN / "owb-restart", str(ground.port), str(options.homes), str(options.topics),
                                  str(options.rate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not crowd.stdout.readline():
            raise AssertionError("the homes did not get in")
        try:
            crowd.wait(options.seconds)  # it publishes
            raise AssertionError("the homes ended before the broker did")
        except subprocess.TimeoutExpired:
            pass
        broker.signal(number)
        broker.wait(60)
        broker = ground.start()
        crowd.stdin.write("started\n")
        crowd.stdin.flush()
        if not crowd.stdout.readline():
            raise AssertionError("not all homes came back")
        cpu = cpu_seconds(broker.pid)
        figures = json.loads(crowd.stdout.readline())
        crowd.wait(60)
        figures.update(handshake_ms=handshake, cpu_s=cpu, peak_mb=status(broker.pid, "VmHWM"))
        return figures
    finally:
        broker.stop(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--homes", type=int, default=1000)
    parser.add_argument("--topics", type=int, default=100, help="retained topics of each home")
    parser.add_argument("--rate", type=int, default=5000, help="messages a second of all homes before the restart")
    parser.add_argument("--seconds", type=float, default=3.0, help="under load before the restart")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--signals", default="TERM,KILL")
    options = parser.parse_args()

    prefer(os.getpid())
    lost = 0
    print("| workers | signal | homes | back s | handshakes alone, CPU s | CPU until all are in s | all acknowledged s | "
          "acknowledged | lost | lost sessions | peak MB |\n|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="owb-restart-") as name:
        for workers in options.workers.split(","):
            for word in options.signals.split(","):
                ground = Ground(pathlib.Path(name) / f"{workers}-{word}", options.homes, workers)
                figures = measure(ground, options, signal.Signals[f"SIG{word}"])
                alone = figures["handshake_ms"] * options.homes / 1000
                print(f"| {workers} | {word} | {figures['in']} | {figures['all_in_s']:.2f} | {alone:.2f} | "
                      f"{figures['cpu_s']:.2f} | {figures['settled_s']:.2f} | {figures['acknowledged']:,.0f} | "
                      f"{figures['lost']} | {figures['lost_sessions']} | {figures['peak_mb']:.0f} |", flush=True)
                lost += figures["lost"] + figures["lost_sessions"] + options.homes - figures["in"]
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""What 50 quiet tenants notice of a flood, before and during it (F33-F36, F38, F40).

    floods.py [--only NAME,…] [--seconds 8] [--workers 1] [--list]

The quiet ones publish and hear 1,000 messages a second at QoS 1 on the plain loopback listener; their latencies are
taken by a process of its own. Attackers come from addresses of their own, in a network namespace, where the broker's
limits for each address hold; without the right to make one those floods are left out, and it is said why.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
os.environ.setdefault("OWB_BIN", str(ROOT / "build" / "release" / "bin"))

from owb import mqtt, stream  # noqa: E402
from owb.certs import Authority  # noqa: E402
from owb.cloud import BIN  # noqa: E402
from owb.files import free_port, listens  # noqa: E402
from owb.netns import HOST, HOST6, Forbidden, Strangers  # noqa: E402
from owb.process import Process  # noqa: E402
from owb.wait import until  # noqa: E402
from peers import PASSWORD, write_passwords  # noqa: E402
from start import cpu_seconds, prefer, status  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
QUIET = 50
LOUD = QUIET  # home50 is the one who does it
STORM = range(QUIET + 1, QUIET + 401)
#: Attackers are on other machines, so here they must not take the processor from the broker.
YIELDING = ("nice", "-n", "15")
SETTLE = 2.0  # seconds of a flood before the quiet ones are measured


class Ground:
    """One broker with a plain and a TLS listener, on loopback and, with strangers about, on their addresses."""

    def __init__(self, directory, options, strangers):
        self.directory = pathlib.Path(directory)
        self.options = options
        self.strangers = strangers
        self.plain, self.tls, self.wss = free_port(), free_port(), free_port()
        authority = Authority(self.directory / "certs")
        write_passwords(self.directory / "passwd", STORM.stop)
        certificate = f"certfile {authority.server_certificate}\nkeyfile {authority.server_key}\n"
        hosts = ["127.0.0.1"] + ([HOST, HOST6] if strangers else [])
        listeners = "".join(f"listener {self.plain} {host}\nlistener {self.tls} {host}\n{certificate}" for host in hosts)
        listeners += f"listener {self.wss} 127.0.0.1\nprotocol websockets\n{certificate}"
        for name in ("portal", "login"):
            (self.directory / name).mkdir(mode=0o700)
        (self.directory / "owb.conf").write_text(
            f"registry {self.directory}/registry.db\npassword_file {self.directory}/passwd\nallow_anonymous false\n"
            f"log_dest file {self.directory}/log\npersistence false\nworkers {options.workers}\n"
            f"default_limits message_rate=200 message_burst=2000\nwww_dir {self.directory}\nweb_threads 1\n"
            f"portal_socket {self.directory}/portal/s\nlogin_socket {self.directory}/login/s\n"
            f"origin https://localhost:{self.wss}\n{listeners}")
        self.broker = Process("owb-broker", [BIN / "owb-broker", "-c", self.directory / "owb.conf"],
                              self.directory / "broker.log")

        def up():
            self.broker.require_running()
            return all(listens(port) for port in (self.plain, self.tls, self.wss))

        until(up, "the broker to listen", 30)
        prefer(self.broker.pid)

    def bench(self, scenario, *words, before=()):
        """One owb-bench, started."""
        return subprocess.Popen([*before, BIN / "owb-bench", scenario, "--pid", str(self.broker.pid), "--home-port",
                                 str(self.plain), "--watch-port", str(self.plain), *map(str, words)],
                                stdout=subprocess.PIPE, text=True)

    def quiet(self, seconds, name):
        way = ("--watch-way", "wss", "--watch-port", self.wss) if name == "storm-wss" else ()
        return self.bench("homes", *way, "--homes", QUIET, "--topics", 10, "--batch", 1, "--rate", 1000, "--qos", 1, "--warm-up",
                          SETTLE + 1, "--seconds", seconds)

    def attackers(self, kind, *words, port=None, host=HOST):
        addresses = "loopback" if host == "127.0.0.1" else "one"
        command = [*YIELDING, sys.executable, "-B"] if host == "127.0.0.1" else [*YIELDING, *self.strangers.python()]
        return subprocess.Popen([*command, str(HERE / "attackers.py"), kind, host, str(port or self.plain),
                                 str(self.seconds() + SETTLE), "--addresses", addresses, *map(str, words)],
                                stdout=subprocess.PIPE, text=True)

    def seconds(self):
        return self.options.seconds

    def log(self):
        return (self.directory / "log").read_text("utf-8", "replace")


def guess_one(ground):
    return [ground.attackers("guess", "--names", 1, "--at-once", 60, "--most", 10000)]


def guess_net64(ground):
    return [ground.attackers("guess", "--names", 1, "--at-once", 60, "--most", 10000, "--addresses", "net64", host=HOST6)]


def guess_spread(ground):
    return [ground.attackers("guess", "--names", 1000, "--at-once", 60, "--most", 10000)]


def hashes(ground):
    return [ground.attackers("guess", "--at-once", 5000, "--rate", 1000, "--addresses", "many")]


def sleepers(ground):
    return [ground.attackers("sleep", "--at-once", 6000, "--rate", 1000, "--addresses", "many"),
            ground.attackers("sleep", "--at-once", 500, "--rate", 500)]


def drippers(ground):
    return [ground.attackers("drip", "--at-once", 3000, "--rate", 1000, "--addresses", "many")]


def stallers(ground):
    return [ground.attackers("stall", "--at-once", 5000, "--rate", 1000, "--addresses", "many", port=ground.tls)]


def storm(ground, way, port):
    credentials = ground.directory / "storm"
    credentials.write_text("".join(f"home{number} {PASSWORD}\n" for number in STORM))
    words = ("--home-way", way, "--home-port", port, "--credentials", credentials, "--at-once", ground.options.crowd)
    # What the quiet ones notice must not be that accounts are new: they are seen once before.
    seen = ground.bench("storm", *words, "--connections", len(STORM))
    seen.communicate()
    connections = int(ground.seconds() + SETTLE) * (8000 if way == "plain" else 1500)
    return [ground.bench("storm", *words, "--connections", connections, before=YIELDING)]


def storm_tls(ground):
    return storm(ground, "tls", ground.tls)


def storm_plain(ground):
    return storm(ground, "plain", ground.plain)


def storm_wss(ground):
    return storm(ground, "wss", ground.wss)


def noisy(ground):
    return [ground.attackers("loud", "--at-once", 1, "--user", f"home{LOUD}", "--password", PASSWORD, "--rate", 20000,
                             host="127.0.0.1")]


def scans(ground):
    client = mqtt.Client(stream.tcp(ground.plain))
    if client.connect("filler", f"home{LOUD}", PASSWORD).code != 0:
        raise AssertionError("the tenant that is to scan was refused")
    for number in range(1000):
        client.publish(f"home{LOUD}/openWB/{number}/some/value", b"12345", 0, True)
    client.ping()
    client.disconnect()
    return [ground.attackers("scan", "--at-once", 8, "--user", f"home{LOUD}", "--password", PASSWORD, host="127.0.0.1")]


FLOODS = {
    "guess-one": (guess_one, True, "F33: wrong passwords for one name, one address"),
    "guess-net64": (guess_net64, True, "F33: wrong passwords for one name, from a /64"),
    "guess-spread": (guess_spread, True, "F33: wrong passwords for 1,000 names, one address"),
    "hashes": (hashes, True, "F34: 1,000 CONNECT/s that need a hash, 5,000 addresses"),
    "sleepers": (sleepers, True, "F35: 6,000 silent connections of 5,000 addresses, 500 of one"),
    "drippers": (drippers, True, "F35: 3,000 CONNECTs at a byte a second"),
    "stallers": (stallers, True, "F35: 5,000 TLS handshakes that stall"),
    "storm-tls": (storm_tls, False, "F36: storm of newcomers, TLS"),
    "storm-plain": (storm_plain, False, "F36: storm of newcomers, plain"),
    "storm-wss": (storm_wss, False, "F36: storm of new tabs, WSS, quiet tabs"),
    "noisy": (noisy, False, "F38: one publisher at 100 times its rate"),
    "scans": (scans, False, "F40: one tenant subscribes to # and unsubscribes, on and on"),
}


def told(process):
    output = process.communicate()[0]
    if process.returncode != 0:
        raise AssertionError(f"{process.args[0]} ended with {process.returncode}")
    return json.loads(output)


def right_one_gets_in(ground):
    """The owner from the address of the flood, with a password that was right before; else the CONNACK's code."""
    code = subprocess.run(ground.strangers.python("-c", (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tests' / 'support')!r})\n"
        f"from owb import mqtt, stream\nc = mqtt.Client(stream.tcp({ground.plain}, {HOST!r}))\n"
        f"print(c.connect('owner', 'home0', {PASSWORD!r}).code)")), capture_output=True, text=True, check=False)
    return code.stdout.strip() == "0"


def quiet_alone(ground, name):
    return told(ground.quiet(ground.seconds(), name))


def run(ground, name, before):
    make, needs_strangers, title = FLOODS[name]
    quiet = ground.quiet(ground.seconds(), name)
    time.sleep(1)  # they connect first
    cpu = cpu_seconds(ground.broker.pid)
    begin = time.monotonic()
    floods = make(ground)
    during = told(quiet)
    load = (cpu_seconds(ground.broker.pid) - cpu) / (time.monotonic() - begin)
    let_in = right_one_gets_in(ground) if needs_strangers else True
    outcomes = [told(flood) for flood in floods]
    lines = ground.log().count("login failed address=")
    ground.broker.require_running()
    print(f"| {title} | {before['p50_us'] / 1000:.2f} | {before['p99_us'] / 1000:.2f} | {before['max_us'] / 1000:.1f} | "
          f"{during['p50_us'] / 1000:.2f} | {during['p99_us'] / 1000:.2f} | {during['max_us'] / 1000:.1f} | {load:.2f} | "
          f"{status(ground.broker.pid, 'VmRSS'):.0f} | {'yes' if let_in else 'NO'} | {lines} | "
          f"{'; '.join(summary(outcome) for outcome in outcomes)} |", flush=True)


def on_fresh_ground(options, strangers, call):
    with tempfile.TemporaryDirectory(prefix="owb-floods-") as directory:
        ground = Ground(directory, options, strangers)
        try:
            return call(ground)
        finally:
            ground.broker.stop(60)


def summary(outcome):
    wanted = ("rate", "connections") if "cpu_ms" in outcome else ("rate", "messages") if "cpu_us" in outcome else outcome
    return ", ".join(f"{name} {outcome[name]:g}" for name in wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="names, or beginnings of names")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--crowd", type=int, default=500, help="newcomers at once in a storm")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [name for name in FLOODS if not options.only or name.startswith(tuple(options.only.split(",")))]
    if options.list or not chosen:
        for name, (_, _, title) in FLOODS.items():
            print(f"{name:<14} {title}")
        return 0 if options.list else 1
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    prefer(os.getpid())
    strangers = None
    try:
        strangers = Strangers().__enter__()
    except Forbidden as error:
        print(f"LEFT OUT, no network namespace ({error}): {', '.join(n for n in chosen if FLOODS[n][1])}\n")
        chosen = [name for name in chosen if not FLOODS[name][1]]
    try:
        print("| flood | before: p50 ms | p99 | max | during: p50 ms | p99 | max | broker's cores | resident MB | owner gets in "
              "| lines for fail2ban | |\n|---|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
        for name in chosen:
            before = on_fresh_ground(options, strangers, lambda ground, name=name: quiet_alone(ground, name))
            on_fresh_ground(options, strangers, lambda ground, name=name, before=before: run(ground, name, before))
    finally:
        if strangers:
            strangers.__exit__()
    return 0


if __name__ == "__main__":
    sys.exit(main())

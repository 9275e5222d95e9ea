"""What is measured: one entry for each line of load, as arguments of owb-bench."""

import json
import subprocess
from dataclasses import dataclass, field

from owb.cloud import BIN
from peers import OURS, PEER

BOTH = (OURS, PEER)
STEADY = (("cpu_us", "CPU µs a message"), ("rate", "messages/s"), ("p50_us", "p50 µs"), ("p99_us", "p99 µs"),
          ("p999_us", "p99.9 µs"), ("peak_mb", "peak MB"))
PACED = (("cpu_us", "CPU µs a message"), ("p50_us", "p50 µs"), ("p99_us", "p99 µs"), ("p999_us", "p99.9 µs"))
STORM = (("cpu_ms", "CPU ms a connection"), ("alone_p50_ms", "connect to CONNACK, p50 ms"), ("resumed", "resumed"))


@dataclass
class Scenario:
    """`load`: arguments of owb-bench; `ways`: how homes and watchers connect."""
    name: str
    title: str
    load: list
    figures: tuple
    ways: tuple = ("plain", "plain")
    peers: tuple = BOTH
    accounts: int = 1000
    ours: tuple = ()  # lines for our configuration
    theirs: tuple = ()
    repeat: int = 1
    placing: dict = field(default_factory=dict)
    prepare: object = None

    def extra(self, peer):
        return self.ours if peer == OURS else self.theirs

    def arguments(self, ground, seconds):
        ports = {"plain": ground.plain, "tls": ground.tls, "wss": ground.wss}
        home, watch = self.ways
        words = list(self.load) + ["--home-way", home, "--home-port", ports[home], "--watch-way", watch,
                                   "--watch-port", ports[watch]]
        return words if "--seconds" in words else words + ["--seconds", seconds]


def registry_tenants(column, count):
    """A registry with `count` tenants; the credentials file has their `column`: secret or password."""
    def prepare(ground):
        registry = ground.directory / "tenants.db"
        credentials = ground.directory / f"credentials-{column}"
        told = ground.directory / "tenants.json"
        if not told.exists():
            names = ground.directory / "names.txt"
            names.write_text("".join(f"house{number}\n" for number in range(count)))
            tool = [BIN / "owb-tenants", "--registry", registry]
            subprocess.run([*tool, "init"], check=True, capture_output=True)
            done = subprocess.run([*tool, "add", "--from", names, "--json"], check=True, capture_output=True, text=True)
            told.write_text(done.stdout)
        accounts = json.loads(told.read_text())
        credentials.write_text("".join(f"{account['name']} {account[column]}\n" for account in accounts))
        return registry, credentials

    return prepare


def homes(name, title, *load, **options):
    return Scenario(name, title, ["homes", *load], options.pop("figures", STEADY), **options)


SCENARIOS = [
    homes("homes-qos0", "1,000 homes, one watcher each, plain, QoS 0", "--qos", 0),
    homes("homes-qos1", "1,000 homes, one watcher each, plain, QoS 1", "--qos", 1),
    homes("homes-qos2", "1,000 homes, one watcher each, plain, QoS 2", "--qos", 2),
    homes("homes-wss", "1,000 TLS homes, WSS watchers, QoS 1", "--qos", 1, ways=("tls", "wss")),
    homes("bursts", "1,000 homes, each 200 messages every 10 s, QoS 1", "--qos", 1, "--batch", 200, "--rate", 20000,
          "--warm-up", 5, "--seconds", 10, figures=PACED),
    homes("single", "1,000 homes, single messages, 20,000/s, QoS 1", "--qos", 1, "--batch", 1, "--rate", 20000,
          figures=PACED),
    homes("unwatched", "1,000 homes, nobody watching, QoS 1, per publish", "--qos", 1, "--watched", 0,
          figures=STEADY[:2]),
    homes("quiet", "1,000 quiet tenants, 10 messages/s each", "--qos", 1, "--batch", 10, "--rate", 10000,
          figures=PACED),
    homes("noisy", "the same, one of them at 100 times its rate: the others", "--qos", 1, "--batch", 10, "--rate",
          10000, "--noise", 100, figures=PACED),
    homes("classic-small", "classic mode, 100 clients with one topic each, QoS 0", "--qos", 0, "--homes", 100,
          "--topics", 1, "--exact", 1, "--rate", 10000, "--batch", 1, ours=("tenancy off",), figures=PACED),
    homes("classic-large", "classic mode, 9,500 clients with one topic each, QoS 0", "--qos", 0, "--homes", 9500,
          "--topics", 1, "--exact", 1, "--rate", 10000, "--batch", 1, "--warm-up", 3, ours=("tenancy off",),
          figures=PACED, accounts=9500),
    Scenario("storm-full", "connection storm, TLS, full handshakes", ["storm"], STORM, ways=("tls", "plain")),
    Scenario("storm-resumed", "connection storm, TLS, resumption offered", ["storm", "--resume", 1], STORM,
             ways=("tls", "plain")),
    Scenario("storm-secret", "connection storm, TLS, home secrets of the registry", ["storm"], STORM,
             ways=("tls", "plain"), peers=(OURS,), prepare=registry_tenants("secret", 400)),
    Scenario("storm-argon", "connection storm, TLS, argon2id passwords, first login", ["storm", "--connections", 200],
             STORM, ways=("tls", "plain"), peers=(OURS,), prepare=registry_tenants("password", 400)),
    Scenario("storm-again", "connection storm, TLS, argon2id passwords, seen before", ["storm"], STORM,
             ways=("tls", "plain"), peers=(OURS,), prepare=registry_tenants("password", 400), repeat=2),
    Scenario("replay", "1,000 dashboards ask for 300 retained topics each", ["replay", "--topics", 300, "--qos", 0],
             (("cpu_s", "CPU s"), ("seconds", "s")), ),
    Scenario("fill", "1 M retained topics (about 45 B, 20 B value)", ["fill", "--topics", 1000],
             (("bytes_each", "B each"), ("cpu_us", "CPU µs a publish"))),
    homes("durability-off", "1,000 homes, QoS 1, 100,000/s, persistence false", "--qos", 1, "--rate", 100000, "--batch", 20,
          peers=(OURS,), figures=PACED),
    *(homes(f"durability-{how}", f"the same, persistence true, durability {how}", "--qos", 1, "--rate", 100000,
            "--batch", 20, ours=(f"durability {how}",), peers=(OURS,), figures=PACED)
      for how in ("none", "process", "power")),
    homes("workers-2", "1,000 homes, QoS 1, two workers", "--qos", 1, "--rate", 20000, "--batch", 20,
          ours=("workers 2",), peers=(OURS,), placing={"cores": "0,1"}, figures=PACED),
    homes("workers-1", "the same with one worker", "--qos", 1, "--rate", 20000, "--batch", 20,
          peers=(OURS,), placing={"cores": "0,1"}, figures=PACED),
]

#!/usr/bin/python3
"""Our broker and Debian's mosquitto side by side under the same load; prints a table of medians and ratios.

    run.py [--only NAME,…] [--rounds 3] [--seconds 5] [--peers owb-broker,mosquitto] [--list]

OWB_BIN: the folder of the programs, build/release/bin if it is not set. The brokers run one after the other within each round, on one core, the
load generator on another; OWB_BENCH_BROKER_CORES and OWB_BENCH_GENERATOR_CORES say which. CPU time is the broker's own,
so other programs on the machine disturb rates and latencies more than it.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
os.environ.setdefault("OWB_BIN", str(ROOT / "build" / "release" / "bin"))

from peers import OURS, PEER, Broker, Ground, versions  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

MORE_IS_BETTER = ("rate",)


def measure(ground, scenario, peer, seconds):
    """The figures of one run against a fresh broker."""
    registry, credentials = scenario.prepare(ground) if scenario.prepare else (None, None)
    arguments = scenario.arguments(ground, seconds)
    if credentials:
        arguments += ["--credentials", credentials]
    with Broker(ground, peer, scenario.extra(peer), registry, **scenario.placing) as broker:
        figures = {}
        for _ in range(scenario.repeat):  # the last one counts
            figures = json.loads(broker.load(arguments))
        return figures


def shown(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def rows(scenario, results):
    """One line for each figure: ours, the peer's, how many times better ours is."""
    for name, unit in scenario.figures:
        medians = {peer: statistics.median(run[name] for run in runs) for peer, runs in results.items() if runs}
        ours, other = medians.get(OURS), medians.get(PEER)
        cells = [shown(medians[peer]) if peer in medians else "–" for peer in (OURS, PEER)]
        better = (ours / other if name in MORE_IS_BETTER else other / ours) if ours and other else None
        ratio = f"{better:.2f}" if better else "–"
        yield f"| {scenario.title} | {unit} | {cells[0]} | {cells[1]} | {ratio} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="names, or beginnings of names")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="measured in each run")
    parser.add_argument("--peers", default=f"{OURS},{PEER}")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()

    chosen = [scenario for scenario in SCENARIOS
              if not options.only or any(scenario.name.startswith(word) for word in options.only.split(","))]
    if options.list or not chosen:
        for scenario in SCENARIOS:
            print(f"{scenario.name:<18} {scenario.title}")
        return 0 if options.list else 1
    with tempfile.TemporaryDirectory(prefix="owb-bench-") as name:
        ground = Ground(name, max(scenario.accounts for scenario in chosen))
        print(f"{versions()}\n{options.rounds} rounds of {options.seconds:g} s\n")
        print(f"| | | {OURS} | {PEER} | ratio |\n|---|---|---|---|---|", flush=True)
        for scenario in chosen:
            peers = [peer for peer in options.peers.split(",") if peer in scenario.peers]
            results = {peer: [] for peer in peers}
            for _ in range(options.rounds):
                for peer in peers:
                    results[peer].append(measure(ground, scenario, peer, options.seconds))
            for line in rows(scenario, results):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

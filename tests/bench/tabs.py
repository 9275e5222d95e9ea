#!/usr/bin/python3
"""What browser tabs that fell asleep cost (F37): they are subscribed to a busy tree over wss and never read.

    tabs.py [--tabs 5000] [--per-tenant 5] [--megabytes 2] [--size 20000] [--qos 0] [--limits queue_bytes=256KB,…]
            [--memory-limit 1GB]

Each tenant's home publishes so many megabytes, and each of its tabs is to get all of them. Prints the broker's resident
memory while that goes on, what it would be without bounds, and what the kernel's socket buffers hold; at the end a fresh
client must be served, and a sample of the tabs must still be there when they wake (unless memory_limit made them go).
"""

import argparse
import multiprocessing
import os
import pathlib
import resource
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from idle import answers, write_passwords  # noqa: E402
from owb import mqtt, stream  # noqa: E402
from owb.certs import Authority  # noqa: E402
from owb.cloud import Cloud  # noqa: E402
from owb.tabs import open_tab, resident_bytes  # noqa: E402

PASSWORD = "idle-password"  # as idle.py writes it
CLIENT_PROCESSES = 4
MEGABYTE = 1 << 20


def hold_tabs(numbers, options, port, authority, pipe):
    """Opens each tab, sleeps until told, then wakes the first few and says how many answered."""
    context = stream.tls_context(authority)
    tabs = []
    try:
        for number in numbers:
            user = f"home{number // options.per_tenant}"
            tabs.append(open_tab(port, context, f"tab{number}", user, PASSWORD, f"{user}/#", options.qos))
        pipe.send(None)
        pipe.recv()
    except (AssertionError, OSError, stream.Closed) as error:
        pipe.send(f"{type(error).__name__} after {len(tabs)} tabs: {error}")
        return
    awake = messages = 0
    for tab in tabs[:10]:
        try:
            tab.ping()
            awake += 1
            messages += len(tab.inbox)
        except (stream.Closed, TimeoutError, OSError):
            pass
    pipe.send(("awake", awake, min(len(tabs), 10), messages))


def kernel_buffers():
    """Bytes that TCP holds in this network namespace."""
    for line in pathlib.Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split()[-1]) * resource.getpagesize()
    return 0


def connect_homes(cloud, tenants):
    """One for each tenant. The first login of an imported account costs a new hash; the tabs come after it."""
    homes = []
    for number in range(tenants):
        homes.append(cloud.local_mqtt(mqtt.V5))
        code = homes[-1].connect("home", f"home{number}", PASSWORD, keep_alive=0).code
        if code != 0:
            raise AssertionError(f"home{number} was refused with {code}")
    return homes


def publish_all(cloud, options, homes):
    """Every tenant's home in turn, a message each; returns the most memory the broker had."""
    most = 0
    rounds = max(1, options.megabytes * MEGABYTE // options.size)
    report = max(1, rounds // 8)
    for turn in range(rounds):
        for number, home in enumerate(homes):
            home.publish(f"home{number}/openWB/lp/{turn % 20}/W", b"x" * options.size, qos=1)
        if turn % report == report - 1:
            now = resident_bytes(cloud.broker.pid)
            most = max(most, now)
            print(f"  after {(turn + 1) * options.size / MEGABYTE:6.1f} MB for each tab: broker {now / MEGABYTE:8.0f} MB, "
                  f"kernel {kernel_buffers() / MEGABYTE:6.0f} MB", flush=True)
    return most


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tabs", type=int, default=5000)
    parser.add_argument("--per-tenant", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=2)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--qos", type=int, default=0)
    parser.add_argument("--limits", default="", help="of every tenant: NAME=VALUE,…")
    parser.add_argument("--memory-limit", default="")
    options = parser.parse_args()
    tenants = (options.tabs + options.per_tenant - 1) // options.per_tenant

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="owb-tabs-") as name:
        directory = pathlib.Path(name)
        write_passwords(directory / "accounts", tenants)
        extra = ""
        if options.memory_limit:
            extra += f"memory_limit {options.memory_limit}\n"
        if options.limits:
            extra += f"default_limits {options.limits.replace(',', ' ')}\n"
        cloud = Cloud(directory / "cloud", Authority(directory / "certs"), extra=extra, www=directory)
        cloud.tenants.do("init")
        cloud.tenants.do("add", "--from", str(directory / "accounts"))
        cloud.start(portal=False)
        try:
            run(cloud, options, tenants)
        finally:
            cloud.stop()
    return 0


def run(cloud, options, tenants):
    homes = connect_homes(cloud, tenants)
    pipes, workers = [], []
    begin = time.monotonic()
    for first in range(CLIENT_PROCESSES):
        ours, theirs = multiprocessing.Pipe()
        worker = multiprocessing.Process(target=hold_tabs, daemon=True, args=(
            range(first, options.tabs, CLIENT_PROCESSES), options, cloud.web.port, cloud.authority, theirs))
        worker.start()
        pipes.append(ours)
        workers.append(worker)
    try:
        answers(pipes)
        before = resident_bytes(cloud.broker.pid)
        print(f"{options.tabs} tabs of {tenants} tenants in {time.monotonic() - begin:.0f} s: broker "
              f"{before / MEGABYTE:.0f} MB, kernel {kernel_buffers() / MEGABYTE:.0f} MB", flush=True)
        most = publish_all(cloud, options, homes)
        begin = time.monotonic()
        fresh = cloud.local_mqtt(mqtt.V5)
        fresh.connect("fresh", "home0", PASSWORD)
        fresh.subscribe("home0/fresh", 1)
        fresh.publish("home0/fresh", "served", qos=1)
        fresh.receive(10)
        served = time.monotonic() - begin
        for pipe in pipes:
            pipe.send("wake")
        woken = [pipe.recv() for pipe in pipes]
    finally:
        for worker in workers:
            worker.terminate()
    unbounded = options.tabs * options.megabytes
    print(f"at most {most / MEGABYTE:.0f} MB, {(most - before) / options.tabs / 1024:.0f} KiB for each tab (without bounds "
          f"{unbounded} MB); a fresh client was served in {served * 1000:.0f} ms; of {sum(w[2] for w in woken)} tabs woken "
          f"{sum(w[1] for w in woken)} answered and had {sum(w[3] for w in woken)} messages")


if __name__ == "__main__":
    sys.exit(main())

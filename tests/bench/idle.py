#!/usr/bin/python3
"""Memory of idle connections: many tenants, one connection and one subscription each, over TLS or plain.

    idle.py [--connections 10000] [--plain] [--hold 10] [--peers owb-broker,mosquitto]

Both brokers get the same certificate, the same password file and the same clients, one after the other. At the end of
the holding time every connection must still answer a PINGREQ. Prints resident bytes per connection.
"""

import argparse
import base64
import hashlib
import multiprocessing
import os
import pathlib
import resource
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
from owb.home import MOSQUITTO  # noqa: E402
from owb.process import Process  # noqa: E402
from owb.wait import until  # noqa: E402

PASSWORD = "idle-password"
CLIENT_PROCESSES = 4
KEEP_ALIVE = 600
HANDSHAKE_SECONDS = 600


def user(number):
    return f"home{number}"


def write_passwords(path, count):
    """A mosquitto password file in its cheap `$6$` form, one salt for all: only the connections are measured here."""
    salt = b"twelve bytes"
    digest = base64.b64encode(hashlib.sha512(PASSWORD.encode() + salt).digest()).decode()
    entry = f"$6${base64.b64encode(salt).decode()}${digest}"
    path.write_text("".join(f"{user(number)}:{entry}\n" for number in range(count)))


def configuration(peer, directory, authority, port, plain):
    lines = [f"password_file {directory}/passwd", "allow_anonymous false", "persistence false", "log_dest stderr",
             "log_type error", f"listener {port} 127.0.0.1"]
    if not plain:
        lines += [f"certfile {authority.server_certificate}", f"keyfile {authority.server_key}"]
    if peer == "mosquitto":
        lines = (["user root"] if os.geteuid() == 0 else []) + lines
    else:
        lines = [f"registry {directory}/registry.db"] + lines
    path = directory / f"{peer}.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no Rss in smaps_rollup")


def hold_connections(numbers, port, authority, plain, pipe):
    """Connects each of `numbers`, says so, and on the word "ping" asks each whether it is still there."""
    clients = []
    try:
        for number in numbers:
            way = stream.tcp(port) if plain else stream.tls(port, authority)
            client = mqtt.Client(way)
            code = client.connect(f"idle{number}", user(number), PASSWORD, keep_alive=KEEP_ALIVE).code
            if code != 0 or client.subscribe(f"{user(number)}/openWB/#", 1) != [1]:
                raise AssertionError(f"{user(number)} was refused with {code}")
            clients.append(client)
        pipe.send(None)
        pipe.recv()
        for client in clients:
            client.ping()
        pipe.send(None)
    except (AssertionError, OSError, stream.Closed) as error:
        pipe.send(f"{type(error).__name__} after {len(clients)} connections: {error}")
    pipe.recv()


def answers(pipes):
    for pipe in pipes:
        if not pipe.poll(HANDSHAKE_SECONDS):
            raise AssertionError("the clients did not get ready in time")
        trouble = pipe.recv()
        if trouble:
            raise AssertionError(trouble)


def measure(peer, directory, authority, options):
    port = free_port()
    path = configuration(peer, directory, authority, port, options.plain)
    program = MOSQUITTO if peer == "mosquitto" else BIN / "owb-broker"
    broker = Process(peer, [program, "-c", path], directory / f"{peer}.log")

    def up():
        broker.require_running()
        return listens(port)

    until(up, f"{peer} to listen", 30)
    empty = resident_bytes(broker.pid)
    shares = [range(first, options.connections, CLIENT_PROCESSES) for first in range(CLIENT_PROCESSES)]
    pipes, workers = [], []
    begin = time.monotonic()
    for share in shares:
        ours, theirs = multiprocessing.Pipe()
        worker = multiprocessing.Process(target=hold_connections, daemon=True,
                                         args=(share, port, authority, options.plain, theirs))
        worker.start()
        pipes.append(ours)
        workers.append(worker)
    try:
        answers(pipes)
        connected = time.monotonic() - begin
        time.sleep(options.hold)
        full = resident_bytes(broker.pid)
        for pipe in pipes:
            pipe.send("ping")
        answers(pipes)
    finally:
        for worker in workers:
            worker.terminate()
        code = broker.stop(30)
    if code != 0:
        raise AssertionError(f"{peer} ended with {code}")
    print(f"{peer:<12} {options.connections} connections in {connected:.1f} s, empty {empty / 1e6:.1f} MB, "
          f"with them {full / 1e6:.1f} MB: {(full - empty) / options.connections / 1024:.2f} KiB a connection", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument("--hold", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--peers", default="owb-broker,mosquitto")
    options = parser.parse_args()

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="owb-idle-") as name:
        directory = pathlib.Path(name)
        write_passwords(directory / "passwd", options.connections)
        authority = Authority(directory / "certs")
        for peer in options.peers.split(","):
            measure(peer, directory, authority, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""How long a broker with a million retained messages takes from exec to its first CONNACK and first retained message.

    start.py [--tenants 1000] [--topics 1000] [--runs 3] [--workers 1,2] [--forms state,journal,half] [--cold]

The same messages in three forms: all in state.db; all in journals, as if the broker had been killed before any
checkpoint; those of every other tenant in state.db and the rest in journals. `--cold` takes the files out of the page cache before
each start. OWB_BIN: the folder of the programs, build/release/bin if it is not set.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
os.environ.setdefault("OWB_BIN", str(ROOT / "build" / "release" / "bin"))

from owb.cloud import BIN  # noqa: E402
from owb.files import free_port, listens  # noqa: E402
from owb.mqtt import V311, binary, connect_packet, packet  # noqa: E402
from owb.process import Process  # noqa: E402
from owb.wait import until  # noqa: E402
from peers import PASSWORD, write_passwords  # noqa: E402

TARGET_S = 2.0


def prefer(pid):
    """What else runs on the machine shall disturb as little as possible, if we may say so."""
    with contextlib.suppress(OSError):
        pathlib.Path(f"/proc/{pid}/autogroup").write_text("-19", "ascii")


class Ground:
    """One configuration; its state stands in `state`, and forms of it are kept beside."""

    def __init__(self, directory, options):
        self.directory = pathlib.Path(directory)
        self.options = options
        self.port = free_port()
        self.state = self.directory / "state"
        write_passwords(self.directory / "passwd", options.tenants)

    def start(self, workers=0):
        (self.directory / "owb.conf").write_text(
            f"registry {self.directory}/registry.db\npassword_file {self.directory}/passwd\nallow_anonymous false\n"
            f"log_dest stderr\npersistence true\npersistence_location {self.state}/\nautosave_interval 86400\n"
            f"workers {workers}\nlistener {self.port} 127.0.0.1\n")
        broker = Process("owb-broker", [BIN / "owb-broker", "-c", self.directory / "owb.conf"],
                         self.directory / "broker.log")
        prefer(broker.pid)
        return broker

    def fill(self, tenants):
        """A broker that has got all messages of `tenants`; the caller ends it."""
        self.state.mkdir(mode=0o700, exist_ok=True)
        broker = self.start()

        def up():
            broker.require_running()
            return listens(self.port)

        until(up, "the broker to listen", 60)
        credentials = self.directory / "credentials"
        credentials.write_text("".join(f"home{number} {PASSWORD}\n" for number in tenants))
        subprocess.run([BIN / "owb-bench", "fill", "--pid", str(broker.pid), "--home-way", "plain", "--home-port",
                        str(self.port), "--homes", str(len(tenants)), "--topics", str(self.options.topics),
                        "--credentials", credentials], check=True, capture_output=True)
        return broker

    def empty(self):
        shutil.rmtree(self.state, ignore_errors=True)

    def set_aside(self, form):
        """What stands in `state` becomes `form`."""
        kept = self.directory / form
        self.state.rename(kept)
        return kept

    def take(self, form):
        self.empty()
        shutil.copytree(self.directory / form, self.state)
        for path in self.state.iterdir():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                if self.options.cold:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextlib.contextmanager
def journals_kept(state, folder):
    """Gives every journal in `state` a second name in `folder`, so that no checkpoint removes it."""
    folder.mkdir(mode=0o700)
    ending = threading.Event()

    def watch():
        while not ending.wait(0.002):
            for path in state.glob("state.log.*"):
                with contextlib.suppress(FileExistsError, FileNotFoundError):
                    (folder / path.name).hardlink_to(path)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        time.sleep(0.1)  # for a journal that was begun this moment
        ending.set()
        watcher.join()


def make_forms(ground, forms):
    """Folders form-state, form-journal, form-half with the same messages; those that are not wanted are left out."""
    everybody = range(ground.options.tenants)
    if "state" in forms:
        ground.fill(everybody).stop(120)
        ground.set_aside("form-state")
    if "journal" in forms:
        with journals_kept(ground.state, ground.directory / "form-journal"):
            ground.fill(everybody).kill()
        ground.empty()
    if "half" in forms:
        ground.fill(everybody[::2]).stop(120)
        half = ground.directory / "form-half"
        with journals_kept(ground.state, half):
            before = ground.directory / "before"
            shutil.copytree(ground.state, before)
            ground.fill(everybody[1::2]).kill()
        ground.empty()
        shutil.copytree(before, half, dirs_exist_ok=True)


def status(pid, field):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE).group(1)) / 1000


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(ground, form, workers, topics):
    """One start: seconds to CONNACK and to the first retained message, CPU seconds, peak and resident MB."""
    ground.take(form)
    user = f"home{ground.options.tenants - 1}"
    begin = time.monotonic()
    broker = ground.start(workers)
    try:
        while True:
            broker.require_running()
            try:
                link = socket.create_connection(("127.0.0.1", ground.port))
                break
            except ConnectionRefusedError:
                time.sleep(0.001)  # its port is what is waited for
        link.sendall(connect_packet(V311, "first", user, PASSWORD) + packet(0x82, b"\0\1" + binary(f"{user}/#") + b"\0"))
        received = b""
        connack = None
        while b"/openWB/" not in received:
            received += link.recv(65536) or b"/openWB/ended"
            connack = connack or time.monotonic() - begin
        first = time.monotonic() - begin
        if not received.startswith(b"\x20\x02\x00\x00"):
            raise AssertionError(f"{received[:8]!r} instead of a CONNACK")
        cpu = cpu_seconds(broker.pid)
        while received.count(b"/openWB/") < topics:
            piece = link.recv(1 << 20)
            if not piece:
                raise AssertionError("the connection ended")
            received += piece
        return connack, first, cpu, status(broker.pid, "VmHWM"), status(broker.pid, "VmRSS")
    finally:
        broker.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--topics", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--forms", default="state,journal,half")
    parser.add_argument("--cold", action="store_true", help="files not in the page cache")
    parser.add_argument("--ground", help="a folder that stays, with forms made by an earlier run")
    options = parser.parse_args()

    prefer(os.getpid())
    forms = options.forms.split(",")
    with contextlib.ExitStack() as stack:
        directory = options.ground or stack.enter_context(tempfile.TemporaryDirectory(prefix="owb-start-"))
        ground = Ground(directory, options)
        make_forms(ground, [form for form in forms if not (ground.directory / f"form-{form}").exists()])
        print(f"{options.tenants * options.topics:,} retained messages of {options.tenants:,} tenants"
              f"{', files not cached' if options.cold else ''}\n")
        print("| all in | workers | CONNACK s | first message s | worst s | CPU s | peak MB | resident MB |\n"
              "|---|---|---|---|---|---|---|---|", flush=True)
        late = False
        for form in forms:
            for workers in options.workers.split(","):
                runs = [measure(ground, f"form-{form}", workers, options.topics) for _ in range(options.runs)]
                connack, first, cpu, peak, resident = (statistics.median(column) for column in zip(*runs))
                worst = max(run[1] for run in runs)
                late = late or worst > TARGET_S
                print(f"| {form} | {workers} | {connack:.2f} | {first:.2f} | {worst:.2f} | {cpu:.2f} | {peak:.0f} | "
                      f"{resident:.0f} |", flush=True)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())

"""The brokers that are compared: started on the same certificate, password file and ports, on a core of their own."""

import base64
import hashlib
import os
import pathlib
import shutil
import subprocess

from owb.certs import Authority
from owb.cloud import BIN
from owb.files import free_port, listens
from owb.home import MOSQUITTO
from owb.process import Process
from owb.wait import until

OURS = "owb-broker"
PEER = "mosquitto"
PASSWORD = "bench-password"
#: Broker on one core, load generator on the other.
BROKER_CORES = os.environ.get("OWB_BENCH_BROKER_CORES", "0")
GENERATOR_CORES = os.environ.get("OWB_BENCH_GENERATOR_CORES", "1")


def write_passwords(path, count):
    """A mosquitto password file in its cheap `$6$` form, one salt for all: logins are not what is measured."""
    salt = b"twelve bytes"
    digest = base64.b64encode(hashlib.sha512(PASSWORD.encode() + salt).digest()).decode()
    entry = f"$6${base64.b64encode(salt).decode()}${digest}"
    path.write_text("".join(f"home{number}:{entry}\n" for number in range(count)))


class Ground:
    """What all runs share: certificates, passwords, ports."""

    def __init__(self, directory, accounts):
        self.directory = pathlib.Path(directory)
        self.authority = Authority(self.directory / "certs")
        self.passwords = self.directory / "passwd"
        write_passwords(self.passwords, accounts)
        self.plain, self.tls, self.wss = free_port(), free_port(), free_port()

    def configuration(self, peer, extra, registry):
        """The file for `peer`; `extra` are lines for the global part."""
        certificate = f"certfile {self.authority.server_certificate}\nkeyfile {self.authority.server_key}\n"
        text = f"password_file {self.passwords}\nallow_anonymous false\nlog_dest stderr\nlog_type error\n"
        if any(line.startswith("durability") for line in extra):
            state = self.directory / "state"
            shutil.rmtree(state, ignore_errors=True)
            state.mkdir(mode=0o700)
            text += f"persistence true\npersistence_location {state}/\n"
        else:
            text += "persistence false\n"
        if peer == PEER:
            text += "user root\n" if os.geteuid() == 0 else ""
        else:
            for name in ("portal", "login"):
                (self.directory / name).mkdir(mode=0o700, exist_ok=True)
            text += (f"registry {registry}\nwww_dir {self.directory}\nworkers 1\nweb_threads 1\n"
                     f"portal_socket {self.directory}/portal/s\nlogin_socket {self.directory}/login/s\n"
                     f"origin https://localhost:{self.wss}\n")
        text += "".join(f"{line}\n" for line in extra)
        text += (f"listener {self.plain} 127.0.0.1\nlistener {self.tls} 127.0.0.1\n{certificate}"
                 f"listener {self.wss} 127.0.0.1\nprotocol websockets\n{certificate}")
        path = self.directory / f"{peer}.conf"
        path.write_text(text)
        return path


class Broker:
    """One running broker; `with` ends it."""

    def __init__(self, ground, peer, extra=(), registry=None, cores=BROKER_CORES):
        self.ground = ground
        path = ground.configuration(peer, extra, registry or ground.directory / "registry.db")
        program = MOSQUITTO if peer == PEER else BIN / "owb-broker"
        self.process = Process(peer, ["taskset", "-c", cores, program, "-c", path], ground.directory / f"{peer}.log")

        def up():
            self.process.require_running()
            return all(listens(port) for port in (ground.plain, ground.tls, ground.wss))

        until(up, f"{peer} to listen", 30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop(60)

    def load(self, arguments, timeout=300):
        """Runs the load generator; its one line of JSON as text."""
        done = subprocess.run(["taskset", "-c", GENERATOR_CORES, BIN / "owb-bench", *map(str, arguments), "--pid",
                               str(self.process.pid)], capture_output=True, text=True, timeout=timeout, check=False)
        self.process.require_running()
        if done.returncode != 0:
            raise AssertionError(f"owb-bench {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout


def versions():
    """What was measured, for the head of the results."""
    def first_line(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().splitlines()[0]

    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown")
    mosquitto = first_line("dpkg-query", "-W", "-f", "${Package} ${Version}", "mosquitto")
    return (f"{first_line(BIN / 'owb-broker', '--version')}; {mosquitto}; {first_line('openssl', 'version')}; "
            f"Linux {os.uname().release}; {os.cpu_count()} x {model}")

"""Starts the cloud, two tenants and their two homes below .run/, says what to try, and cleans up. Called by ./demo."""

import contextlib
import fcntl
import pathlib
import shutil
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from check import check_owner, check_strangers  # noqa: E402
from owb.certs import Authority  # noqa: E402
from owb.cloud import Cloud  # noqa: E402
from owb.files import free_or_else  # noqa: E402
from owb.home import Home, bridge_section  # noqa: E402

RUN = ROOT / ".run"
WANTED_PORTS = {"MQTT, this machine only": 1883, "MQTT over TLS, for homes": 8883, "dashboard": 8443}
#: name, openWB version, password
OWNERS = (("mueller", "1.9", "demo-mueller-1"), ("schmidt", "2.x", "demo-schmidt-2"))
MAX_SOCKET_PATH = 90


class Demo:
    """What runs. stop() ends all of it in the order homes, portal, broker."""

    def __init__(self):
        self._socket_directory = None
        self.homes = []
        self.cloud = None

    def start(self):
        say("making a certificate authority and a server certificate (ECDSA)")
        authority = Authority(RUN / "certs", "owb-cloud demo CA")
        ports = tuple(self._port(what, wanted) for what, wanted in WANTED_PORTS.items())
        self.cloud = Cloud(RUN, authority, ports=ports, sockets=self._sockets())
        say("creating two tenants with owb-tenants")
        self.cloud.tenants.do("init")
        tenants = [self.cloud.tenants.add(name) for name, _, _ in OWNERS]
        for name, _, password in OWNERS:
            self.cloud.tenants.set_password(name, password)
        say("starting owb-broker and owb-portal")
        self.cloud.start()
        say("starting two homes: Debian mosquittos with openWB's bridge section, and an openWB simulator each")
        for seed, ((name, version, _), tenant) in enumerate(zip(OWNERS, tenants), 1):
            section = bridge_section(version, name, tenant.secret, self.cloud.tls, authority.hashed, restart_timeout=2)
            home = Home(RUN / "homes", name, section)
            self.homes.append(home)
            home.start()
            home.start_openwb(version, seed=seed, interval=3)

    @staticmethod
    def _port(what, wanted):
        port = free_or_else(wanted)
        if port != wanted:
            say(f"port {wanted} ({what}) is taken here: using {port} instead")
        return port

    def _sockets(self):
        """.run/, unless this clone lies too deep for the path of a UNIX socket."""
        if len(str(RUN)) < MAX_SOCKET_PATH - len("/portal/portal.sock"):
            return RUN
        self._socket_directory = tempfile.mkdtemp(prefix="owb-demo-")
        return pathlib.Path(self._socket_directory)

    def require_running(self):
        self.cloud.require_running()
        for home in self.homes:
            home.require_running()

    def check(self):
        web = self.cloud.web
        names = [name for name, _, _ in OWNERS]
        for name, version, password in OWNERS:
            other = next(other for other in names if other != name)
            say(f"checking as {name}: login, cookie, wss, live values of openWB {version}, an order, nothing of {other}")
            check_owner(web, name, password, version, other)
        say("checking that nobody gets in without a login")
        check_strangers(web)

    def stop(self):
        for home in self.homes:
            with contextlib.suppress(AssertionError):
                home.stop()
        if self.cloud:
            for process in self.cloud.processes():
                with contextlib.suppress(AssertionError):
                    process.stop()
        if self._socket_directory:
            shutil.rmtree(self._socket_directory, ignore_errors=True)


def say(text):
    print(f"==> {text}", flush=True)


def tell(cloud):
    owners = "\n".join(f"    {name:<10} {password:<18} a home with openWB {version}" for name, version, password in OWNERS)
    first = OWNERS[0]
    print(f"""
  The dashboard:  {cloud.web.origin}/
  (your browser will warn: this demo made its certificate itself; its CA is {RUN}/certs/ca.crt)

    login      password
{owners}

  What to try
    * Log in as {first[0]}: the values move every three seconds. Tap another charge mode: the home confirms it.
    * Log in as {OWNERS[1][0]} in a private window: another home, and nothing of the first.
    * See that '#' shows only your own house:
        mosquitto_sub -h localhost -p {cloud.tls} --cafile {RUN}/certs/ca.crt -u {first[0]} -P {first[2]} -t '#' -v
    * Add a tenant to the running cloud:
        build/release/bin/owb-tenants --registry {cloud.tenants.registry} add weber
    * Logs: {RUN}/broker.log, portal.log, homes/

  Ctrl-C ends all of it.
""", flush=True)


@contextlib.contextmanager
def only_one():
    """A fresh .run/, ours alone, gone afterwards."""
    RUN.mkdir(exist_ok=True)
    lock = open(RUN / "lock", "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"demo: another ./demo runs in this clone ({RUN} is in use)") from None
    for leftover in RUN.iterdir():
        if leftover.name != "lock":
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    try:
        yield
    finally:
        shutil.rmtree(RUN, ignore_errors=True)
        lock.close()


def show_logs():
    for log in sorted(RUN.rglob("*.log")):
        lines = log.read_text("utf-8", "replace").splitlines()[-15:]
        print(f"--- {log.relative_to(RUN)}, its last lines:", *lines, sep="\n", file=sys.stderr)


def on_end_signals(handler):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def interrupt(*_):
    on_end_signals(signal.SIG_IGN)  # once is enough: what follows is the orderly end
    raise KeyboardInterrupt


def run(demo, once):
    demo.start()
    if once:
        demo.check()
        return
    tell(demo.cloud)
    while True:
        time.sleep(1)
        demo.require_running()


def main():
    once = sys.argv[1:] == ["--once"]
    demo = Demo()
    with only_one():
        on_end_signals(interrupt)
        try:
            run(demo, once)
        except KeyboardInterrupt:
            print()
            if once:
                print("demo: interrupted", file=sys.stderr)
                return 130
        except (AssertionError, OSError) as error:
            show_logs()
            print(f"demo: {error}", file=sys.stderr)
            return 1
        finally:
            say("stopping")
            demo.stop()
    if once:
        print("demo ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())

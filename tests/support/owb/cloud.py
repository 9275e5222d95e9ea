"""The cloud under test: owb-broker, owb-portal and owb-tenants on one configuration in one directory."""

import json
import os
import pathlib
import subprocess
from dataclasses import dataclass

from . import stream
from .files import free_port, listens
from .mqtt import V311, Client
from .process import Process
from .wait import seconds, until
from .web import Web

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("OWB_BIN", ROOT / "build" / "dev" / "bin"))
WWW = pathlib.Path(os.environ.get("OWB_WWW", ROOT / "www" / "dist"))


@dataclass
class Tenant:
    """What owb-tenants said once about a tenant."""
    name: str
    secret: str
    password: str


class Tenants:
    """owb-tenants on one registry."""

    def __init__(self, registry):
        self.registry = pathlib.Path(registry)

    def run(self, *arguments, stdin=None):
        """One call; returns the completed process whatever its exit code."""
        return subprocess.run([BIN / "owb-tenants", "--registry", self.registry, *arguments], input=stdin, text=True,
                              capture_output=True, timeout=seconds(30), check=False)

    def do(self, *arguments, stdin=None):
        """One call that must succeed; returns its JSON."""
        done = self.run(*arguments, "--json", stdin=stdin)
        if done.returncode != 0:
            raise AssertionError(f"owb-tenants {' '.join(map(str, arguments))}: exit code {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def add(self, name, *options):
        told = self.do("add", name, *options)
        return Tenant(name, told["secret"], told["password"])

    def set_password(self, name, password):
        """Gives `name` a password we know."""
        self.do("password", name, "--stdin", stdin=password + "\n")


class Cloud:
    """Broker and portal. `plain`, `tls` and `web.port` are the stand-ins of 1883, 8883 and 8443."""

    def __init__(self, directory, authority, *, workers=2, extra="", www=WWW, ports=None, sockets=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.authority = authority
        self.plain, self.tls, web_port = ports or (free_port(), free_port(), free_port())
        self.web = Web(web_port, authority)
        self.tenants = Tenants(self.directory / "registry.db")
        self.configuration = self.directory / "owb-cloud.conf"
        sockets = pathlib.Path(sockets or directory)
        for name in ("portal", "login"):
            (sockets / name).mkdir(mode=0o700, exist_ok=True)
        self.portal_socket = sockets / "portal" / "portal.sock"
        self.login_socket = sockets / "login" / "login.sock"
        certificates = (f"certfile {authority.server_certificate}\nkeyfile {authority.server_key}\n")
        self.configuration.write_text(
            f"registry {self.tenants.registry}\nwww_dir {www}\nportal_socket {self.portal_socket}\n"
            f"login_socket {self.login_socket}\norigin {self.web.origin}\nworkers {workers}\n"
            f"{'' if 'persistence ' in extra else 'persistence false'}\nlog_dest stderr\n{extra}\n"
            f"listener {self.plain} 127.0.0.1\n\n"
            f"listener {self.tls} 127.0.0.1\n{certificates}\n"
            f"listener {web_port} 127.0.0.1\nprotocol websockets\n{certificates}")
        self.tenant = {}  # those made before the start, by name
        self.broker = None
        self.portal = None

    def start(self, portal=True):
        self.start_broker()
        if portal:
            self.start_portal()

    def start_broker(self, *options):
        self.broker = Process("owb-broker", [BIN / "owb-broker", "-c", self.configuration, *options],
                              self.directory / "broker.log")
        for port in (self.plain, self.tls, self.web.port):
            self._await(self.broker, lambda port=port: listens(port), f"owb-broker to listen on {port}")
        self._await(self.broker, self.login_socket.is_socket, f"owb-broker to listen on {self.login_socket}")

    def start_portal(self):
        self.portal = Process("owb-portal", [BIN / "owb-portal", "-c", self.configuration],
                              self.directory / "portal.log")
        self._await(self.portal, self.portal_socket.is_socket, f"owb-portal to listen on {self.portal_socket}")

    @staticmethod
    def _await(process, condition, what):
        def up():
            process.require_running()
            return condition()

        until(up, what, 20)

    def stop(self):
        """Stops both and returns their exit codes (None for what did not run)."""
        codes = [process.stop() if process else None for process in (self.portal, self.broker)]
        self.portal = self.broker = None
        return codes[1], codes[0]

    def processes(self):
        return [process for process in (self.portal, self.broker) if process]

    def require_running(self):
        for process in self.processes():
            process.require_running()

    # Connections, not yet past CONNECT.

    def mqtt(self, level=V311):
        """A client over TLS, where homes come in."""
        return Client(stream.tls(self.tls, self.authority), level)

    def local_mqtt(self, level=V311):
        """A client on the plain loopback listener."""
        return Client(stream.tcp(self.plain), level)

    def let_in(self, name, password, level=V311):
        """Whether the running broker lets `name` in by now: it follows the registry within a second."""
        client = self.mqtt(level)
        code = client.connect("let-in", name, password).code
        client.close()
        return code == 0

    def connected(self, client_id, user, password, level=V311, **options):
        """A client over TLS that was let in."""
        client = self.mqtt(level)
        answer = client.connect(client_id, user, password, **options)
        if answer.code != 0:
            raise AssertionError(f"CONNECT of {user} was refused with {answer.code:#x}")
        return client

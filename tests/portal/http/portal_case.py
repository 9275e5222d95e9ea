"""The real owb-portal in front of Debian's mosquitto, reached as the broker's proxy reaches it: HTTP on the UNIX socket."""

import contextlib
import http.client
import pathlib
import socket
import subprocess
import urllib.parse

from owb.case import Case
from owb.cloud import BIN
from owb.files import free_port, listens
from owb.process import Process
from owb.wait import seconds, until
from owb.web import COOKIE, Response

ORIGIN = "https://cloud.example:8443"
MOSQUITTO = "/usr/sbin/mosquitto"
THEME_COOKIE = "__Host-owb-theme"


class Mosquitto:
    """Debian's mosquitto with TLS, a password file and the ACL that keeps tenants apart."""

    def __init__(self, directory, authority, passwords):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.tls, self.plain = free_port(), free_port()
        self.passwords = passwords
        self._authority = authority
        self._write_files()
        self._process = None

    def _write_files(self):
        password_file = self.directory / "passwd"
        password_file.touch(mode=0o600)
        for name, password in self.passwords.items():
            subprocess.run(["mosquitto_passwd", "-b", password_file, name, password], check=True, capture_output=True)
        acl = self.directory / "acl"
        acl.write_text("user operator\ntopic readwrite #\npattern readwrite %u/#\n")
        acl.chmod(0o600)
        (self.directory / "mosquitto.conf").write_text(
            "user root\nallow_anonymous false\nlog_dest stderr\nlog_type all\n"
            f"password_file {password_file}\nacl_file {acl}\n"
            f"listener {self.plain} 127.0.0.1\nlistener {self.tls} 127.0.0.1\n"
            f"certfile {self._authority.server_certificate}\nkeyfile {self._authority.server_key}\n")

    def start(self):
        self._process = Process("mosquitto", [MOSQUITTO, "-c", self.directory / "mosquitto.conf"],
                                self.directory / "mosquitto.log")

        def up():
            self._process.require_running()
            return listens(self.tls) and listens(self.plain)

        until(up, "mosquitto to listen")

    def stop(self):
        if self._process:
            self._process.stop()
        self._process = None

    def retain(self, topic, payload):
        """As the predecessor's operator did it by hand."""
        subprocess.run(["mosquitto_pub", "-p", str(self.plain), "-u", "operator", "-P", self.passwords["operator"],
                        "-r", "-q", "1", "-t", topic, "-s"], input=payload, check=True, capture_output=True)


class Unix(http.client.HTTPConnection):
    """HTTP over a UNIX socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=seconds(15))
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def accepts(path):
    """Whether somebody listens there; the file alone comes a moment earlier."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))
        return True
    return False


class Visitor:
    """Somebody's browser, behind the broker's proxy."""

    def __init__(self, portal_socket, address="203.0.113.77"):
        self.socket, self.address, self.cookies = portal_socket, address, {}

    def request(self, method, path, headers=(), body=None):
        connection = Unix(self.socket)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            own = [("X-Owb-Client-Address", self.address)]
            if self.cookies:
                own.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
            for name, value in [*own, *headers]:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            return self._keep(Response(connection.getresponse()))
        finally:
            connection.close()

    def get(self, path, *headers):
        return self.request("GET", path, headers)

    def post(self, path, form=None, *headers, origin=ORIGIN):
        body = urllib.parse.urlencode(form or {}).encode()
        fixed = [("Content-Type", "application/x-www-form-urlencoded")] + ([("Origin", origin)] if origin else [])
        return self.request("POST", path, [*fixed, *headers], body)

    def login(self, user, password, *headers, **form):
        return self.post("/login", {"user": user, "password": password, **form}, *headers)

    def session(self):
        return self.get("/api/session")

    def _keep(self, response):
        for line in response.all("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            self.cookies[name] = value
            if "max-age=0" in line.lower():
                del self.cookies[name]
        return response


class PortalCase(Case):
    """alice is unlocked and likes it dark, bob is not unlocked; both are known from the password file only."""

    PASSWORDS = {"alice": "wonderland", "bob": "builder", "operator": "in charge"}

    def setUp(self):
        super().setUp()
        self.mosquitto = Mosquitto(self.directory / "mosquitto", self.authority, self.PASSWORDS)
        self.addCleanup(self.mosquitto.stop)
        self.mosquitto.start()
        self.mosquitto.retain("alice/webparm/id", b"2561")
        self.mosquitto.retain("alice/webparm/thema", b"dark")
        self.socket = self.directory / "run" / "portal.sock"
        self.registry = self.directory / "registry.db"
        self.configuration = self.directory / "portal.conf"
        self.configure()
        self.portal = None
        self.start_portal()
        self.user = self.visitor()

    def configure(self, extra=f"origin {ORIGIN}\n"):
        self.configuration.write_text(
            f"registry {self.registry}\nportal_socket {self.socket}\nportal_broker localhost {self.mosquitto.tls}\n"
            f"portal_cafile {self.authority.certificate}\nlog_dest stderr\nlog_type all\n{extra}")

    def start_portal(self):
        self.portal = Process("owb-portal", [BIN / "owb-portal", "-c", self.configuration],
                              self.directory / "portal.log")
        self.addCleanup(self._stop_portal, self.portal)

        def up():
            self.portal.require_running()
            return accepts(self.socket)

        until(up, "owb-portal to listen")

    @staticmethod
    def _stop_portal(portal):
        if portal.exit_code is None:
            portal.stop()

    def restart_portal(self):
        self.assertEqual(self.portal.stop(), 0)
        self.start_portal()

    def visitor(self, address="203.0.113.77"):
        return Visitor(self.socket, address)

    def cookie_value(self):
        return self.user.cookies[COOKIE]

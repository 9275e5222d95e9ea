"""HTTPS requests exactly as given, and a browser: one origin, one cookie, a login and a WebSocket."""

import http.client
import json
import socket
import urllib.parse

from . import stream
from .mqtt import V5, Client
from .wait import seconds

COOKIE = "__Host-owb"


class Response:
    """Status, headers (a list: Set-Cookie may come twice) and body."""

    def __init__(self, answer):
        self.status = answer.status
        self.headers = [(name.lower(), value) for name, value in answer.getheaders()]
        self.body = answer.read()

    def header(self, name):
        """The value of the first header `name`, or None."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.text)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=seconds(15))
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def portal_post(path_of_socket, path, form, origin):
    """A form POST at the portal's own socket, as the proxy on 8443 forwards it."""
    body = urllib.parse.urlencode(form)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin, "Accept-Language": "de"}
    connection = _UnixConnection(path_of_socket)
    try:
        connection.request("POST", path, body, headers)
        return Response(connection.getresponse())
    finally:
        connection.close()


class Web:
    """The port 8443 of a cloud."""

    def __init__(self, port, authority):
        self.port = port
        self.origin = f"https://localhost:{port}"
        self._authority = authority

    def request(self, method, path, headers=(), body=None):
        """One request on a connection of its own. Only Host and Content-Length are added; the path goes out as it is."""
        connection = http.client.HTTPSConnection(
            "localhost", self.port, context=stream.tls_context(self._authority), timeout=seconds(15))
        connection._create_connection = lambda address, *rest: socket.create_connection(
            ("127.0.0.1", self.port), timeout=seconds(15))
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            return Response(connection.getresponse())
        finally:
            connection.close()

    def raw(self):
        """A TLS connection for requests that no library would send."""
        return stream.tls(self.port, self._authority)

    def websocket(self, headers=(), path="/mqtt", subprotocols=("mqtt",)):
        return stream.WebSocket(self.raw(), path, subprotocols, headers, host=f"localhost:{self.port}")

    def mqtt(self, level=V5, headers=(), path="/mqtt", subprotocols=("mqtt",)):
        """An MQTT client over WebSocket, not yet connected. Raises stream.Refused when there is no upgrade."""
        return Client(self.websocket(headers, path, subprotocols), level)


class Browser:
    """Somebody at the dashboard: keeps our cookie and sends the headers a browser sends."""

    def __init__(self, web):
        self.web = web
        self.cookie = None

    def headers(self, extra=()):
        own = [("Cookie", f"{COOKIE}={self.cookie}")] if self.cookie else []
        return own + list(extra)

    def get(self, path, headers=(("Accept", "text/html"),)):
        return self._keep(self.web.request("GET", path, self.headers(headers)))

    def post(self, path, form=None, origin=None, headers=()):
        """A form POST from our own page, unless another `origin` is given."""
        body = urllib.parse.urlencode(form or {}).encode()
        fixed = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", origin or self.web.origin),
                 ("Sec-Fetch-Site", "same-origin")]
        return self._keep(self.web.request("POST", path, self.headers(fixed + list(headers)), body))

    def login(self, name, password, **options):
        return self.post("/login", {"user": name, "password": password}, **options)

    def mqtt(self, origin=None, level=V5, **options):
        """The dashboard's connection: our cookie, our origin. Not yet connected."""
        headers = self.headers([("Origin", origin or self.web.origin)])
        return self.web.mqtt(level, headers, **options)

    def _keep(self, response):
        for line in response.all("set-cookie"):
            name, _, rest = line.partition("=")
            if name.strip() == COOKIE:
                value = rest.partition(";")[0]
                self.cookie = value or None
        return response

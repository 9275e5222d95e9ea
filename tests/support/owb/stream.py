"""Bytes to and from a peer: TCP, TLS, UNIX sockets, WebSockets. All block, all with a deadline."""

import base64
import hashlib
import os
import select
import socket
import ssl
import struct

from .wait import seconds

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class Closed(Exception):
    """The peer ended the stream. `code` is the WebSocket close code, if one came."""

    def __init__(self, what="closed by the peer", code=None):
        super().__init__(what)
        self.code = code


def tls_context(authority, *, maximum=None, certificate=None, key=None):
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if maximum:
        context.maximum_version = maximum
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


_open = []


def close_all():
    """Closes every stream that was opened so far; a test does so when it ends."""
    while _open:
        _open.pop().close()


class SocketStream:
    """A connected socket, plain or TLS."""

    def __init__(self, connected):
        self.socket = connected
        _open.append(self)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise Closed(str(error)) from None

    def receive(self, timeout):
        """Some bytes; raises Closed at the end of the stream and TimeoutError after `timeout` seconds."""
        pending = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
        if not pending and not self._readable(timeout):
            raise TimeoutError(f"nothing came for {timeout:g} s")
        self.socket.settimeout(max(timeout, 0.01))
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise Closed(str(error)) from None
        finally:
            self.socket.settimeout(None)
        if not data:
            raise Closed()
        return data

    def _readable(self, timeout):
        # Not select(): the benchmarks have more than 1,024 descriptors.
        poller = select.poll()
        poller.register(self.socket, select.POLLIN)
        return bool(poller.poll(max(timeout, 0) * 1000))

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the TCP connection at once, without a farewell of any layer."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(self.socket, ssl.SSLSocket):
            os.close(self.socket.detach())
        else:
            self.socket.close()


def tcp(port, host="127.0.0.1"):
    connected = socket.create_connection((host, port), timeout=seconds(10))
    connected.settimeout(None)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketStream(connected)


def tls(port, authority, **options):
    plain = socket.create_connection(("127.0.0.1", port), timeout=seconds(10))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wrapped = tls_context(authority, **options).wrap_socket(plain, server_hostname="localhost")
    wrapped.settimeout(None)
    return SocketStream(wrapped)


def unix(path):
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(str(path))
    return SocketStream(connected)


def proxy_v2(source, destination=("127.0.0.1", 8443)):
    """A PROXY protocol version 2 header for TCP over IPv4."""
    addresses = (socket.inet_aton(source[0]) + socket.inet_aton(destination[0])
                 + struct.pack("!HH", source[1], destination[1]))
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x11]) + struct.pack("!H", len(addresses)) + addresses


class Refused(Exception):
    """The upgrade to WebSocket was answered with something else than 101."""

    def __init__(self, status, headers):
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers


class WebSocket:
    """A client's WebSocket over another stream; raises Refused when the server does not upgrade."""

    def __init__(self, stream, path="/mqtt", subprotocols=("mqtt",), headers=(), host="localhost"):
        self._stream = stream
        self._raw = b""
        self.subprotocol = None
        self._upgrade(path, subprotocols, headers, host)

    def _upgrade(self, path, subprotocols, headers, host):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if subprotocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}")
        lines += [f"{name}: {value}" for name, value in headers]
        self._stream.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        while b"\r\n\r\n" not in self._raw:
            self._raw += self._stream.receive(seconds(10))
        head, self._raw = self._raw.split(b"\r\n\r\n", 1)
        status_line, *header_lines = head.decode("latin-1").split("\r\n")
        answered = {name.strip().lower(): value.strip() for name, _, value in
                    (line.partition(":") for line in header_lines)}
        status = int(status_line.split()[1])
        if status != 101:
            raise Refused(status, answered)
        expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if answered.get("sec-websocket-accept") != expected:
            raise Refused(status, answered)
        self.subprotocol = answered.get("sec-websocket-protocol")

    def send(self, data):
        self.send_frame(BINARY, data)

    def send_frame(self, opcode, data, final=True):
        mask = os.urandom(4)
        first = (0x80 if final else 0) | opcode
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", first, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", first, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", first, 0x80 | 127, size)
        long_mask = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(long_mask, "big")).to_bytes(size, "big")
        self._stream.send(head + mask + masked)

    def receive(self, timeout):
        """The payload of the next data message; answers pings; raises Closed with the code of a close frame."""
        while True:
            opcode, data = self._frame(timeout)
            if opcode in (BINARY, TEXT, CONTINUATION):
                return data
            if opcode == PING:
                self.send_frame(PONG, data)
            elif opcode == CLOSE:
                code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else None
                raise Closed(f"closed by the peer with code {code}", code)

    def next_frame(self, timeout):
        """(opcode, payload) of the next frame, whatever it is; nothing is answered."""
        return self._frame(seconds(timeout))

    def _frame(self, timeout):
        first, second = self._exactly(2, timeout)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", self._exactly(2, timeout))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._exactly(8, timeout))[0]
        return first & 0x0F, self._exactly(size, timeout)

    def _exactly(self, size, timeout):
        while len(self._raw) < size:
            self._raw += self._stream.receive(timeout)
        taken, self._raw = self._raw[:size], self._raw[size:]
        return taken

    def close(self):
        self._stream.close()

    def reset(self):
        self._stream.reset()

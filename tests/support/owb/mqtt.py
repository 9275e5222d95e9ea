"""Packets and a blocking client for MQTT 3.1, 3.1.1 and 5.0, made to send odd things as easily as right ones."""

import struct
import time
from dataclasses import dataclass, field

from .stream import Closed
from .wait import TimedOut, seconds

V31, V311, V5 = 3, 4, 5
BRIDGE_BIT = 0x80
CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 2, 3, 4, 5, 6, 7
SUBACK, UNSUBACK, PINGRESP, DISCONNECT, AUTH = 9, 11, 13, 14, 15

RESPONSE_TOPIC, TOPIC_ALIAS, SESSION_EXPIRY, SERVER_KEEP_ALIVE, TOPIC_ALIAS_MAXIMUM = 0x08, 0x23, 0x11, 0x13, 0x22
ASSIGNED_CLIENT_ID, REASON_STRING, WILL_DELAY, MESSAGE_EXPIRY, RECEIVE_MAXIMUM = 0x12, 0x1F, 0x18, 0x02, 0x21
_BYTE, _U16, _U32, _VARINT, _BINARY, _TEXT, _PAIR = range(7)
_PROPERTY_TYPES = {
    0x01: _BYTE, 0x02: _U32, 0x03: _TEXT, 0x08: _TEXT, 0x09: _BINARY, 0x0B: _VARINT, 0x11: _U32, 0x12: _TEXT,
    0x13: _U16, 0x15: _TEXT, 0x16: _BINARY, 0x17: _BYTE, 0x18: _U32, 0x19: _BYTE, 0x1A: _TEXT, 0x1C: _TEXT,
    0x1F: _TEXT, 0x21: _U16, 0x22: _U16, 0x23: _U16, 0x24: _BYTE, 0x25: _BYTE, 0x26: _PAIR, 0x27: _U32, 0x28: _BYTE,
    0x29: _BYTE, 0x2A: _BYTE}


def raw(value):
    return value if isinstance(value, bytes) else str(value).encode()


def binary(value):
    data = raw(value)
    return struct.pack("!H", len(data)) + data


def varint(number):
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def properties(values):
    """A property block from {identifier: value}."""
    body = b""
    for identifier, value in (values or {}).items():
        kind = _PROPERTY_TYPES[identifier]
        encoded = {_BYTE: lambda v: bytes([v]), _U16: lambda v: struct.pack("!H", v),
                   _U32: lambda v: struct.pack("!I", v), _VARINT: varint, _BINARY: binary, _TEXT: binary,
                   _PAIR: lambda v: binary(v[0]) + binary(v[1])}[kind](value)
        body += bytes([identifier]) + encoded
    return varint(len(body)) + body


def packet(first_byte, body):
    return bytes([first_byte]) + varint(len(body)) + body


@dataclass
class Will:
    topic: str
    payload: bytes = b"gone"
    qos: int = 0
    retain: bool = False
    properties: dict = field(default_factory=dict)


def connect_packet(level, client_id, username=None, password=None, *, clean=True, keep_alive=60, will=None,
                   props=None, name=None, flags=None):
    protocol = level & ~BRIDGE_BIT
    if flags is None:
        flags = (0x02 if clean else 0) | (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
        if will:
            flags |= 0x04 | will.qos << 3 | (0x20 if will.retain else 0)
    body = binary(name or ("MQIsdp" if protocol == V31 else "MQTT")) + bytes([level, flags])
    body += struct.pack("!H", keep_alive)
    if protocol == V5:
        body += properties(props)
    body += binary(client_id)
    if will:
        if protocol == V5:
            body += properties(will.properties)
        body += binary(will.topic) + binary(will.payload)
    if username is not None:
        body += binary(username)
    if password is not None:
        body += binary(password)
    return packet(0x10, body)


@dataclass
class Message:
    topic: str
    payload: bytes
    qos: int
    retain: bool
    duplicate: bool
    properties: dict

    @property
    def text(self):
        return self.payload.decode("utf-8", "replace")


@dataclass
class Answer:
    """What one acknowledgement says: the first code, all codes, the session flag of a CONNACK, the properties."""
    code: int
    codes: list
    session_present: bool = False
    properties: dict = field(default_factory=dict)


class _Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        piece = self.data[self.at:self.at + size]
        if len(piece) != size:
            raise AssertionError(f"the broker sent a truncated packet: {self.data!r}")
        self.at += size
        return piece

    def u16(self):
        return struct.unpack("!H", self.take(2))[0]

    def binary(self):
        return self.take(self.u16())

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def rest(self):
        return self.take(len(self.data) - self.at)

    def properties(self):
        inner = _Reader(self.take(self.varint()))
        found = {}
        while inner.at < len(inner.data):
            identifier = inner.varint()
            kind = _PROPERTY_TYPES[identifier]
            if kind == _BYTE:
                value = inner.take(1)[0]
            elif kind == _U16:
                value = inner.u16()
            elif kind == _U32:
                value = struct.unpack("!I", inner.take(4))[0]
            elif kind == _VARINT:
                value = inner.varint()
            elif kind == _PAIR:
                found.setdefault(identifier, []).append((inner.binary().decode(), inner.binary().decode()))
                continue
            else:
                value = inner.binary()
                value = value if kind == _BINARY else value.decode()
            found[identifier] = value
        return found


class Client:
    """One connection. Not thread-safe. Incoming messages are acknowledged and kept in `inbox` until asked for."""

    def __init__(self, stream, level=V311):
        self.stream = stream
        self.level = level
        self.inbox = []
        self.disconnect_reason = None
        self._buffer = b""
        self._next_id = 0

    @property
    def _is_5(self):
        return self.level & ~BRIDGE_BIT == V5

    # Sending.

    def connect(self, client_id, username=None, password=None, **options):
        """Sends CONNECT and returns the CONNACK as an Answer."""
        self.stream.send(connect_packet(self.level, client_id, username, password, **options))
        body = self._await(CONNACK)[1]
        reader = _Reader(body)
        flags, code = reader.take(2)
        return Answer(code, [code], bool(flags & 1), reader.properties() if self._is_5 else {})

    def subscribe(self, filters, qos=0, props=None):
        """One SUBSCRIBE for all `filters` (a text or a list); returns the SUBACK's codes."""
        filters = [filters] if isinstance(filters, (str, bytes)) else list(filters)
        packet_id = self._new_id()
        body = struct.pack("!H", packet_id) + (properties(props) if self._is_5 else b"")
        body += b"".join(binary(name) + bytes([qos]) for name in filters)
        self.stream.send(packet(0x82, body))
        return self._acknowledgement(SUBACK, packet_id)

    def unsubscribe(self, filters):
        filters = [filters] if isinstance(filters, (str, bytes)) else list(filters)
        packet_id = self._new_id()
        body = struct.pack("!H", packet_id) + (properties({}) if self._is_5 else b"")
        self.stream.send(packet(0xA2, body + b"".join(binary(name) for name in filters)))
        return self._acknowledgement(UNSUBACK, packet_id)

    def publish(self, topic, payload=b"", qos=0, retain=False, props=None):
        """Publishes and completes the handshake; returns the reason code (None at QoS 0; 0 before MQTT 5)."""
        packet_id = self._new_id() if qos else 0
        body = binary(topic) + (struct.pack("!H", packet_id) if qos else b"")
        body += (properties(props) if self._is_5 else b"") + raw(payload)
        self.stream.send(packet(0x30 | qos << 1 | int(retain), body))
        if qos == 0:
            return None
        if qos == 1:
            return self._reason(PUBACK, packet_id)
        code = self._reason(PUBREC, packet_id)
        if code < 0x80:
            self.stream.send(packet(0x62, struct.pack("!H", packet_id)))
            self._reason(PUBCOMP, packet_id)
        return code

    def ping(self):
        self.stream.send(packet(0xC0, b""))
        self._await(PINGRESP)

    def disconnect(self):
        self.stream.send(packet(0xE0, b""))
        self.stream.close()

    # Receiving.

    def receive(self, timeout=10.0, topic=None):
        """The next message (of `topic`, if given), waiting for it up to `timeout` seconds."""
        deadline = time.monotonic() + seconds(timeout)
        while True:
            for index, message in enumerate(self.inbox):
                if topic is None or message.topic == topic:
                    return self.inbox.pop(index)
            try:
                self._read_one(deadline)
            except TimeoutError:
                raise TimedOut(f"no message{' on ' + topic if topic else ''} for {seconds(timeout):g} s") from None

    def receive_all(self):
        """Everything the broker has sent so far: a PINGREQ goes out, and what came before its answer counts."""
        self.ping()
        messages, self.inbox = self.inbox, []
        return messages

    def await_close(self, timeout=10.0):
        """Reads until the broker ends the connection; returns the reason of its DISCONNECT, or None."""
        deadline = time.monotonic() + seconds(timeout)
        try:
            while True:
                self._read_one(deadline)
        except Closed:
            return self.disconnect_reason
        except TimeoutError:
            raise TimedOut(f"the connection was still open after {seconds(timeout):g} s") from None

    def close(self):
        self.stream.close()

    def _new_id(self):
        self._next_id = self._next_id % 65535 + 1
        return self._next_id

    def _acknowledgement(self, kind, packet_id):
        reader = _Reader(self._await(kind, packet_id)[1])
        reader.u16()
        if self._is_5:
            reader.properties()
        return list(reader.rest())

    def _reason(self, kind, packet_id):
        body = self._await(kind, packet_id)[1]
        return body[2] if len(body) > 2 else 0

    def _await(self, kind, packet_id=None, timeout=10.0):
        deadline = time.monotonic() + seconds(timeout)
        while True:
            first, body = self._read_one(deadline)
            if first >> 4 == kind and (packet_id is None or struct.unpack("!H", body[:2])[0] == packet_id):
                return first, body

    def _read_one(self, deadline):
        """Reads one packet, answering PUBLISH and PUBREL as the protocol asks."""
        first, body = self._next_packet(deadline)
        kind = first >> 4
        if kind == PUBLISH:
            self._take_publish(first, body)
        elif kind == PUBREL:
            self.stream.send(packet(PUBCOMP << 4, body[:2]))
        elif kind == DISCONNECT:
            self.disconnect_reason = body[0] if body else 0
        return first, body

    def _take_publish(self, first, body):
        reader = _Reader(body)
        qos = first >> 1 & 3
        topic = reader.binary().decode()
        packet_id = reader.u16() if qos else 0
        props = reader.properties() if self._is_5 else {}
        self.inbox.append(Message(topic, reader.rest(), qos, bool(first & 1), bool(first & 8), props))
        if qos:
            self.stream.send(packet((PUBACK if qos == 1 else PUBREC) << 4, struct.pack("!H", packet_id)))

    def _next_packet(self, deadline):
        while True:
            size, header = self._whole_packet()
            if size is not None:
                taken, self._buffer = self._buffer[:size], self._buffer[size:]
                return taken[0], taken[header:]
            self._buffer += self.stream.receive(deadline - time.monotonic())

    def _whole_packet(self):
        length = shift = 0
        for index, byte in enumerate(self._buffer[1:5], 1):
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                size = 1 + index + length
                return (size, index + 1) if len(self._buffer) >= size else (None, None)
        return None, None

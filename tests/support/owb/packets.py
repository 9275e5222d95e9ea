"""Every MQTT packet as bytes, right or odd on purpose; what the exact answers of a broker are compared with."""

import struct

from .mqtt import V5, V31, V311, binary, connect_packet, packet, properties, raw, varint  # noqa: F401

VERSIONS = (V31, V311, V5)
PINGREQ, PINGRESP = b"\xc0\0", b"\xd0\0"

# Properties beside those named in mqtt.py.
PAYLOAD_FORMAT, CONTENT_TYPE, CORRELATION_DATA, SUBSCRIPTION_ID = 0x01, 0x03, 0x09, 0x0B
AUTHENTICATION_METHOD, AUTHENTICATION_DATA, REQUEST_PROBLEM_INFORMATION = 0x15, 0x16, 0x17
MAXIMUM_QOS, RETAIN_AVAILABLE, USER_PROPERTY, MAXIMUM_PACKET_SIZE = 0x24, 0x25, 0x26, 0x27


def _block(version, props):
    """A property block where the version has one; `props` may be bytes that are to stand there as they are."""
    if version != V5:
        return b""
    return varint(len(props)) + props if isinstance(props, bytes) else properties(props)


def prop(identifier, value):
    """One property, for a block that has to have an order or a repetition."""
    return properties({identifier: value})[1:]


PACKET_BYTES = 2_000_000


def connack(version, code=0, *, present=False, props=b"", limits=True):
    """`limits`: around `props` what a broker with mosquitto's defaults says of itself to whom it lets in."""
    if isinstance(props, dict):
        props = b"".join(prop(*item) for item in props.items())
    if code == 0 and limits and version == V5:
        props = prop(0x22, 10) + props + prop(MAXIMUM_PACKET_SIZE, PACKET_BYTES) + prop(0x21, 20)
    present = present and version != V31  # 3.1 has no such flag
    return packet(0x20, bytes([present, code]) + _block(version, props))


def publish(version, topic, payload=b"", *, qos=0, mid=0, retain=False, dup=False, props=b""):
    body = binary(topic) + (struct.pack("!H", mid) if qos else b"") + _block(version, props) + raw(payload)
    return packet(0x30 | dup << 3 | qos << 1 | retain, body)


def _ack(first, version, mid, code, props):
    body = struct.pack("!H", mid)
    if version == V5 and (code is not None or props):
        body += bytes([code or 0]) + (_block(version, props) if props else b"")
    return packet(first, body)


def puback(version, mid, code=None, props=b""):
    return _ack(0x40, version, mid, code, props)


def pubrec(version, mid, code=None, props=b""):
    return _ack(0x50, version, mid, code, props)


def pubrel(version, mid, code=None, props=b""):
    return _ack(0x62, version, mid, code, props)


def pubcomp(version, mid, code=None, props=b""):
    return _ack(0x70, version, mid, code, props)


def subscribe(version, mid, *filters, props=b""):
    """`filters` are (filter, options) pairs."""
    body = b"".join(binary(name) + bytes([options]) for name, options in filters)
    return packet(0x82, struct.pack("!H", mid) + _block(version, props) + body)


def suback(version, mid, *codes):
    return packet(0x90, struct.pack("!H", mid) + _block(version, b"") + bytes(codes))


def unsubscribe(version, mid, *filters, props=b""):
    return packet(0xA2, struct.pack("!H", mid) + _block(version, props) + b"".join(map(binary, filters)))


def unsuback(version, mid, *codes):
    return packet(0xB0, struct.pack("!H", mid) + (_block(version, b"") + bytes(codes or (0,)) if version == V5 else b""))


def disconnect(version=V311, code=None, props=b""):
    if version != V5 or code is None:
        return b"\xe0\0"
    return packet(0xE0, bytes([code]) + (_block(version, props) if props else b""))

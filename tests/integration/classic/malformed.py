"""What breaks the rules of packets other than CONNECT, PUBLISH and SUBSCRIBE: 5.0 is told why, mosquitto's way."""

from owb.packets import V5, V31, V311, disconnect, packet

from .scenario import scenario

PUBACK, PUBREC, PUBREL, PUBCOMP = 0x40, 0x50, 0x62, 0x70
# Properties that exist, with a value; those that do not exist; those whose value is missing.
FOREIGN = (b"\1\0", b"\x17\0", b"\x24\0", b"\x25\0", b"\x28\0", b"\x29\0", b"\x2a\0", b"\2\0\0\0\1", b"\x18\0\0\0\1",
           b"\x27\0\0\0\1", b"\3\0\1p", b"\x08\0\1p", b"\x12\0\1p", b"\x15\0\1p", b"\x1a\0\1p", b"\x09\0\1p",
           b"\x16\0\1p", b"\x0b\1", b"\x13\0\5", b"\x21\0\5", b"\x22\0\5", b"\x23\0\5")
UNKNOWN = (b"\0\1", b"\4\1", b"\5\1", b"\6\1", b"\7\1", b"\x0a\1", b"\x0c\1", b"\x0f\1", b"\x10\1", b"\x14\1",
           b"\x1b\1", b"\x1d\1", b"\x1e\1", b"\x20\1", b"\x7f\1", b"\x80\0\1", b"\x80\1\1", b"\xff\x7f\1",
           b"\x80\x80\x80\x80\1\1")
CUT = tuple(bytes([one[0]]) for one in FOREIGN) + (b"\x1f", b"\x26", b"\x26\0\1p", b"\x1f\0")


def with_properties(first, head, props):
    return packet(first, head + bytes([len(props)]) + props)


@scenario(debian="2.0.11 says nothing to some of it")
def acknowledgements(stage):
    """[MQTT5 2.2.2.2]: 0x81 would be right as well for properties of other packets"""
    for first in (PUBACK, PUBREC, PUBREL, PUBCOMP):
        for bad, code in ((packet(first, b"\0\1\0\0\0"), 0x81), (packet(first, b"\0\0\0"), 0x82), (packet(first, b""), 0x81),
                          (packet(first, b"\1"), 0x81), (packet(first, b"\0\1\xff\0"), 0x82),
                          (packet(first, b"\0\1\0\1"), 0x81)):
            stage.client("ack", V5).sends(bad).ends_with(disconnect(V5, code))
        for bad in (b"\0\1\0", b"\0\0", b"", b"\1"):
            stage.client("ack", V311).sends(packet(first, bad)).ends_with()
        for flags in (1, 3, 4, 8, 0x0C):
            if first | flags != first:
                wrong = packet(first | flags, b"\0\1")
                stage.client("ack", V5).sends(wrong).ends_with(disconnect(V5, 0x81))
                stage.client("ack", V311).sends(wrong).ends_with()


@scenario(debian="2.0.11 says nothing to some of it")
def properties_of_acknowledgements(stage):
    for first in (PUBACK, PUBREL):
        for props, code in ([(one, 0x82) for one in FOREIGN + (b"\x11\0\0\0\1", b"\x1c\0\1p", b"\x1f\0\1p\x1f\0\1q")]
                            + [(one, 0x81) for one in UNKNOWN + CUT]):
            stage.client("ack", V5).sends(with_properties(first, b"\0\1\0", props)).ends_with(disconnect(V5, code))


@scenario(debian="2.0.11 says nothing to some of it")
def disconnects(stage):
    """[MQTT5-3.14.1-1]; a reason that a client has no use for is answered with silence"""
    for version in (V31, V311, V5):
        stage.client("bye", version).sends(b"\xe0\0").ends_with()
    stage.client("bye", V311).sends(packet(0xE0, b"\0")).ends_with()
    for first in (0xE1, 0xE2, 0xE4, 0xE8):
        stage.client("bye", V311).sends(packet(first, b"")).ends_with()
        stage.client("bye", V5).sends(packet(first, b"")).ends_with(disconnect(V5, 0x81))
    for code in (0x00, 0x01, 0x04, 0x05, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94,
                 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2):
        stage.client("bye", V5).sends(packet(0xE0, bytes([code]))).ends_with()
    for props in (b"", b"\x1f\0\1p", b"\x1f\0\0", b"\x26\0\1p\0\1q", b"\x26\0\0\0\0", b"\x11\0\0\0\0", b"\x1c\0\1p"):
        stage.client("bye", V5).sends(with_properties(0xE0, b"\0", props)).ends_with()
    for props, code in ([(one, 0x82) for one in FOREIGN + (b"\x1f\0\1p\x1f\0\1q", b"\x11\0\0\0\0" * 2)]
                        + [(one, 0x81) for one in UNKNOWN + CUT + (b"\x11", b"\x11\0\0")]):
        stage.client("bye", V5).sends(with_properties(0xE0, b"\0", props)).ends_with(disconnect(V5, code))


@scenario(debian="2.0.11 says nothing to some of it")
def pings(stage):
    for version in (V31, V311, V5):
        stage.client("ping", version).is_silent().sends(packet(0xC0, b"\0")).ends_with()
    for first in (0xC1, 0xC2, 0xC4, 0xC8):
        stage.client("ping", V311).sends(packet(first, b"")).ends_with()
        stage.client("ping", V5).sends(packet(first, b"")).ends_with(disconnect(V5, 0x81))


@scenario(debian="2.0.11 says nothing to some of it")
def packets_that_no_client_sends(stage):
    """[MQTT-3.1.0-2]; whatever their flags and length are"""
    for kind in (0x00, 0x20, 0x90, 0xB0, 0xD0, 0xF0):
        for flags, rest in ((0, b"\0"), (1, b"\0"), (2, b"\0"), (8, b"\0"), (0, b"\1\0"), (0x0A, b"\xc0")):
            stage.client("odd", V311).sends(bytes([kind | flags]) + rest).ends_with()
            stage.client("odd", V5).sends(bytes([kind | flags]) + rest).ends_with(disconnect(V5, 0x82))

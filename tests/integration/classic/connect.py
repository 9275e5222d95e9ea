"""CONNECT and CONNACK."""

from owb.packets import (AUTHENTICATION_METHOD, MAXIMUM_PACKET_SIZE, PINGREQ, V5, V31, V311, binary, connack,
                         connect_packet, disconnect, packet, prop, publish, subscribe, varint)

from .scenario import OPEN, scenario, setting

UUID = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

setting("ids", "auto_id_prefix home-\nallow_zero_length_clientid true\n" + OPEN)
setting("no-empty-ids", "allow_zero_length_clientid false\n" + OPEN)
setting("keep-alive", "max_keepalive 60\n" + OPEN)
setting("few-connections", OPEN + "max_connections 3\n")


def raw_connect(name, level, flags, *payload, keep_alive=60, props=None, first=0x10):
    block = b"" if props is None else varint(len(props)) + props
    body = binary(name) + bytes([level, flags]) + keep_alive.to_bytes(2, "big") + block + b"".join(payload)
    return packet(first, body)


@scenario()
def each_version_is_let_in(stage):
    for version in stage.each_version():
        stage.client(f"c{version}", version).is_silent().leaves()


@scenario()
def a_session_is_told_from_a_new_one(stage):
    """[MQTT-3.2.2-2], [MQTT-3.2.2-3]"""
    for version in stage.each_version():
        keep = {"clean": False} | ({"props": {0x11: 60}} if version == V5 else {})
        stage.client("s", version, **keep).leaves()
        stage.client("s", version, present=True, **keep).leaves()
        stage.client("s", version).leaves()
        stage.client("s", version, **keep).leaves()
        stage.client("s", version).leaves()


def made_up(stage, prefix, **options):
    """[MQTT-3.1.3-6], [MQTT5-3.1.3-6], [MQTT5-3.2.2-16]"""
    peer = stage.peer(V5).sends(connect_packet(V5, "", **options))
    answer = peer.takes()
    expected = connack(V5, props=prop(0x12, prefix + UUID))
    at = expected.index(UUID.encode())
    got = answer[at:at + len(UUID)].decode()
    assert answer == expected.replace(UUID.encode(), got.encode()), answer.hex(" ")
    assert [len(part) for part in got.split("-")] == [8, 4, 4, 4, 12], got
    peer.is_silent()


@scenario()
def an_empty_id_is_made_up(stage):
    stage.client("", V311).is_silent()
    made_up(stage, "auto-")
    made_up(stage, "auto-", clean=False)
    stage.refused(connect_packet(V31, ""), connack(V31, 2))
    stage.refused(connect_packet(V311, "", clean=False), connack(V311, 2))  # [MQTT-3.1.3-8]


@scenario("ids")
def made_up_ids_begin_as_configured(stage):
    made_up(stage, "home-")


@scenario("no-empty-ids")
def empty_ids_are_refused_where_configured(stage):
    stage.refused(connect_packet(V31, ""), connack(V31, 2))
    stage.refused(connect_packet(V311, ""), connack(V311, 2))
    stage.refused(connect_packet(V5, ""), connack(V5, 0x80))
    stage.client("named", V5).leaves()


@scenario(debian="2.0.11 answers with CONNACK 1")
def unknown_levels_are_told(stage):
    for name, level in (("MQTT", 2), ("MQTT", 6), ("MQIsdp", 2), ("MQIsdp", 6)):
        stage.refused(raw_connect(name, level, 2, binary("p")), connack(V5, 0x84))


@scenario()
def other_protocols_are_cut_off(stage):
    """[MQTT-3.1.2-1]"""
    for name in ("MQT", "", "MQTTT", "MQTU"):
        stage.refused(raw_connect(name, 4, 2, binary("p")))


@scenario()
def flags_have_to_fit(stage):
    """[MQTT-3.1.2-3], [MQTT-3.1.2-9], [MQTT-3.1.2-11] to [MQTT-3.1.2-22], [MQTT-2.2.2-2]"""
    one = binary("p")
    for flags, payload in ((0x01, one), (0x0A, one), (0x12, one), (0x06, one), (0x06, one + one), (0x1E, one * 3),
                           (0x02, one + one), (0x82, one), (0x82, one * 3), (0xC2, one + one), (0x42, one + one)):
        stage.refused(raw_connect("MQTT", 4, flags, payload))
    for first in (0x11, 0x12, 0x14, 0x18):
        stage.refused(raw_connect("MQTT", 4, 2, one, first=first))
    stage.refused(raw_connect("MQTT", 4, 2))


@scenario(debian="2.0.11 wants the unused flags of 3.1 to be 0")
def unused_flags_of_31_do_not_matter(stage):
    for first, flags in ((0x10, 0x01), (0x14, 0x01), (0x10, 0x02)):
        stage.peer(V31).sends(raw_connect("MQIsdp", 3, flags, binary("p"), first=first)).hears(connack(V31)).is_silent()


@scenario()
def a_user_name_may_be_empty_and_a_password_anything(stage):
    stage.client("p", V311, username="").is_silent()
    stage.client("p", V311, username="u", password=b"to\0\0\xff").is_silent()
    stage.client("p", V5, password="alone").is_silent()


@scenario()
def a_second_connect_ends_it(stage):
    """[MQTT-3.1.0-2]"""
    for version in (V31, V311):
        stage.client("twice", version).sends(connect_packet(version, "twice")).ends_with()


@scenario(debian="2.0.11 says nothing")
def a_second_connect_of_5_is_told(stage):
    """[MQTT5-3.1.0-2], [MQTT5-4.13.1-1]"""
    stage.client("twice", V5).sends(connect_packet(V5, "twice")).ends_with(disconnect(V5, 0x82))


@scenario()
def the_first_packet_is_connect(stage):
    """[MQTT-3.1.0-1]"""
    for first in (PINGREQ, publish(V311, "t"), subscribe(V311, 1, ("t", 0)), b"\xe0\0", b"\x00\0", b"\xf0\0",
                  b"\x20\x02\0\0", b"\x40\x02\0\x01", b"\x30\xff\xff\xff\x7f"):
        stage.refused(first)


@scenario()
def lengths_of_five_bytes_end_it_at_once(stage):
    stage.refused(b"\x10\x80\x80\x80\x80\x01")
    for version in stage.each_version():
        for first in (0x30, 0x82, 0xA2, 0x40, 0x62, 0xC0, 0xE0):
            stage.client("long", version).sends(bytes([first]) + b"\x80\x80\x80\x80\x01").ends_with()


@scenario()
def texts_are_texts(stage):
    """[MQTT-1.5.3-1], [MQTT-1.5.3-2]; control characters as mosquitto"""
    for bad in (b"to\0\0", b"to\xed\xa0\x80", b"to\x01p", b"to\x1fp", b"to\x7fp", b"to\xc2\x9fp"):
        stage.refused(raw_connect("MQTT", 4, 2, binary(bad)))
        stage.refused(raw_connect("MQTT", 4, 0x82, binary("id"), binary(bad)))
        stage.refused(raw_connect("MQTT", 4, 6, binary("id"), binary(bad), binary("gone")))
        stage.refused(raw_connect("MQTT", 5, 0x82, binary("id"), binary(bad), props=b""))
    stage.client("Ä€𪛔", V311).is_silent()


@scenario(debian="2.0.11 ends the connection")
def a_bad_id_is_told_to_5(stage):
    for bad in (b"to\0\0", b"to\xed\xa0\x80", b"to\x01p", b"to\x7fp", b"to\xc2\x9fp"):
        stage.refused(raw_connect("MQTT", 5, 2, binary(bad), props=b""), connack(V5, 0x85))


@scenario(debian="2.0.11 says nothing to most of it")
def what_is_wrong_in_connect_of_5_is_told(stage):
    """[MQTT5-3.1.4-1]: by CONNACK; MQTT5 2.2.2.2 would say 0x81 to what stands in the wrong packet."""
    one = binary("p")
    for props, code in (
            (b"\x11\0\0\0\1\x11\0\0\0\1", 0x82), (b"\x11", 0x81), (b"\x21\0\0", 0x82), (b"\x21\1\1\x21\1\1", 0x82),
            (b"\x27\0\0\0\0", 0x82), (b"\x22", 0x81), (b"\x19\x02", 0x82), (b"\x17\x02", 0x82), (b"\x26\0\1p", 0x81),
            (b"\x16\0\1p", 0x82), (b"\x01\x01", 0x82), (b"\x24\x01", 0x82), (b"\x2a\x01", 0x82), (b"\x00\x01", 0x81),
            (b"\x04\x01", 0x81), (b"\x7f\x01", 0x81), (b"\x80\0\x01", 0x81), (b"\x18\0\0\0\1", 0x82),
            (b"\x02\0\0\0\1", 0x82), (b"\x13\0\1", 0x82), (b"\x23\0\1", 0x82), (b"\x0b\1", 0x82), (b"\x1f\0\1p", 0x82)):
        stage.refused(raw_connect("MQTT", 5, 2, one, props=props), connack(V5, code))
    stage.refused(raw_connect("MQTT", 5, 2, one, one, props=b""), connack(V5, 0x81))


@scenario()
def good_properties_are_taken(stage):
    one = binary("p")
    for props in (b"\x11\0\0\0\1", b"\x21\1\1", b"\x27\x10\0\0\1", b"\x27\xff\xff\xff\xff", b"\x22\1\1", b"\x22\0\0",
                  b"\x19\x01", b"\x17\x01", b"\x26\0\1p\0\1p", b"\x26\0\0\0\0" * 2):
        stage.peer(V5).sends(raw_connect("MQTT", 5, 2, one, props=props)).hears(connack(V5)).is_silent()


@scenario()
def no_authentication_method_is_known(stage):
    """[MQTT5-4.12.0-1]"""
    stage.refused(connect_packet(V5, "a", props={AUTHENTICATION_METHOD: "basic"}), connack(V5, 0x8C))


@scenario()
def five_thousand_user_properties_are_no_work(stage):
    props = prop(0x26, ("key", "value")) * 5001
    stage.peer(V5).sends(raw_connect("MQTT", 5, 2, binary("many"), props=props)).hears(connack(V5)).is_silent()
    stage.client("a" * 65000, V5).is_silent()


@scenario(debian="2.0.11 knows no such limit for its own packets")
def who_takes_no_answer_gets_none(stage):
    """[MQTT5-3.1.2-24]"""
    stage.refused(connect_packet(V5, "tiny", props={MAXIMUM_PACKET_SIZE: 2}))


@scenario(debian="2.0.11 closes without DISCONNECT, against [MQTT5-3.1.4-3]")
def the_newcomer_takes_over(stage):
    """[MQTT-3.1.4-2], [MQTT5-3.1.4-3]"""
    for version in stage.each_version():
        former = stage.client("same", version)
        newcomer = stage.client("same", version)
        former.ends_with(*([disconnect(V5, 0x8E)] if version == V5 else []))
        newcomer.is_silent().leaves()


@scenario("keep-alive", debian="2.0.11 has another order of properties")
def a_long_keep_alive_is_cut_for_5(stage):
    """[MQTT5-3.1.2-21]"""
    stage.client("k", V5, keep_alive=60).leaves()
    told = prop(0x13, 60) + prop(0x22, 10) + prop(0x27, 2_000_000) + prop(0x21, 20)
    for asked in (61, 0):
        stage.peer(V5).sends(connect_packet(V5, "k", keep_alive=asked)).hears(connack(V5, props=told, limits=False))


@scenario("keep-alive", debian="2.0.12 and later: max_keepalive counts for 3.x as well")
def a_long_keep_alive_is_refused_before_5(stage):
    for version in (V31, V311):
        stage.client("k", version, keep_alive=60).leaves()
        for asked in (61, 0):
            stage.refused(connect_packet(version, "k", keep_alive=asked), connack(version, 2))


@scenario()
def no_keep_alive_is_fine_by_default(stage):
    for version in (V31, V311):
        stage.client("k", version, keep_alive=0).is_silent().leaves()


@scenario("few-connections", debian="2.0.11 counts wrongly, mended in 2.0.12")
def connections_above_the_limit_are_cut_off(stage):
    for _ in range(3):
        let_in = [stage.client(f"n{number}", V5) for number in range(3)]
        stage.refused(connect_packet(V5, "bad"))
        for peer in let_in:
            peer.closes()


@scenario("few-connections", debian="2.0.11 counts wrongly, mended in 2.0.12")
def who_said_good_bye_needs_no_connection(stage):
    """Also if it does not hang up."""
    for version in stage.each_version():
        for _ in range(4):
            for number in range(3):
                stage.client(f"n{number}", version).leaves()
        for peer in [stage.client(f"n{number}", version) for number in range(3)]:
            peer.closes()

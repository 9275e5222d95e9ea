"""PUBLISH and its acknowledgements, both directions."""

from owb.packets import (MAXIMUM_PACKET_SIZE, V5, V31, V311, connack, connect_packet, disconnect, packet, prop, puback,
                         pubcomp, publish, pubrec, pubrel, suback, subscribe)

from .scenario import OPEN, scenario, setting

setting("one-in-flight", "max_inflight_messages 1\n" + OPEN)
setting("few-bytes-in-flight", "max_inflight_bytes 16\n" + OPEN)
setting("short-queue", "max_inflight_messages 2\nmax_queued_messages 3\n" + OPEN)
setting("small-messages", "message_size_limit 1\n" + OPEN)
setting("qos-1", OPEN + "max_qos 1\n")
setting("no-retain", "retain_available false\n" + OPEN)
setting("qos0-queued", "queue_qos0_messages true\n" + OPEN)
setting("upgraded", "upgrade_outgoing_qos true\n" + OPEN)

SESSION = {0x11: 60}


def kept(version):
    return {"clean": False} | ({"props": SESSION} if version == V5 else {})


@scenario()
def each_qos_is_acknowledged(stage):
    for version in stage.each_version():
        peer = stage.client("p", version)
        peer.publishes("t/0", "x").publishes("t/0", "x", qos=1, mid=311, code=0x10)
        peer.publishes("t/0", "x", qos=2, mid=312).is_silent().leaves()


@scenario()
def one_hears_oneself(stage):
    for version in stage.each_version():
        peer = stage.client("self", version).subscribes(("own", 2))
        peer.sends(publish(version, "own", "a")).gets("own", "a")
        peer.sends(publish(version, "own", "b", qos=1, mid=530))
        peer.hears_in_any_order(puback(version, 530), publish(version, "own", "b", qos=1, mid=1))
        peer.sends(puback(version, 1)).sends(publish(version, "own", "c", qos=2, mid=301)).hears(pubrec(version, 301))
        peer.sends(pubrel(version, 301))
        peer.hears_in_any_order(pubcomp(version, 301), publish(version, "own", "c", qos=2, mid=2))
        peer.sends(pubrec(version, 2)).hears(pubrel(version, 2)).sends(pubcomp(version, 2)).is_silent().leaves()


@scenario()
def the_lower_qos_counts(stage):
    """[MQTT-3.8.4-6], [MQTT5-3.8.4-8]"""
    for version in stage.each_version():
        taker = stage.client("taker", version).subscribes(("q/0", 0), ("q/1", 1), ("q/2", 2))
        giver = stage.client("giver", V311)
        for qos in (0, 1, 2):
            for granted in (0, 1, 2):
                giver.publishes(f"q/{granted}", f"{qos}", qos=qos, mid=7)
        mid = 0
        for qos in (0, 1, 2):
            for granted in (0, 1, 2):
                least = min(qos, granted)
                mid += 1 if least else 0
                taker.gets(f"q/{granted}", f"{qos}", qos=least, mid=mid)
        taker.is_silent().leaves()
        giver.leaves()


@scenario("upgraded")
def the_qos_of_the_subscription_may_count(stage):
    for version in stage.each_version():
        taker = stage.client("taker", version).subscribes(("up", 1))
        stage.client("giver", V311).publishes("up", "x").leaves()
        taker.gets("up", "x", qos=1, mid=1).leaves()


@scenario()
def a_message_of_qos_2_goes_on_when_it_is_released(stage):
    """[MQTT-4.3.3-2] leaves both methods open: mosquitto and we have method A. The last use of an id counts."""
    for version in (V311, V5):
        taker = stage.client("taker", version).subscribes(("held/#", 2))
        giver = stage.client("giver", version)
        giver.sends(publish(version, "held/a", "one", qos=2, mid=312)).hears(pubrec(version, 312))
        taker.is_silent()
        giver.sends(pubrel(version, 312)).hears(pubcomp(version, 312))
        taker.gets("held/a", "one", qos=2, mid=1)
        giver.leaves()
        taker.leaves()


@scenario(debian="newer mosquitto only: 2.0.11 passes the first on")
def an_id_used_again_stands_for_the_last_message(stage):
    for version in (V311, V5):
        taker = stage.client("taker", version).subscribes(("held/#", 2))
        giver = stage.client("giver", version)
        for topic, payload in (("held/a", "one"), ("held/b", "one"), ("held/b", "")):
            giver.sends(publish(version, topic, payload, qos=2, mid=312)).hears(pubrec(version, 312))
        giver.sends(pubrel(version, 312)).hears(pubcomp(version, 312))
        taker.gets("held/b", "", qos=2, mid=1).is_silent().leaves()
        giver.leaves()


@scenario(debian="mended after 2.0.11 (CVE-2023-28366)")
def the_same_message_is_not_repeated_without_end(stage):
    for version in (V311, V5):
        giver = stage.client("giver", version)
        same = publish(version, "t", "m", qos=2, mid=1, dup=True)
        giver.sends(same).hears(pubrec(version, 1)).sends(same).hears(pubrec(version, 1))
        giver.sends(same).ends_with(*([disconnect(V5, 0x82)] if version == V5 else []))


@scenario(debian="2.0.11 refuses without a word, and 3.x loses the surplus")
def more_than_twenty_unreleased_end_it(stage):
    """[MQTT5-3.3.4-7], [MQTT5-3.3.4-8]"""
    for version in (V311, V5):
        giver = stage.client("giver", version)
        for mid in range(1, 21):
            giver.sends(publish(version, "t", "m", qos=2, mid=mid)).hears(pubrec(version, mid))
        giver.sends(publish(version, "t", "m", qos=2, mid=21))
        giver.ends_with(*([disconnect(V5, 0x93)] if version == V5 else []))


@scenario()
def a_broken_flow_to_the_broker_goes_on(stage):
    """[MQTT-4.4.0-1], [MQTT-4.3.3-2]"""
    for version in stage.each_version():
        taker = stage.client("taker", version).subscribes(("c2b", 2))
        first = publish(version, "c2b", "m", qos=2, mid=1)
        stage.client("giver", version, **kept(version)).sends(first).hears(pubrec(version, 1)).closes()
        again = stage.client("giver", version, present=True, **kept(version))
        again.sends(publish(version, "c2b", "m", qos=2, mid=1, dup=True)).hears(pubrec(version, 1))
        again.sends(pubrel(version, 1)).hears(pubcomp(version, 1)).closes()
        last = stage.client("giver", version, present=True, **kept(version))
        last.sends(pubrel(version, 1)).hears(pubcomp(version, 1)).closes()
        taker.gets("c2b", "m", qos=2, mid=1).is_silent().leaves()
        stage.client("giver", version).leaves()


@scenario()
def a_broken_flow_from_the_broker_goes_on(stage):
    """[MQTT-4.4.0-1], [MQTT-3.3.1-1]"""
    for version in (V311, V5):
        peer = stage.client("taker", version, **kept(version)).subscribes(("b2c", 2))
        stage.client("giver", V311).publishes("b2c", "one", qos=1, mid=1).publishes("b2c", "two", qos=2, mid=2).leaves()
        one, two = ({"payload": "one", "qos": 1, "mid": 1}, {"payload": "two", "qos": 2, "mid": 2})
        peer.hears(publish(version, "b2c", **one), publish(version, "b2c", **two)).closes()
        peer = stage.client("taker", version, present=True, **kept(version))
        peer.hears(publish(version, "b2c", dup=True, **one), publish(version, "b2c", dup=True, **two))
        peer.sends(puback(version, 1), pubrec(version, 2)).hears(pubrel(version, 2)).closes()
        peer = stage.client("taker", version, present=True, **kept(version)).hears(pubrel(version, 2))
        peer.sends(pubcomp(version, 2)).is_silent().closes()
        stage.client("taker", version, present=True, **kept(version)).is_silent().leaves()
        stage.client("taker", version).leaves()


@scenario()
def acknowledgements_have_every_length(stage):
    """[MQTT5 3.4.2.1]"""
    user = prop(0x26, ("key", "value"))
    for tail in (b"", b"\0", b"\0\0", b"\0" + bytes([len(user)]) + user):
        peer = stage.client("len", V5).subscribes(("len", 2))
        giver = stage.client("giver", V311).publishes("len", "1", qos=1, mid=1).publishes("len", "2", qos=2, mid=2)
        giver.leaves()
        peer.hears(publish(V5, "len", "1", qos=1, mid=1), publish(V5, "len", "2", qos=2, mid=2))
        peer.sends(packet(0x40, b"\0\1" + tail), packet(0x50, b"\0\2" + tail)).hears(pubrel(V5, 2))
        peer.sends(packet(0x70, b"\0\2" + tail)).is_silent()
        peer.sends(publish(V5, "none", qos=2, mid=9)).hears(pubrec(V5, 9))
        peer.sends(packet(0x62, b"\0\x09" + tail)).hears(pubcomp(V5, 9)).leaves()


@scenario()
def a_refused_message_makes_room(stage):
    """[MQTT5-4.3.3-4]"""
    peer = stage.client("refuser", V5).subscribes(("ref/+", 2))
    giver = stage.client("giver", V311).publishes("ref/a", "1", qos=2, mid=1).publishes("ref/b", "2", qos=2, mid=2)
    giver.leaves()
    peer.hears(publish(V5, "ref/a", "1", qos=2, mid=1), publish(V5, "ref/b", "2", qos=2, mid=2))
    peer.sends(pubrec(V5, 1, 0x80), pubrec(V5, 2)).hears(pubrel(V5, 2)).sends(pubcomp(V5, 2)).is_silent().leaves()


@scenario()
def unasked_acknowledgements_are_harmless(stage):
    for version in stage.each_version():
        peer = stage.client("stray", version)
        peer.sends(puback(version, 1)).is_silent()
        peer.sends(pubrel(version, 1)).hears(pubcomp(version, 1)).is_silent()
        peer.sends(pubcomp(version, 1)).is_silent().leaves()


@scenario(debian="2.0.11 forgives some of it")
def a_wrong_step_ends_it(stage):
    for version in (V311, V5):
        end = [disconnect(V5, 0x82)] if version == V5 else []
        giver = stage.client("giver", V311)
        for qos, steps in ((1, [pubrec]), (1, [pubcomp]), (2, [puback]), (2, [pubcomp]), (2, [pubrec, puback])):
            peer = stage.client("wrong", version).subscribes(("w", 2))
            giver.publishes("w", "m", qos=qos)
            peer.hears(publish(version, "w", "m", qos=qos, mid=1))
            for step in steps[:-1]:
                peer.sends(step(version, 1)).hears(pubrel(version, 1))
            peer.sends(steps[-1](version, 1)).ends_with(*end)
        peer = stage.client("again", version).subscribes(("w", 2))
        giver.publishes("w", "m", qos=2)
        peer.hears(publish(version, "w", "m", qos=2, mid=1))
        for _ in range(2):
            peer.sends(pubrec(version, 1)).hears(pubrel(version, 1))
        peer.is_silent()
        giver.leaves()


@scenario("one-in-flight")
def one_at_a_time(stage):
    for version in stage.each_version():
        peer = stage.peer(version).sends(connect_packet(version, "narrow")).hears(narrow_connack(version))
        peer.subscribes(("n", 2))
        giver = stage.peer(V311).connects("giver")
        for mid, qos in ((1, 1), (2, 2), (3, 1)):
            giver.publishes("n", f"{mid}", qos=qos, mid=mid)
        peer.gets("n", "1", qos=1, mid=1)
        peer.hears(publish(version, "n", "2", qos=2, mid=2)).is_silent()
        peer.sends(pubrec(version, 2)).hears(pubrel(version, 2)).is_silent().sends(pubcomp(version, 2))
        peer.gets("n", "3", qos=1, mid=3).is_silent().leaves()
        giver.leaves()


def narrow_connack(version, present=False):
    props = prop(0x22, 10) + prop(MAXIMUM_PACKET_SIZE, 2_000_000) + prop(0x21, 1)
    return connack(version, props=props, limits=False, present=present)


@scenario("one-in-flight", debian="2.0.11 sends nothing after what expired, mended in 2.0.15")
def what_expires_in_the_queue_has_used_its_id(stage):
    """[MQTT5-3.3.2-5]; that the id is gone is mosquitto's way."""
    peer = stage.peer(V5).sends(connect_packet(V5, "late", clean=False, props=SESSION)).hears(narrow_connack(V5))
    peer.subscribes(("late", 1)).closes()
    giver = stage.peer(V5).sends(connect_packet(V5, "giver")).hears(narrow_connack(V5))
    giver.publishes("late", "gone", qos=1, mid=1, props={0x02: 1})
    giver.publishes("late", "kept", qos=1, mid=2)
    stage.passes(1.2)
    peer = stage.peer(V5).sends(connect_packet(V5, "late", clean=False, props=SESSION)).hears(narrow_connack(V5, True))
    peer.gets("late", "kept", qos=1, mid=2).is_silent().leaves()


@scenario("few-bytes-in-flight", debian="2.0.11 miscounts its quota, mended in 2.0.13")
def so_many_bytes_at_a_time(stage):
    peer = stage.client("bytes", V5, props={0x21: 5}).subscribes(("b", 2))
    giver = stage.client("giver", V5)
    for mid in (1, 2, 3):
        giver.publishes("b", f"message{mid}", qos=2, mid=mid)
    sent = [publish(V5, "b", f"message{mid}", qos=2, mid=mid) for mid in (1, 2, 3)]
    peer.hears(*sent[:2]).is_silent().sends(pubrec(V5, 1)).hears(pubrel(V5, 1)).is_silent().sends(pubcomp(V5, 1))
    peer.hears(sent[2])
    for mid in (2, 3):
        peer.sends(pubrec(V5, mid)).hears(pubrel(V5, mid)).sends(pubcomp(V5, mid))
    for mid in range(1, 8):
        giver.publishes("b", f"{mid}", qos=2, mid=mid)
    peer.hears(*(publish(V5, "b", f"{mid}", qos=2, mid=mid + 3) for mid in range(1, 6))).is_silent()


@scenario()
def the_receive_maximum_of_the_client_counts(stage):
    """[MQTT5-3.3.4-9]"""
    peer = stage.client("rm", V5, props={0x21: 1}).subscribes(("rm", 2))
    giver = stage.client("giver", V5)
    for mid in (1, 2, 3):
        giver.publishes("rm", f"m{mid}", qos=2, mid=mid)
    for mid in (1, 2, 3):
        peer.hears(publish(V5, "rm", f"m{mid}", qos=2, mid=mid)).is_silent()
        peer.sends(pubrec(V5, mid)).hears(pubrel(V5, mid)).sends(pubcomp(V5, mid))
    peer.is_silent()


@scenario("short-queue")
def a_full_queue_drops_the_newest(stage):
    peer = stage.client("full", V311).subscribes(("f", 1))
    giver = stage.client("giver", V311)
    for number in range(1, 9):
        giver.publishes("f", f"{number}", qos=1, mid=number)
    for number in range(1, 6):
        peer.gets("f", f"{number}", qos=1, mid=number)
    peer.is_silent()


@scenario("qos0-queued")
def qos_0_may_wait(stage):
    for version in (V311, V5):
        stage.client("q0", version, **kept(version)).subscribes(("w/0", 0)).leaves()
        stage.client("giver", V311).publishes("w/0", "x").publishes("w/0", "y").is_silent().leaves()
        peer = stage.client("q0", version, present=True, **kept(version)).gets("w/0", "x").gets("w/0", "y")
        peer.is_silent().leaves()
        stage.client("q0", version).leaves()


@scenario()
def qos_0_does_not_wait(stage):
    stage.client("q0", V311, clean=False).subscribes(("w/0", 2)).leaves()
    stage.client("giver", V311).publishes("w/0", "x").is_silent().leaves()
    stage.client("q0", V311, clean=False, present=True).is_silent().leaves()
    stage.client("q0", V311).leaves()


@scenario("small-messages")
def larger_payloads_are_not_passed_on(stage):
    for version in (V311, V5):
        taker = stage.client("taker", version).subscribes(("small", 1))
        giver = stage.client("giver", version).publishes("small", "A").publishes("small", "AB").is_silent()
        taker.gets("small", "A")
        giver.publishes("small", "A", qos=1, mid=1).publishes("small", "AB", qos=1, mid=2, code=0x95).is_silent()
        taker.gets("small", "A", qos=1, mid=1).is_silent().leaves()


@scenario("qos-1")
def a_qos_above_the_maximum_ends_it(stage):
    """[MQTT5-3.2.2-11], [MQTT5-3.2.2-12]"""
    peer = stage.peer(V5).sends(connect_packet(V5, "q"))
    peer.hears(connack(V5, props=prop(0x22, 10) + prop(0x27, 2_000_000) + prop(0x21, 20) + prop(0x24, 1), limits=False))
    peer.publishes("t", "x", qos=1, code=0x10)
    peer.sends(publish(V5, "t", "x", qos=2, mid=1)).ends_with(disconnect(V5, 0x9B))
    stage.client("q", V311).sends(publish(V311, "t", "x", qos=2, mid=1)).ends_with()


@scenario("no-retain")
def retained_messages_may_be_off(stage):
    """[MQTT5-3.2.2-14]"""
    peer = stage.peer(V5).sends(connect_packet(V5, "r"))
    peer.hears(connack(V5, props=prop(0x22, 10) + prop(0x25, 0) + prop(0x27, 2_000_000) + prop(0x21, 20), limits=False))
    peer.sends(publish(V5, "t", "x", qos=1, mid=1, retain=True)).ends_with(disconnect(V5, 0x9A))
    stage.client("r", V311).sends(publish(V311, "t", "x", retain=True)).ends_with()


@scenario()
def topics_below_dollar_sys_belong_to_the_broker(stage):
    for topic, code in (("$SYS/broker/uptime", 0x87), ("$SYS/broker/connection/me", 0x87), ("$share/g/t", 0x87),
                        ("$SYS/broker/connection/me/state", 0x10)):
        for version in (V311, V5):
            stage.client("sys", version).publishes(topic, "x", qos=1, code=code).leaves()


@scenario(debian="2.0.11 says nothing to some of it")
def topics_are_names(stage):
    """[MQTT-3.3.2-2], [MQTT-4.7.3-1], [MQTT-1.5.3-1], [MQTT-1.5.3-2]; the code 0x90 would fit as well"""
    for topic in (b"", b"+opic", b"#opic", b"a/+", b"to\0\0", b"to\xed\xa0\x80", b"to\x01p", b"to\x1f", b"to\x7f",
                  b"to\xc2\x9f", b"/" * 65535, b"/" * 200):
        for version, end in ((V31, []), (V311, []), (V5, [disconnect(V5, 0x81)])):
            stage.client("name", version).sends(publish(version, topic, "x")).ends_with(*end)
            stage.client("name", version).sends(publish(version, topic, "x", qos=1, mid=19)).ends_with(*end)
    stage.client("name", V5).publishes("A𪛔", "x").publishes("/" * 199, "x").is_silent()


@scenario(debian="2.0.11 takes DUP with QoS 0")
def no_flag_of_publish_is_wrong(stage):
    """[MQTT-3.3.1-2], [MQTT-3.3.1-4], [MQTT-2.3.1-1]"""
    for version, end in ((V311, []), (V5, [disconnect(V5, 0x81)])):
        for first in (0x36, 0x37, 0x3E, 0x38):
            body = publish(version, "topic", "payload", qos=1, mid=1234)[2:]
            stage.client("flag", version).sends(packet(first, body)).ends_with(*end)
    for qos in (1, 2):
        stage.client("mid", V311).sends(publish(V311, "t", "x", qos=qos, mid=0)).ends_with()


@scenario(debian="2.0.11 says 0x81")
def packet_id_0_is_an_error_of_protocol(stage):
    """[MQTT5-2.2.1-3], [MQTT5-2.2.1-4]"""
    for qos in (1, 2):
        stage.client("mid", V5).sends(publish(V5, "t", "x", qos=qos, mid=0)).ends_with(disconnect(V5, 0x82))


@scenario()
def subscribers_are_told_from_nobody(stage):
    """[MQTT5 3.4.2.1]: 0x10 also for what is retained; a session that is away counts."""
    giver = stage.client("giver", V5)
    giver.publishes("who", "x", qos=1, code=0x10).publishes("who", "x", qos=1, retain=True, code=0x10)
    stage.client("away", V311, clean=False).subscribes(("who", 1)).gets("who", "x", qos=1, retain=True).leaves()
    giver.publishes("who", "x", qos=1).publishes("who", "", qos=1, retain=True)
    stage.client("away", V311).leaves()


@scenario()
def large_payloads_go_through(stage):
    payload = bytes(range(256)) * 4000
    for version in stage.each_version():
        taker = stage.client("big", version).subscribes(("big", 1))
        stage.client("giver", V311).publishes("big", payload, qos=1).leaves()
        taker.gets("big", payload, qos=1, mid=1).is_silent().leaves()


def oversize(version, topic="t"):
    return publish(version, topic, b"." * 2_000_000)


@scenario(debian="2.0.11 resets the connection with our bytes unread, so its DISCONNECT may be lost")
def larger_packets_end_it(stage):
    """[MQTT5-3.2.2-15]"""
    stage.client("big", V5).sends(oversize(V5)).ends_with(disconnect(V5, 0x95))
    stage.client("big", V311).sends(oversize(V311)).ends_with()


@scenario()
def subscribe_is_answered_before_the_next_packet(stage):
    for version in stage.each_version():
        peer = stage.client("order", version)
        peer.sends(subscribe(version, 1, ("o", 0)), publish(version, "o", "x"), b"\xc0\0")
        peer.hears(suback(version, 1, 0), publish(version, "o", "x"), b"\xd0\0").leaves()


@scenario()
def packets_may_come_in_any_portions(stage):
    for version in stage.each_version():
        peer = stage.client("bits", version)
        for byte in subscribe(version, 1, ("p", 1)):
            peer.sends(bytes([byte]))
        peer.hears(suback(version, 1, 1))
        peer.sends(publish(version, "p", "x") * 3).hears(*[publish(version, "p", "x")] * 3).leaves()

"""Clean sessions, expiry and wills."""

from owb.mqtt import Will
from owb.packets import V5, V31, V311, connack, connect_packet, disconnect, packet, publish

from .scenario import OPEN, scenario, setting

setting("small-wills", "message_size_limit 1\n" + OPEN)
SESSION = {0x11: 60}


def kept(version, seconds=60):
    return {"clean": False} | ({"props": {0x11: seconds}} if version == V5 else {})


@scenario()
def a_session_waits_for_its_client(stage):
    for version in stage.each_version():
        stage.client("away", version, **kept(version)).subscribes(("w", 1)).leaves()
        stage.client("giver", V311).publishes("w", "x", qos=1).leaves()
        stage.client("away", version, present=True, **kept(version)).gets("w", "x", qos=1).is_silent().leaves()
        stage.client("away", version).leaves()


@scenario()
def a_clean_session_ends_with_its_connection(stage):
    for version in stage.each_version():
        stage.client("clean", version).subscribes(("w", 1)).leaves()
        stage.client("clean", version, **kept(version)).is_silent().leaves()
        stage.client("clean", version).leaves()


@scenario()
def sessions_expire(stage):
    """[MQTT5-3.1.2-23], [MQTT5 3.1.2.11.2]"""
    stage.client("far", V5, clean=False, props={0x11: 4294967294}).closes()
    stage.client("x", V5, **kept(V5, 1)).closes()
    stage.client("x", V5, present=True, **kept(V5, 1)).leaves(0, {0x11: 60})
    stage.passes(1.3)
    stage.client("x", V5, present=True, **kept(V5, 1)).leaves(0, {0x11: 0})
    stage.client("x", V5, **kept(V5, 1)).closes()
    stage.passes(2.5)
    stage.client("x", V5, **kept(V5, 1)).leaves(0, {0x11: 0})
    stage.client("far", V5).leaves()


@scenario(debian="2.0.11 says nothing")
def an_expiry_of_none_cannot_be_changed(stage):
    """MQTT 5.0, 3.14.2.2.2"""
    stage.client("x", V5, props={0x11: 0}).sends(disconnect(V5, 0, {0x11: 1})).ends_with(disconnect(V5, 0x82))


@scenario()
def a_will_is_sent_when_the_connection_breaks(stage):
    """[MQTT-3.1.2-8], [MQTT-3.14.4-3]"""
    for version in stage.each_version():
        taker = stage.client("taker", version).subscribes(("will/#", 2))
        for qos in (0, 1, 2):
            stage.client("ill", version, will=Will("will/t", b"gone", qos)).closes()
            taker.gets("will/t", "gone", qos=qos, mid=max(qos, 1))
        stage.client("ill", version, will=Will("will/t", b"")).closes()
        taker.gets("will/t", "")
        stage.client("ill", version, will=Will("will/t")).leaves()
        taker.is_silent().leaves()


@scenario()
def every_form_of_disconnect_takes_the_will_away(stage):
    taker = stage.client("taker", V5).subscribes("will/d")
    for body in (b"", b"\0", b"\0\0", b"\0\x0d\x26\0\3key\0\5value"):
        stage.client("ill", V5, will=Will("will/d")).sends(packet(0xE0, body)).ends_with()
    taker.is_silent()
    stage.client("ill", V5, will=Will("will/d", qos=2)).leaves(4)
    taker.gets("will/d", "gone").leaves()


@scenario()
def a_will_may_be_retained(stage):
    """[MQTT-3.1.2-16], [MQTT-3.1.2-17]"""
    for version in stage.each_version():
        stage.client("ill", version, will=Will("will/r", retain=True)).closes()
        taker = stage.client("taker", version)
        taker.sends(b"\xc0\0").hears(b"\xd0\0").subscribes("will/r").gets("will/r", "gone", retain=True).leaves()
        stage.wipe("will/r")


@scenario()
def properties_of_a_will_go_with_it(stage):
    """[MQTT5 3.1.3.2]"""
    taker = stage.client("taker", V5).subscribes("will/p")
    stage.client("ill", V5, will=Will("will/p", properties={
        0x26: ("k", "v"), 0x08: "resp", 0x09: "data", 0x18: 0, 0x01: 1, 0x03: "text"})).closes()
    taker.gets("will/p", "gone", props={0x26: ("k", "v"), 0x08: "resp", 0x09: "data", 0x01: 1, 0x03: "text"}).leaves()


@scenario()
def a_delayed_will_waits(stage):
    """[MQTT5-3.1.3-9], [MQTT5 3.1.3.2.2]"""
    taker = stage.client("taker", V5).subscribes("will/w")
    will = Will("will/w", properties={0x18: 2})
    stage.client("ill", V5, props={0x11: 3}, will=will).closes()
    stage.passes(0.3)
    taker.is_silent()
    stage.client("ill", V5, clean=False, present=True, props={0x11: 3}).leaves()  # back in time: no will
    stage.client("gone", V5, props={0x11: 1}, will=Will("will/w", b"end of session", properties={0x18: 60})).closes()
    stage.client("late", V5, props={0x11: 60}, will=Will("will/w", b"late", properties={0x18: 1})).closes()
    taker.hears_in_any_order(publish(V5, "will/w", "end of session"), publish(V5, "will/w", "late"))
    taker.leaves()
    stage.client("late", V5).leaves()


@scenario(debian="2.0.11 sends a CONNACK to some of it")
def a_will_has_a_topic_and_a_payload(stage):
    """[MQTT-3.1.2-9], [MQTT-3.1.3-10]"""
    for version in (V311, V5):
        for topic in ("", "#", "a/+", b"to\0p", "$CONTROL/x"):
            stage.refused(connect_packet(version, "ill", will=Will(topic, properties={0x18: 3})))
        whole = connect_packet(version, "ill", will=Will("will/topic", b"", 1, True))
        stage.refused(packet(0x10, whole[2:-2]))


@scenario("small-wills", debian="2.0.11 says nothing to 5.0")
def a_will_may_be_too_large(stage):
    taker = stage.client("taker", V5).subscribes("will/l")
    for version, code in ((V311, 5), (V5, 0x95)):
        stage.refused(connect_packet(version, "ill", will=Will("will/l", b"AB")), connack(version, code))
        stage.client("ill", version, will=Will("will/l", b"A")).closes()
        taker.gets("will/l", "A")
    taker.is_silent()


@scenario(debian="2.0.11 sends the will in more cases")
def a_takeover_sends_the_will_when_the_session_ends(stage):
    """mosquitto's way for a session that goes on: its client is there again before a will could be due
    ([MQTT5-3.1.3-9]); [MQTT-3.1.2-8] by its letter would send it."""
    for version in (V311, V5):
        taker = stage.client("taker", version).subscribes("will/o")
        for clean in (True, False):
            for clean_again in (True, False):
                first = {"clean": clean} | ({"props": {0x11: 0 if clean else 60}} if version == V5 else {})
                again = {"clean": clean_again} | ({"props": {0x11: 0 if clean_again else 60}} if version == V5 else {})
                former = stage.client("over", version, will=Will("will/o", b"LWT"), **first)
                newcomer = stage.client("over", version, present=not (clean or clean_again), **again)
                former.ends_with(*([disconnect(V5, 0x8E)] if version == V5 else []))
                if clean or clean_again:
                    taker.gets("will/o", "LWT")
                newcomer.publishes("will/o", "ready")
                taker.gets("will/o", "ready").is_silent()
                newcomer.leaves()
                stage.client("over", version).leaves()
        taker.leaves()


@scenario(debian="2.0.11 closes without a DISCONNECT")
def a_silent_client_is_given_up(stage):
    """[MQTT-3.1.2-24], [MQTT5-3.1.2-22]"""
    taker = stage.client("taker", V311).subscribes("will/k")
    silent = [stage.client(f"k{version}", version, keep_alive=1, will=Will("will/k", f"{version}".encode()))
              for version in stage.each_version()]
    taker.hears_in_any_order(*(publish(V311, "will/k", f"{version}") for version in (V31, V311, V5)))
    for peer in silent:
        came = peer.takes()
        assert came in ([disconnect(V5, 0x8D)] if peer.version == V5 else [None]), came

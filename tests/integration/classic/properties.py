"""Properties of PUBLISH and topic aliases of MQTT 5."""

from owb.packets import V5, V311, disconnect, packet, prop, publish

from .malformed import CUT, UNKNOWN
from .scenario import OPEN, scenario, setting

setting("no-aliases", OPEN + "max_topic_alias 0\n")
ALIAS = 0x23
FOREIGN = (b"\x1f\0\1p", b"\x17\0", b"\x24\0", b"\x25\0", b"\x28\0", b"\x29\0", b"\x2a\0", b"\x11\0\0\0\1",
           b"\x18\0\0\0\1", b"\x27\0\0\0\1", b"\x12\0\1p", b"\x15\0\1p", b"\x1a\0\1p", b"\x1c\0\1p", b"\x16\0\1p",
           b"\x13\0\5", b"\x21\0\5", b"\x22\0\5", b"\x0b\1", b"\x0b\x7f", b"\x0b\0", b"\x0b\1\x0b\1")


@scenario()
def what_belongs_to_the_message_is_passed_on_in_order(stage):
    """[MQTT5-3.3.2-4], [MQTT5-3.3.2-15] to [MQTT5-3.3.2-20]"""
    taker = stage.client("taker", V5).subscribes("p/t")
    old = stage.client("old", V311).subscribes("p/t")
    giver = stage.client("giver", V5)
    user = prop(0x26, ("b", "2")) + prop(0x26, ("a", "1")) + prop(0x26, ("b", "1"))
    for props in (b"", prop(0x01, 0), prop(0x01, 1), prop(0x03, "text/plain"), prop(0x08, "r/t"), prop(0x09, b"\0\xff"),
                  prop(0x09, b""), prop(0x03, ""), user, prop(0x26, ("", "")),
                  user + prop(0x08, "r/t") + prop(0x01, 1) + prop(0x26, ("z", "9")) + prop(0x03, "x")):
        giver.sends(publish(V5, "p/t", "x", props=props))
        taker.gets("p/t", "x", props=props)
        old.gets("p/t", "x")
    giver.sends(publish(V5, "p/t", "x", props=prop(0x02, 900)))
    taker.gets("p/t", "x", props=prop(0x02, 900)).leaves()


@scenario(debian="2.0.11 has another code for some")
def what_does_not_belong_there_is_told(stage):
    """[MQTT5 2.2.2.2], [MQTT5-3.3.2-14], [MQTT5-3.3.4-6]"""
    cases = [(one, 0x82) for one in FOREIGN] + [(one, 0x81) for one in UNKNOWN + CUT[:-4] + (b"\x26", b"\x26\0\1p")]
    cases += [(b"\1\2", 0x82), (b"\1\1\1\1", 0x82), (b"\2\0\0\0\1" * 2, 0x82), (b"\x23\0\1" * 2, 0x82),
              (b"\x23\0\1\x23\0\2", 0x82), (b"\x08\0\1#", 0x82), (b"\x08\0\1p" * 2, 0x82), (b"\x08\0\0", 0x82),
              (b"\x09\0\1p" * 2, 0x82), (b"\3\0\1p" * 2, 0x82), (b"\x0b\x80\0", 0x81)]
    for props, code in cases:
        sent = packet(0x32, b"\0\5topic\4\xd2" + bytes([len(props)]) + props + b"payload")
        stage.client("bad", V5).sends(sent).ends_with(disconnect(V5, code))


@scenario()
def aliases_stand_for_topics(stage):
    """[MQTT5-3.3.2-8] to [MQTT5-3.3.2-12]"""
    taker = stage.client("taker", V5).subscribes("al/#")
    giver = stage.client("giver", V5)
    for alias, topic, sent in ((3, "al/1", "al/1"), (3, "al/1", ""), (10, "al/2", "al/2"), (3, "al/3", "al/3"),
                               (3, "al/3", ""), (10, "al/2", "")):
        giver.sends(publish(V5, sent, "x", props={ALIAS: alias}))
        taker.gets(topic, "x")
    giver.leaves()
    taker.leaves()


@scenario(debian="2.0.11 answers alias 0 with 0x81, newer ones with 0x94")
def aliases_that_cannot_be(stage):
    """[MQTT5-3.3.2-9], [MQTT5-3.3.2-10]"""
    stage.client("a", V5).sends(publish(V5, "t", props={ALIAS: 11})).ends_with(disconnect(V5, 0x94))
    stage.client("a", V5).sends(publish(V5, "t", props={ALIAS: 0})).ends_with(disconnect(V5, 0x94))
    peer = stage.client("a", V5).sends(publish(V5, "t", props={ALIAS: 1})).is_silent()
    peer.sends(publish(V5, "", props={ALIAS: 2})).ends_with(disconnect(V5, 0x82))
    stage.client("a", V5).sends(publish(V5, "", props={ALIAS: 1})).ends_with(disconnect(V5, 0x82))


@scenario(debian="2.0.11 makes no aliases of its own")
def the_broker_makes_aliases(stage):
    """[MQTT5-3.1.2-26], [MQTT5-3.1.2-27]; ten of them, first come, first served"""
    peer = stage.client("al", V5, props={0x22: 65535}).subscribes("al/#")
    giver = stage.client("giver", V5)
    for number in range(1, 13):
        giver.publishes(f"al/{number}", "x")
        peer.gets(f"al/{number}", "x", props={ALIAS: number} if number <= 10 else b"")
    for number in (1, 10, 11):
        giver.publishes(f"al/{number}", "y")
        peer.gets(f"al/{number}" if number > 10 else "", "y", props={ALIAS: number} if number <= 10 else b"")
    peer.leaves()
    few = stage.client("al", V5, props={0x22: 1}).subscribes("al/#")
    giver.publishes("al/1", "x").publishes("al/2", "x").publishes("al/1", "x")
    few.gets("al/1", "x", props={ALIAS: 1}).gets("al/2", "x").gets("", "x", props={ALIAS: 1}).leaves()


@scenario(debian="put right in 2.0.23")
def messages_too_large_for_the_client_are_left_out(stage):
    """[MQTT5-3.1.2-24], [MQTT5-3.1.2-25]"""
    peer = stage.client("small", V5, props={0x27: 40}).subscribes(("12/max/publish/qos2/test/topic", 2))
    giver = stage.client("giver", V5)
    for qos in (0, 1, 2):
        giver.publishes("12/max/publish/qos2/test/topic", "123456", qos=qos, mid=5)
    peer.is_silent()
    giver.publishes("12/max/publish/qos2/test/topic", "1", qos=0)
    peer.gets("12/max/publish/qos2/test/topic", "1").leaves()

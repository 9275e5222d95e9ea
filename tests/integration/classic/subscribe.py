"""SUBSCRIBE, UNSUBSCRIBE, matching and shared subscriptions."""

from owb.packets import (V5, V31, V311, disconnect, packet, prop, publish, suback, subscribe, unsuback,
                         unsubscribe)

from .scenario import OPEN, scenario, setting

setting("sys", "sys_interval 1\n" + OPEN)

NO_LOCAL, RETAIN_AS_PUBLISHED = 0x04, 0x08


@scenario()
def each_qos_is_granted(stage):
    """[MQTT-3.8.4-1], [MQTT-3.8.4-4], [MQTT-3.8.4-5]"""
    for version in stage.each_version():
        peer = stage.client("sub", version).subscribes(("p", 0), mid=1234).subscribes(("p", 1)).subscribes(("p", 2))
        peer.subscribes(("p", 0), ("q", 1), ("r/#", 2), mid=65535).is_silent().leaves()


@scenario()
def what_is_not_subscribed_may_be_given_up(stage):
    """[MQTT-3.10.4-4], [MQTT-3.10.4-5], [MQTT-3.10.4-6], [MQTT5-3.11.3-1]"""
    for version in stage.each_version():
        peer = stage.client("unsub", version).sends(unsubscribe(version, 7, "p")).hears(unsuback(version, 7, 0x11))
        peer.subscribes("p", "q").sends(unsubscribe(version, 8, "p", "x", "q")).hears(unsuback(version, 8, 0, 0x11, 0))
        peer.sends(unsubscribe(version, 9, "p")).hears(unsuback(version, 9, 0x11))
        peer.publishes("p", "x").is_silent().leaves()


@scenario()
def filters_match(stage):
    """[MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.2-1]"""
    cases = {"foo/bar": ["foo/bar"], "foo/+": ["foo/bar"], "foo/+/baz": ["foo/bar/baz"],
             "foo/+/#": ["foo/bar/baz", "foo/bar"], "A/B/+/#": ["A/B/B/C"], "foo/#": ["foo/bar", "foo", "foo/"],
             "/#": ["/foo", "/"], "#": ["foo", "/foo", "a/b/c/d"], "+": ["foo"], "/+": ["/foo"], "+/+": ["/foo", "a/b"],
             "///#": ["////foo///bar"], "+/+/+": ["//"], "Ä/+": ["Ä/ö"]}
    never = {"+": ["a/b", "/a"], "foo": ["foo/", "/foo", "fo"], "foo/+": ["foo", "foo/a/b"], "+/b": ["b", "a/b/c"]}
    for version in (V311, V5):
        giver = stage.client("giver", V311)
        for name in cases.keys() | never.keys():
            peer = stage.client("match", version).subscribes((name, 0))
            for topic in cases.get(name, []):
                giver.publishes(topic, "x")
                peer.gets(topic, "x")
            for topic in never.get(name, []):
                giver.publishes(topic, "x").is_silent()
            peer.is_silent().leaves()
        giver.leaves()


@scenario()
def a_wildcard_does_not_begin_with_dollar(stage):
    peer = stage.client("dollar", V311).subscribes("#", "+/a")
    stage.client("giver", V311).publishes("$other/a", "x").is_silent().leaves()
    peer.is_silent().subscribes("$other/#", mid=2)
    stage.client("giver", V311).publishes("$other/a", "x").leaves()
    peer.gets("$other/a", "x").leaves()


@scenario()
def what_begins_with_dollar_may_be_subscribed(stage):
    for version in (V311, V5):
        stage.client("dollar", version).subscribes("$SYS/broker/missing").subscribes("$share/share/#").leaves()


@scenario("sys")
def the_broker_tells_of_itself(stage):
    """mosquitto(8)"""
    peer = stage.client("sys", V311)
    peer.sends(subscribe(V311, 1, ("$SYS/broker/version", 0), ("$SYS/broker/clients/connected", 0)))
    peer.hears(suback(V311, 1, 0, 0))
    topics = set()
    while len(topics) < 2:
        told = peer.takes()
        topics.add(told[4:4 + told[3]].decode())
    assert topics == {"$SYS/broker/version", "$SYS/broker/clients/connected"}, topics


@scenario(debian="2.0.11 says nothing to some of it")
def filters_are_filters(stage):
    """[MQTT-3.8.3-1], [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.3-1]; the code 0x8F would fit as well"""
    for bad in (b"", b"a#", b"#/a", b"a/#/b", b"a+", b"+a", b"to\0\0", b"to\xed\xa0\x80", b"to\x01p", b"to\x7f",
                b"to\xc2\x9f", b"/" * 65535):
        for version, end in ((V31, []), (V311, []), (V5, [disconnect(V5, 0x81)])):
            for mid, sent in ((1, subscribe(version, 1, (bad, 0))), (2, subscribe(version, 2, ("q", 0), (bad, 0))),
                              (3, unsubscribe(version, 3, bad)), (4, unsubscribe(version, 4, "q", bad))):
                if mid > 2 and b"/" * 99 in bad:
                    continue
                stage.client("bad", version).sends(sent).ends_with(*end)


@scenario(debian="2.0.11 says nothing to some of it")
def options_are_options(stage):
    """[MQTT-3.8.3-4], [MQTT5-3.8.3-5]"""
    for options in (3, 4, 8, 0x10, 0x20, 0x40, 0x80):
        stage.client("opt", V311).sends(subscribe(V311, 1, ("p", options))).ends_with()
    for options in (3, 0x30, 0x40, 0x80, 0xF0):
        stage.client("opt", V5).sends(subscribe(V5, 1, ("p", options))).ends_with(disconnect(V5, 0x81))
    for options in (NO_LOCAL, RETAIN_AS_PUBLISHED, 0x10, 0x20):
        stage.client("opt", V5).subscribes(("p", options)).leaves()


@scenario(debian="2.0.11 says nothing to some of it")
def nothing_may_be_missing_or_too_much(stage):
    """[MQTT-3.8.1-1], [MQTT-3.8.3-3], [MQTT-3.10.1-1], [MQTT-3.10.3-2], [MQTT-2.3.1-1]"""
    for version, end in ((V311, []), (V5, [disconnect(V5, 0x81)])):
        block = b"" if version == V311 else b"\0"
        good = subscribe(version, 1, ("p", 0))
        bodies = [good[2:] + b"\0", good[2:-1], b"\1\2" + block + b"\0\0", b"\1\2" + block + b"\0", b"\1\2" + block,
                  b"\1", b"", b"\0\0" + good[4:]]
        for body in bodies:
            stage.client("cut", version).sends(packet(0x82, body)).ends_with(*end)
        for first in (0x80, 0x83, 0x84, 0x86, 0x8A):
            stage.client("cut", version).sends(packet(first, good[2:])).ends_with(*end)
        good = unsubscribe(version, 1, "p")
        for body in (good[2:] + b"\0", good[2:-1], b"\1\2" + block, b"\1", b"", b"\0\0" + good[4:]):
            stage.client("cut", version).sends(packet(0xA2, body)).ends_with(*end)
        for first in (0xA0, 0xA3, 0xA4, 0xA6, 0xAA):
            stage.client("cut", version).sends(packet(first, good[2:])).ends_with(*end)


@scenario(debian="2.0.11 says nothing to most of it")
def properties_of_subscribe(stage):
    """[MQTT5 3.8.2.1]"""
    user, one = prop(0x26, ("p", "q")), ("p", 0)
    for props in (user, user * 2, b"\x26\0\0\0\0", b"\x0b\1", b"\x0b\x7f", b"\x0b\x80\1", b"\x0b\xff\xff\xff\x7f"):
        peer = stage.client("prop", V5).sends(subscribe(V5, 1, one, props=props)).hears(suback(V5, 1, 0))
        peer.is_silent().leaves()
    for props, code in ((b"\x26\0\1p", 0x81), (b"\x0b", 0x81), (b"\x0b\0", 0x81), (b"\x0b\1\x0b\1", 0x82),
                        (b"\x0b\x80\0", 0x81), (b"\x0b\x80\x80\x80\x80\1", 0x81), (b"\1\0", 0x81), (b"\x13\0\5", 0x81),
                        (b"\x1f\0\1p", 0x81), (b"\0\1", 0x81), (b"\x7f\1", 0x81)):
        stage.client("prop", V5).sends(subscribe(V5, 1, one, props=props)).ends_with(disconnect(V5, code))
    stage.client("prop", V5).sends(unsubscribe(V5, 1, "p", props=user)).hears(unsuback(V5, 1, 0x11)).is_silent()
    for props in (b"\x26\0\1p", b"\x0b\1", b"\1\0", b"\x1f\0\1p", b"\0\1"):
        stage.client("prop", V5).sends(unsubscribe(V5, 1, "p", props=props)).ends_with(disconnect(V5, 0x81))


@scenario()
def identifiers_come_with_the_message(stage):
    """[MQTT5-3.3.4-3], [MQTT5-3.3.4-4]"""
    peer = stage.client("id", V5).subscribes("i/1", mid=1, props={0x0B: 1}).subscribes("i/2", mid=2, props={0x0B: 16384})
    peer.subscribes("i/3", mid=3)
    giver = stage.client("giver", V5).publishes("i/1", "x").publishes("i/2", "x").publishes("i/3", "x")
    peer.gets("i/1", "x", props={0x0B: 1}).gets("i/2", "x", props={0x0B: 16384}).gets("i/3", "x")
    peer.subscribes("i/1", mid=4).sends(publish(V5, "i/1", "y")).gets("i/1", "y")
    giver.leaves()
    peer.leaves()


@scenario()
def no_local_keeps_ones_own_away(stage):
    """[MQTT5-3.8.3-3]"""
    peer = stage.client("nl", V5).subscribes(("l/own", 1 | NO_LOCAL), ("l/all", 1))
    peer.publishes("l/own", "x", qos=1, mid=5).is_silent()
    stage.client("other", V5).publishes("l/own", "y", qos=1).leaves()
    peer.gets("l/own", "y", qos=1, mid=1).leaves()


@scenario()
def overlapping_filters_of_the_same_name_replace(stage):
    """[MQTT-3.8.4-3]"""
    for version in stage.each_version():
        peer = stage.client("twice", version).subscribes(("tw", 0)).subscribes(("tw", 2), mid=2)
        stage.client("giver", V311).publishes("tw", "x", qos=1).leaves()
        peer.gets("tw", "x", qos=1).is_silent().leaves()


@scenario(debian="2.0.11 and newer deliver once for each filter unless allow_duplicate_messages says no; "
                 "[MQTT-3.3.5-1] leaves it open, we deliver once at the highest QoS")
def overlapping_filters_deliver_once(stage):
    for version in stage.each_version():
        peer = stage.client("over", version).subscribes(("o/+/t", 0), ("o/t/+", 2), ("o/t/t", 1))
        stage.client("giver", V311).publishes("o/t/t", "x", qos=2).leaves()
        peer.gets("o/t/t", "x", qos=2).is_silent().leaves()


@scenario()
def shared_subscriptions_take_turns(stage):
    """[MQTT5 4.8.2]"""
    first = stage.client("s1", V5).subscribes("02/#")
    second, third, fourth, fifth = (stage.client(f"s{number}", V5) for number in range(2, 6))
    for peer, groups in ((second, ["one"]), (third, ["one", "two"]), (fourth, ["two"]), (fifth, ["one"])):
        for mid, group in enumerate(groups, 1):
            peer.subscribes(f"$share/{group}/02/t", mid=mid)
    for payload, takers in (("1", (first, second, third)), ("2", (first, third, fourth)), ("3", (first, third, fifth))):
        first.sends(publish(V5, "02/t", payload))
        for peer in takers:
            peer.gets("02/t", payload)
    for peer, group in ((second, "one"), (third, "one"), (third, "two"), (fourth, "two"), (fifth, "one")):
        peer.sends(unsubscribe(V5, 9, f"$share/{group}/02/t")).hears(unsuback(V5, 9, 0))
    first.sends(publish(V5, "02/t", "4")).gets("02/t", "4").is_silent()
    for peer in (second, third, fourth, fifth):
        peer.is_silent()


@scenario(debian="2.0.11 sends them, mended in 2.0.13")
def shared_subscriptions_get_nothing_retained(stage):
    """[MQTT5 4.8.2]"""
    stage.client("giver", V5).publishes("sr/t", "x", retain=True).is_silent().leaves()
    stage.client("s", V5).subscribes("$share/g/sr/t").is_silent().leaves()
    stage.wipe("sr/t")


@scenario(debian="2.0.11 has other codes")
def shares_have_a_name_and_a_filter(stage):
    """[MQTT5-4.8.2-1], [MQTT5-4.8.2-2], [MQTT5-3.8.3-4]"""
    for name, options, code in (("$share/+/p", 0, 0x82), ("$share/#/p", 0, 0x81), ("$share/p/", 0, 0x82),
                                ("$share/p", 0, 0x82), ("$share/g/p", NO_LOCAL, 0x82)):
        stage.client("share", V5).sends(subscribe(V5, 1, (name, options))).ends_with(disconnect(V5, code))


@scenario()
def share_and_plain_filter_do_not_mix(stage):
    for version in (V311, V5):
        peer = stage.client("mix", version).subscribes(("$share/n/mix", 1), mid=1).subscribes(("mix", 0), mid=2)
        peer.sends(unsubscribe(version, 7, "mix")).hears(unsuback(version, 7, 0)).is_silent().leaves()


@scenario()
def subscriptions_stay_with_the_session(stage):
    """[MQTT-4.1.0-1]"""
    for version in (V311, V5):
        keep = {"clean": False} | ({"props": {0x11: 60}} if version == V5 else {})
        stage.client("stay", version, **keep).subscribes("st/a").subscribes("st/#", mid=2).closes()
        peer = stage.client("stay", version, present=True, **keep)
        stage.client("giver", V311).publishes("st/b", "x").leaves()
        peer.gets("st/b", "x").leaves()
        stage.client("stay", version).is_silent().leaves()
        peer = stage.client("stay", version, **keep)
        stage.client("giver", V311).publishes("st/b", "x").is_silent().leaves()
        peer.is_silent().leaves()
        stage.client("stay", version).leaves()

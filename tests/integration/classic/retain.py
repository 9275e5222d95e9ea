"""Retained messages."""

from owb.packets import V5, V311, publish, suback, subscribe

from .scenario import OPEN, scenario, setting

RETAIN_AS_PUBLISHED = 0x08
setting("upgraded-retain", "upgrade_outgoing_qos true\n" + OPEN)


@scenario()
def new_subscribers_get_the_last(stage):
    """[MQTT-3.3.1-5] to [MQTT-3.3.1-9]"""
    for version in stage.each_version():
        giver = stage.client("giver", version).publishes("r/t", "one", retain=True).publishes("r/t", "two", retain=True)
        giver.publishes("r/u", "u", qos=2, retain=True).is_silent()
        peer = stage.client("late", version).subscribes(("r/t", 1)).gets("r/t", "two", retain=True)
        peer.subscribes(("r/t", 1), mid=2).gets("r/t", "two", retain=True)  # [MQTT-3.8.4-3]
        peer.subscribes(("r/u", 1), mid=3).gets("r/u", "u", qos=1, retain=True)
        giver.publishes("r/t", "three", retain=True)
        peer.gets("r/t", "three").is_silent().leaves()
        giver.leaves()
        stage.wipe("r/t", "r/u")
        stage.client("late", version).subscribes(("r/#", 0)).is_silent().leaves()


@scenario()
def an_empty_payload_clears(stage):
    """[MQTT-3.3.1-10], [MQTT-3.3.1-11]"""
    for version in stage.each_version():
        giver = stage.client("giver", version).publishes("c/t", "x", retain=True).publishes("c/u", "", retain=True)
        peer = stage.client("p", version).subscribes(("c/#", 0)).gets("c/t", "x", retain=True)
        giver.publishes("c/t", "", retain=True).is_silent()
        peer.gets("c/t", "").sends(subscribe(version, 2, ("c/#", 0))).hears(suback(version, 2, 0)).is_silent().leaves()
        giver.leaves()


@scenario("upgraded-retain")
def retained_messages_may_be_upgraded(stage):
    for version in (V311, V5):
        peer = stage.client("up", version).sends(publish(version, "r/0", "x", retain=True)).subscribes(("r/0", 1))
        peer.gets("r/0", "x", qos=1, retain=True).leaves()
        stage.wipe("r/0")


@scenario()
def the_flag_may_stay(stage):
    """[MQTT5-3.3.1-12], [MQTT5-3.3.1-13]"""
    peer = stage.client("rap", V5).subscribes(("f/t", RETAIN_AS_PUBLISHED))
    plain = stage.client("plain", V5).subscribes("f/t")
    stage.client("giver", V5).publishes("f/t", "x", retain=True).publishes("f/t", "y").leaves()
    peer.gets("f/t", "x", retain=True).gets("f/t", "y").leaves()
    plain.gets("f/t", "x").gets("f/t", "y").leaves()
    stage.wipe("f/t")


@scenario()
def retain_handling(stage):
    """[MQTT5-3.3.1-9] to [MQTT5-3.3.1-11]"""
    stage.client("giver", V5).publishes("h/t", "x", retain=True).is_silent().leaves()
    peer = stage.client("rh", V5).subscribes(("h/t", 0x20), mid=1).is_silent()
    peer.subscribes(("h/t", 0x10), mid=2).is_silent()
    peer.subscribes(("h/#", 0x10), mid=3).gets("h/t", "x", retain=True)
    peer.subscribes(("h/#", 0x10), mid=4).is_silent().subscribes(("h/#", 0), mid=5).gets("h/t", "x", retain=True).leaves()
    stage.wipe("h/t")


@scenario()
def what_expires_is_gone(stage):
    """[MQTT5-3.3.2-5], [MQTT5-3.3.2-6]"""
    giver = stage.client("giver", V5).publishes("e/1", "x", retain=True, props={0x02: 1})
    giver.publishes("e/9", "x", retain=True, props={0x02: 900}).is_silent()
    stage.client("p", V5).subscribes("e/1").gets("e/1", "x", retain=True, props={0x02: 1}).leaves()
    stage.passes(1.5)
    peer = stage.client("p", V5).subscribes("e/#")
    told = peer.takes()
    assert told in [publish(V5, "e/9", "x", retain=True, props={0x02: left}) for left in (898, 899)], told.hex(" ")
    peer.is_silent().leaves()
    stage.wipe("e/9")


@scenario(debian="2.0.11 sends it")
def no_local_counts_for_retained_messages_too(stage):
    """[MQTT5-3.8.3-3]"""
    peer = stage.client("me", V5).publishes("nl/t", "x", retain=True).is_silent().subscribes(("nl/t", 4)).is_silent()
    stage.wipe("nl/t")
    peer.gets("nl/t", "").leaves()

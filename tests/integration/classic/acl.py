"""acl_file: who may read and write what."""

import signal

from owb.mqtt import Will
from owb.packets import V5, V311, publish, puback
from owb.wait import until

from .scenario import OPEN, scenario, setting

FILE = """# without a name
topic read a/read
topic write a/write
topic a/both
topic readwrite a/two words
topic a/all/#
topic deny a/all/secret

user u1
topic readwrite u1/#
user all
topic #
pattern read c/%c/#
pattern write u/%u/in
pattern w/%c
"""
SOURCE = "topic #\nuser source\ntopic #\n"
WITH_ACL = OPEN + "acl_file {directory}/acl\n"
setting("acl", WITH_ACL, files={"acl": FILE})
setting("acl-later", WITH_ACL, files={"acl": "topic #\n"})
setting("acl-source", WITH_ACL + "check_retain_source true\n", files={"acl": SOURCE})
setting("acl-no-source", WITH_ACL + "check_retain_source false\n", files={"acl": SOURCE})
setting("acl-nothing", WITH_ACL, files={"acl": "# nobody\n\n"})


def may_write(stage, topic, client="c", **options):
    """Whether a message gets to somebody who reads everything; 3.1.1 is not told, 5.0 is."""
    reader = stage.client("reader", V5, username="all").subscribes(topic)
    stage.client(client, V311, **options).publishes(topic, "3", qos=1).leaves()
    peer = stage.client(client, V5, **options).sends(publish(V5, topic, "5", qos=1, mid=7))
    answer = peer.takes()
    refused = answer == puback(V5, 7, 0x87)
    assert refused or answer == puback(V5, 7), answer
    if not refused:
        reader.gets(topic, "3").gets(topic, "5")
    reader.is_silent().leaves()
    return not refused


def may_read(stage, topic, client="c", **options):
    reader = stage.client(client, V5, **options).subscribes(topic)
    stage.client("writer", V5, username="all").publishes(topic, "x", qos=1).leaves()
    reader.sends(b"\xc0\0")
    came = reader.takes()
    if came == publish(V5, topic, "x"):
        reader.takes()
        return True
    assert came == b"\xd0\0", came
    return False


@scenario("acl")
def clients_without_a_name_have_their_lines(stage):
    assert may_read(stage, "a/read") and not may_write(stage, "a/read")
    assert may_write(stage, "a/write") and not may_read(stage, "a/write")
    for topic in ("a/both", "a/two words", "a/all", "a/all/deep/er"):
        assert may_read(stage, topic) and may_write(stage, topic), topic
    for topic in ("a/all/secret", "other", "u1/x"):
        assert not may_read(stage, topic) and not may_write(stage, topic), topic


@scenario("acl")
def users_have_theirs(stage):
    assert may_read(stage, "u1/x", username="u1") and may_write(stage, "u1", username="u1")
    assert not may_read(stage, "a/both", username="u1") and not may_write(stage, "u1/x", username="u2")


@scenario("acl")
def patterns_are_everybodys(stage):
    assert may_read(stage, "c/me/x", "me") and not may_write(stage, "c/me/x", "me")
    assert not may_read(stage, "c/me/x", "you")
    assert may_write(stage, "u/u1/in", username="u1") and not may_write(stage, "u/u1/in", username="u2")
    assert may_read(stage, "w/me", "me", username="u2") and not may_read(stage, "c/x/y", "+")


@scenario("acl")
def topics_of_the_broker_want_a_line(stage):
    stage.client("c", V5, username="all").subscribes("$SYS/broker/version").is_silent().leaves()


@scenario("acl")
def wills_are_dropped_where_their_client_may_not_write(stage):
    reader = stage.client("reader", V311, username="all").subscribes("#")
    stage.client("w", V311, will=Will("other", b"x")).closes()
    stage.client("w", V311, will=Will("a/write", b"x")).closes()
    reader.gets("a/write", "x").is_silent().leaves()


@scenario("acl")
def what_may_not_be_read_is_not_sent_when_it_is_retained(stage):
    giver = stage.client("giver", V311, username="all").publishes("a/both", "x", qos=1, retain=True)
    giver.publishes("other", "x", qos=1, retain=True)
    stage.client("c", V311).subscribes("#").gets("a/both", "x", retain=True).is_silent().leaves()
    giver.publishes("a/both", qos=1, retain=True).publishes("other", qos=1, retain=True).leaves()


@scenario("acl-nothing")
def an_empty_file_allows_nothing(stage):
    for options in ({}, {"username": "u"}):
        peer = stage.client("c", V5, **options).subscribes("#", "c")
        peer.publishes("c", "x", qos=1, code=0x87).is_silent().leaves()


def replaced(stage, text):
    """The file is another one now; the broker has read it when its first line counts: `deny mark`."""
    marker = stage.client("marker", V5).subscribes("mark")
    (stage.broker.directory / "acl").write_text("topic deny mark\n" + text)
    stage.broker.process.signal(signal.SIGHUP)

    def read():
        return marker.sends(publish(V5, "mark", qos=1, mid=1)).takes() == puback(V5, 1, 0x87) or marker.takes() and False
    until(read, "the new acl_file to count")
    marker.leaves()


@scenario("acl-later")
def a_changed_file_counts_for_what_waits(stage):
    keep = {"clean": False}
    waiting = stage.client("waiting", V311, **keep).subscribes(("x/1", 1), ("x/2", 1))
    waiting.leaves()
    stage.client("giver", V311).publishes("x/1", "a", qos=1).publishes("x/2", "b", qos=1).leaves()
    there = stage.client("there", V5).subscribes("x/#")
    replaced(stage, "topic write #\ntopic read x/2\n")
    stage.client("giver", V311).publishes("x/1", "c", qos=1).publishes("x/2", "d", qos=1).leaves()
    there.gets("x/2", "d").is_silent().leaves()
    waiting = stage.client("waiting", V311, present=True, **keep).gets("x/2", "b", qos=1, mid=2)
    waiting.gets("x/2", "d", qos=1, mid=3).is_silent().leaves()


def retained_by_one_who_may_no_more(stage):
    stage.client("source", V5, username="source").publishes("r", "x", qos=1, code=0x10, retain=True).leaves()
    stage.client("giver", V5).publishes("r2", "x", qos=1, code=0x10, retain=True).leaves()
    replaced(stage, "topic #\nuser source\ntopic read #\n")
    return stage.client("c", V5).subscribes("r", "r2")


@scenario("acl-source")
def retained_messages_go_with_the_right_to_write_them(stage):
    retained_by_one_who_may_no_more(stage).gets("r2", "x", retain=True).is_silent().leaves()


@scenario("acl-no-source")
def or_not(stage):
    retained_by_one_who_may_no_more(stage).gets("r", "x", retain=True).gets("r2", "x", retain=True).is_silent()

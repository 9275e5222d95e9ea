"""What a configuration says of listeners and of those who come to them."""

from owb.mqtt import Will
from owb.packets import MAXIMUM_PACKET_SIZE, V5, V31, V311, connack, connect_packet, prop

from .connect import made_up
from .scenario import OPEN, scenario, setting

MOUNTED = "listener {ports[1]} 127.0.0.1\nmount_point mount/\n"
PLAIN = "listener {ports[%d]} 127.0.0.1\n"

setting("mounted", OPEN + MOUNTED, ports=2)
setting("versions", OPEN + "".join(PLAIN % n + f"accept_protocol_versions {what}\n" for n, what in enumerate(
    ("3", "4", "5", "3, 4", "3 ,4, 5", "  , 4 , 5"), 1)), ports=7)
setting("few-clients", OPEN + "global_max_clients 2\n")
setting("few-in-all", OPEN + PLAIN % 1 + "global_max_connections 2\n", ports=2)
setting("each-its-own", "per_listener_settings true\n"
        "listener {ports[0]} 127.0.0.1\nallow_anonymous true\nauto_id_prefix one-\n"
        "listener {ports[1]} 127.0.0.1\nallow_anonymous true\nallow_zero_length_clientid false\n"
        "listener {ports[2]} 127.0.0.1\npassword_file {directory}/passwd\n", ports=3, users={"u": "right"})
setting("passwords", PLAIN % 0 + "password_file {directory}/passwd\n", users={"u": "right", "long name": "p" * 60})
setting("passwords-or-not", OPEN + "password_file {directory}/passwd\n", users={"u": "right"})
setting("nobody", PLAIN % 0 + "allow_anonymous false\n")
setting("windows", (OPEN + "max_inflight_messages 20\n").replace("\n", "\r\n"))
setting("names-are-ids", OPEN + "use_username_as_clientid true\n")
setting("aliases", OPEN + "max_topic_alias 3\n" + PLAIN % 1 + "max_topic_alias 0\n", ports=2)
setting("words", "".join(line + "\n" for line in (
    "persistence false", "autosave_interval 5", "autosave_on_changes false", "persistence_file x.db",
    "persistent_client_expiration 1d", "retain_available true", "set_tcp_nodelay true", "log_type error",
    "log_type warning", "log_timestamp true", "log_timestamp_format %Y-%m-%dT%H:%M:%S", "connection_messages true",
    "max_queued_messages 1000", "max_queued_bytes 0", "max_inflight_bytes 0", "message_size_limit 0",
    "queue_qos0_messages false", "upgrade_outgoing_qos false", "sys_interval 10", "max_keepalive 65535",
    "memory_limit 0", "websockets_log_level 0", "pid_file {directory}/pid", "listener {ports[0]}",
    "socket_domain ipv4", "max_connections -1", "max_qos 2", "use_username_as_clientid false",
    "allow_anonymous true", "bind_interface lo")).replace("websockets_log_level 0\n", ""))


@scenario("mounted", debian="2.0.11 leaves the mount point in what it sends")
def a_mount_point_stands_before_every_topic(stage):
    for version in stage.each_version():
        inner = stage.client("in", version, 1).subscribes("t")
        outer = stage.client("out", version).subscribes("mount/t", "t")
        giver = stage.client("giver", version).publishes("mount/t", "x", qos=1)
        inner.gets("t", "x")
        giver.publishes("t", "plain")
        outer.gets("mount/t", "x").gets("t", "plain")
        inner.is_silent().leaves()
        stage.client("in2", version, 1).publishes("t", "y", qos=2).leaves()
        outer.gets("mount/t", "y").leaves()


@scenario("mounted", debian="2.0.11 leaves the mount point in retained messages")
def wills_and_retained_messages_are_mounted_too(stage):
    outer = stage.client("out", V311).subscribes("#")
    stage.client("w", V311, 1, will=Will("will", b"x", retain=True)).closes()
    outer.gets("mount/will", "x")
    stage.client("in", V5, 1).subscribes("will").gets("will", "x", retain=True).leaves()
    stage.wipe("mount/will")


@scenario("versions", debian="newer than 2.0.11")
def versions_are_let_in_as_configured(stage):
    for listener, accepted in enumerate(((3, 4, 5), (3,), (4,), (5,), (3, 4), (3, 4, 5), (4, 5))):
        for version in (V31, V311, V5):
            if version in accepted:
                stage.client("c", version, listener).is_silent().leaves()
            else:
                stage.refused(connect_packet(version, "c"), connack(version, 0x84 if version == V5 else 1),
                              listener=listener)


@scenario("few-clients", debian="newer than 2.0.11")
def no_more_sessions_than_configured(stage):
    keep = {"clean": False}
    stage.client("a", V311, **keep).leaves()
    one = stage.client("b", V5)
    stage.refused(connect_packet(V5, "c"), connack(V5, 0x89))
    stage.refused(connect_packet(V311, "c"), connack(V311, 3))
    stage.client("a", V311, present=True, **keep).leaves()
    stage.client("a", V311).leaves()
    two = stage.client("c", V5)
    one.leaves()
    two.leaves()


@scenario("few-in-all", debian="newer than 2.0.11")
def no_more_connections_than_configured_on_all_listeners(stage):
    first, second = stage.client("a", V311), stage.client("b", V311, 1)
    for listener in (0, 1):
        stage.peer(listener=listener).sends(connect_packet(V311, "c")).ends_with()
    first.closes()
    stage.client("c", V311, 1).leaves()
    second.leaves()


@scenario("each-its-own")
def listeners_may_differ(stage):
    made_up(stage, "one-")
    stage.refused(connect_packet(V5, ""), connack(V5, 0x80), listener=1)
    stage.client("c", V311, 1).leaves()
    stage.refused(connect_packet(V311, "c"), connack(V311, 5), listener=2)
    stage.client("c", V311, 2, username="u", password="right").leaves()
    stage.client("c", V311, 0, username="u", password="wrong").leaves()


@scenario("passwords")
def names_and_passwords_have_to_fit(stage):
    for version, code in ((V31, 5), (V311, 5), (V5, 0x87)):
        for name, password in ((None, None), ("u", None), ("u", "wrong"), ("x", "right"), ("u", ""), ("U", "right")):
            stage.refused(connect_packet(version, "c", name, password), connack(version, code))
        stage.client("c", version, username="u", password="right").is_silent().leaves()
        stage.client("c", version, username="long name", password="p" * 60).leaves()
    stage.refused(connect_packet(V5, "c", None, "right"), connack(V5, 0x87))


@scenario("passwords-or-not")
def who_gives_a_name_has_to_prove_it(stage):
    for version, code in ((V311, 5), (V5, 0x87)):
        stage.client("c", version).leaves()
        stage.client("c", version, username="u", password="right").leaves()
        stage.refused(connect_packet(version, "c", "u", "wrong"), connack(version, code))
        stage.refused(connect_packet(version, "c", "x", "right"), connack(version, code))


@scenario("nobody")
def without_passwords_nobody_may_be_let_in(stage):
    for version, code in ((V31, 5), (V311, 5), (V5, 0x87)):
        stage.refused(connect_packet(version, "c"), connack(version, code))
        stage.refused(connect_packet(version, "c", "u", "p"), connack(version, code))


@scenario("windows")
def lines_may_end_as_on_windows(stage):
    stage.client("c", V5).leaves()


@scenario("names-are-ids")
def names_may_stand_for_ids(stage):
    first = stage.client("a", V311, username="same", password="x")
    stage.client("b", V311, username="same", password="x").leaves()
    first.ends_with()
    stage.refused(connect_packet(V311, "c"), connack(V311, 5))
    stage.refused(connect_packet(V5, "c"), connack(V5, 0x87))


@scenario("aliases", debian="2.0.11 always says 10")
def so_many_aliases_are_taken(stage):
    for listener, own in ((0, prop(0x22, 3)), (1, b"")):
        peer = stage.peer(V5, listener).sends(connect_packet(V5, "c"))
        peer.hears(connack(V5, props=own + prop(MAXIMUM_PACKET_SIZE, 2_000_000) + prop(0x21, 20), limits=False))
        peer.leaves()


@scenario("words")
def all_of_these_are_known(stage):
    stage.client("c", V5).leaves()
    assert (stage.broker.directory / "pid").read_text().strip() == str(stage.broker.process.pid)

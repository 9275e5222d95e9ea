"""Browser tabs that have fallen asleep: connected and subscribed over secure WebSocket, and they never read again."""

import pathlib
import socket

from . import mqtt, stream
from .wait import seconds

#: A small receive window: what a sleeping tab costs is to be seen in the broker, not in the kernel's buffers.
RECEIVE_BUFFER = 4096


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no Rss in smaps_rollup")


def bytes_in_kernel(port):
    """The longest send queue of a connection whose local port is `port`."""
    longest = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, _, queues = line.split()[:5]
        if int(local.partition(":")[2], 16) == port:
            longest = max(longest, int(queues.partition(":")[0], 16))
    return longest


def open_tab(port, context, client_id, user, password, filters, qos=0, level=mqtt.V311):
    """A client that was let in and has subscribed; it sleeps as long as nobody calls its receive(). `context` is shared."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    plain.settimeout(seconds(60))
    plain.connect(("127.0.0.1", port))
    wrapped = context.wrap_socket(plain, server_hostname="localhost")
    wrapped.settimeout(None)
    client = mqtt.Client(stream.WebSocket(stream.SocketStream(wrapped)), level)
    code = client.connect(client_id, user, password, keep_alive=0).code
    if code != 0:
        raise AssertionError(f"{client_id} of {user} was refused with {code}")
    granted = client.subscribe(filters, qos)
    if any(code > 2 for code in granted):
        raise AssertionError(f"{client_id} of {user} was not granted {filters}: {granted}")
    return client

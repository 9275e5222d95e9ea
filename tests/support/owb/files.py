"""Free ports and waiting for listeners."""

import contextlib
import errno
import random
import socket

#: Below the kernel's ephemeral ports, so that no outgoing connection takes one between the probe and the listener.
_PORTS = range(10240, 32000)
_random = random.SystemRandom()
#: Names of this process in Linux's abstract namespace, one for each port it was given; gone with the process.
_taken = []


def free_port():
    """A TCP port that nobody listens on right now, and that no other test is given while this process lives."""
    while True:
        port = _random.choice(_PORTS)
        if is_free(port) and _take(port):
            return port


def _take(port):
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0owb-test-port-{port}")
    except OSError:
        name.close()
        return False
    _taken.append(name)
    return True


def is_free(port):
    """Whether `port` can be bound on every address, IPv4 and IPv6."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        try:
            with socket.socket(family) as probe:
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EAFNOSUPPORT:
                continue  # no IPv6 here
            return False
    return True


def free_or_else(wanted):
    """`wanted` if it is free, else some free port."""
    return wanted if is_free(wanted) else free_port()


def listens(port):
    """Whether something accepts connections on 127.0.0.1:`port`."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False

#!/usr/bin/python3
"""What floods.py lets loose, a process of its own: many sockets on one loop, until the time is over. Prints one JSON line.

    attackers.py KIND HOST PORT SECONDS [--at-once 50] [--rate 0] [--addresses loopback|one|many|net64] [--names 0] …
"""

import argparse
import collections
import errno
import ipaddress
import itertools
import json
import pathlib
import resource
import select
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from owb.mqtt import V311, binary, connect_packet, packet  # noqa: E402
from owb.netns import STRANGERS, STRANGERS6  # noqa: E402

IPV6_FREEBIND = 78
#: A ClientHello's first bytes: the handshake never goes on.
HALF_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def sources(kind):
    """Addresses to come from, for ever; None: whatever the kernel takes."""
    if kind in ("loopback", "one"):
        return itertools.repeat(None)
    if kind == "many":
        return itertools.cycle([str(address) for address in itertools.islice(ipaddress.ip_network(STRANGERS).hosts(), 5000)])
    net = ipaddress.ip_network(STRANGERS6)
    return itertools.cycle([str(net[number]) for number in range(1, 5000)])


class Attacker:
    """One socket after the other. Subclasses say what is sent, and when it is over."""

    #: After so many seconds the socket is given up.
    patience = 30.0

    def __init__(self, crowd):
        self.crowd = crowd
        self.open()

    def open(self):
        self.begun = time.monotonic()
        self.input = b""
        self.sent = False
        source = next(self.crowd.sources)
        family = socket.AF_INET6 if ":" in self.crowd.options.host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if source:
            if family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            self.socket.bind((source, 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        code = self.socket.connect_ex((self.crowd.options.host, self.crowd.options.port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "connect")
        self.crowd.counts["tried"] += 1
        self.crowd.watch(self, select.POLLOUT)

    def on_ready(self, events):
        if not self.sent:
            self.sent = True
            self.crowd.watch(self, select.POLLIN)
            self.begin()
            return
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.crowd.counts["closed" if self.input else "cut off"] += 1
            self.again()
            return
        self.input += data
        self.answered()

    def send(self, data):
        try:
            self.socket.send(data)
        except OSError:
            pass  # the reading side finds out

    def again(self):
        self.crowd.forget(self)
        self.crowd.idle.append(self)

    def begin(self):
        pass

    def answered(self):
        pass

    def tick(self, now):
        if now - self.begun > self.patience:
            self.crowd.counts["given up"] += 1
            self.again()


class Guesser(Attacker):
    """CONNECT with a password that is wrong, never twice the same; `names` of them, 0: every time another."""

    def begin(self):
        number = self.crowd.counts["guesses"]
        self.crowd.counts["guesses"] += 1
        names = self.crowd.options.names
        name = f"victim{number % names}" if names else f"stranger{number}"
        self.send(connect_packet(V311, "guess", name, f"wrong{number}"))

    def answered(self):
        if len(self.input) >= 4:
            code = self.input[3]
            self.crowd.counts[f"CONNACK {code}"] += 1
            self.again()


class Sleeper(Attacker):
    """Says nothing."""


class Dripper(Attacker):
    """A CONNECT, one byte a second."""

    def begin(self):
        self.left = connect_packet(V311, "drip", "home0", "x" * 60)
        self.next = time.monotonic()

    def tick(self, now):
        if self.sent and now >= self.next and self.left:
            self.next = now + 1
            self.send(self.left[:1])
            self.left = self.left[1:]
        super().tick(now)


class Staller(Attacker):
    """The beginning of a TLS handshake."""

    def begin(self):
        self.send(HALF_HELLO)


class Loud(Attacker):
    """Publishes at QoS 1, `rate` a second, whether or not the broker takes it."""

    patience = 1e9

    def begin(self):
        options = self.crowd.options
        self.send(connect_packet(V311, "loud", options.user, options.password))
        self.crowd.watch(self, select.POLLIN | select.POLLOUT)
        self.out = b""
        self.number = 0

    def on_ready(self, events):
        if self.sent and events & select.POLLOUT:
            due = int((time.monotonic() - self.begun) * self.crowd.options.rate)
            while self.number < due and len(self.out) < 65536:
                self.number += 1
                self.out += packet(0x32, binary(f"{self.crowd.options.user}/openWB/{self.number % 100}/W")
                                   + struct.pack("!H", self.number % 60000 + 1) + b"12345678901234567890")
            try:
                self.out = self.out[self.socket.send(self.out):]
            except BlockingIOError:
                pass
            self.crowd.counts["sent"] = self.number
            if not events & ~select.POLLOUT:
                return
        super().on_ready(events)

    def answered(self):
        self.crowd.counts["acknowledged"] += self.input.count(b"\x40\x02")
        self.input = b""


class Scanner(Attacker):
    """Asks for everything its tenant has retained and takes it back, a hundred times in one go, for as long as it lasts."""

    patience = 1e9

    def begin(self):
        options = self.crowd.options
        self.send(connect_packet(V311, f"scan{id(self)}", options.user, options.password))
        self.asked = 0
        self.pairs = b"".join(packet(0x82, b"\0\1" + binary("#") + b"\0") + packet(0xA2, b"\0\1" + binary("#"))
                              for _ in range(10))

    def answered(self):
        self.crowd.counts["bytes"] += len(self.input)
        # UNSUBACK: what the last unsubscription was answered with. Payloads have no such bytes.
        done = self.input.count(b"\xb0\x02\x00\x01")
        self.crowd.counts["scans"] += done
        self.asked -= done
        self.input = self.input[-3:]
        if self.asked <= 0:
            self.asked = 10
            self.send(self.pairs)


KINDS = {"guess": Guesser, "sleep": Sleeper, "drip": Dripper, "stall": Staller, "loud": Loud, "scan": Scanner}


class Crowd:
    def __init__(self, options):
        self.options = options
        self.counts = collections.Counter()
        self.sources = sources(options.addresses)
        self.poller = select.epoll()
        self.all = {}
        self.idle = []

    def watch(self, attacker, events):
        number = attacker.socket.fileno()
        if number in self.all:
            self.poller.modify(number, events)
        else:
            self.all[number] = attacker
            self.poller.register(number, events)

    def forget(self, attacker):
        del self.all[attacker.socket.fileno()]
        attacker.socket.close()

    def run(self):
        begin = time.monotonic()
        end = begin + self.options.seconds
        kind = KINDS[self.options.kind]
        made = 0
        swept = begin
        while (now := time.monotonic()) < end:
            allowed = (now - begin) * self.options.rate + 1 if self.options.rate else float("inf")
            while len(self.all) < self.options.at_once and made < allowed and self.counts["tried"] < self.options.most:
                made += 1
                if self.idle:
                    self.idle.pop().open()
                else:
                    kind(self)
            if not self.all and self.counts["tried"] >= self.options.most:
                break
            for number, events in self.poller.poll(0.02, 256):
                if number in self.all:
                    self.all[number].on_ready(events)
            if now - swept > 0.25:
                swept = now
                for attacker in list(self.all.values()):
                    attacker.tick(now)
        return {**self.counts, "open at the end": len(self.all), "seconds": round(time.monotonic() - begin, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--rate", type=float, default=0, help="new connections a second, messages of `loud`; 0: as fast as they end")
    parser.add_argument("--most", type=int, default=10**9, help="connections in all")
    parser.add_argument("--addresses", default="one", choices=("loopback", "one", "many", "net64"))
    parser.add_argument("--names", type=int, default=0)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(json.dumps(Crowd(options).run()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

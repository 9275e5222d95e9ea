"""Clients that keep count: publishers and subscribers at QoS 1 and 2 that go on after the broker died, and say at the end what it owes them."""

import struct
import threading
import time

from . import stream
from .mqtt import (CONNACK, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK, UNSUBACK, V311, Client, binary,
                   connect_packet, packet)
from .stream import Closed
from .wait import TimedOut

WINDOW = 8


class Actor(threading.Thread):
    """One client with a persistent session, on a thread of its own; it connects again until it is told to end."""

    def __init__(self, name, port, user, password):
        super().__init__(name=name, daemon=True)
        self.port, self.user, self.password = port, user, password
        self.faults = []
        self.had_session = False
        self.ending = threading.Event()
        self.client = None
        self.connections = 0

    def run(self):
        while not self.ending.is_set():
            try:
                self._connect()
                self.talk()
            except (OSError, Closed, TimedOut):
                time.sleep(0.005)  # the broker is away: the next attempt is due
            except Exception as error:  # what else goes wrong is a finding
                self.faults.append(f"{self.name}: {error!r}")
                return
            finally:
                if self.client:
                    self.client.close()

    def _connect(self):
        self.client = Client(stream.tcp(self.port), V311)
        self.client.stream.send(connect_packet(V311, self.name, self.user, self.password, clean=False))
        kind, body = self.next()
        if kind != CONNACK or body[1] != 0:
            raise Closed(f"CONNACK {body!r}")
        if self.had_session and not body[0] & 1:
            self.faults.append(f"{self.name}: the session is gone")
        self.had_session = True
        self.connections += 1
        self.connected()

    def next(self, timeout=10.0):
        """The next packet: its type, and its body."""
        first, body = self.client._next_packet(time.monotonic() + timeout)
        self.first = first
        return first >> 4, body

    def send(self, first, body):
        self.client.stream.send(packet(first, body))

    def connected(self):
        pass


class Publisher(Actor):
    """Numbers on one topic. `acknowledged` is the last one the broker took over; all before it, too."""

    def __init__(self, name, port, user, password, topic, qos, retain=False, behind=lambda: 0):
        super().__init__(name, port, user, password)
        self.topic, self.qos, self.retain, self.behind = topic, qos, retain, behind
        self.number = 0
        self.waiting = {}  # packet id: (number, released)
        self.acknowledged = set()
        self.quiet = threading.Event()

    def connected(self):
        for packet_id, (number, released) in self.waiting.items():
            self._transmit(packet_id, number, released, again=True)

    def _transmit(self, packet_id, number, released, again=False):
        if released:
            self.send(0x62, struct.pack("!H", packet_id))
        else:
            body = binary(self.topic(number)) + struct.pack("!H", packet_id) + str(number).encode()
            self.send(0x30 | self.qos << 1 | int(self.retain) | (8 if again else 0), body)

    def talk(self):
        while not self.ending.is_set():
            while (len(self.waiting) < WINDOW and not self.quiet.is_set() and self.number - self.behind() < 300):
                self.number += 1
                packet_id = (self.number - 1) % 60000 + 1
                self.waiting[packet_id] = (self.number, False)
                self._transmit(packet_id, self.number, False)
            if not self.waiting:
                time.sleep(0.005)  # nothing to say until the subscriber has caught up or the end comes
                continue
            kind, body = self.next()
            packet_id = struct.unpack("!H", body[:2])[0]
            if kind == PUBREC and packet_id in self.waiting:
                number = self.waiting[packet_id][0]
                self.acknowledged.add(number)
                self.waiting[packet_id] = (number, True)
                self._transmit(packet_id, number, True)
            elif kind in (PUBACK, PUBCOMP):
                self.acknowledged.add(self.waiting.pop(packet_id)[0])


class Subscriber(Actor):
    """Takes numbers; at QoS 2 a packet id that was not released yet is the same message. Leaves now and then."""

    def __init__(self, name, port, user, password, topic, qos, random):
        super().__init__(name, port, user, password)
        self.topic, self.qos, self.random = topic, qos, random
        self.received = []
        self.highest = 0
        self.unreleased = set()
        self.subscribed = threading.Event()
        self.leaves = True

    def last(self):
        """The highest number so far; how many there were says nothing, for at QoS 1 some come twice."""
        return self.highest

    def connected(self):
        if not self.subscribed.is_set():
            self.send(0x82, struct.pack("!H", 1) + binary(self.topic) + bytes([self.qos]))

    def talk(self):
        while not self.ending.is_set():
            if not self.client._whole_packet()[0] and self.leaves and self.random.random() < 0.01:
                self.client.close()
                time.sleep(0.03)  # a while in which its messages are queued
                return
            try:
                kind, body = self.next(0.2)
            except TimeoutError:
                continue
            if kind == SUBACK:
                self.subscribed.set()
            elif kind == PUBLISH:
                self._take(body)
            elif kind == PUBREL:
                self.unreleased.discard(body[:2])
                self.send(PUBCOMP << 4, body[:2])

    def _take(self, body):
        size = struct.unpack("!H", body[:2])[0]
        packet_id, number = body[2 + size:4 + size], int(body[4 + size:])
        self.highest = max(self.highest, number)
        if (self.first >> 1 & 3) == 1:
            self.received.append(number)
            self.send(PUBACK << 4, packet_id)
            return
        if packet_id not in self.unreleased:
            self.unreleased.add(packet_id)
            self.received.append(number)
        self.send(PUBREC << 4, packet_id)


class Churner(Actor):
    """Subscribes and unsubscribes; knows of which filters the broker has said what."""

    FILTERS = 12

    def __init__(self, name, port, user, password, prefix, random):
        super().__init__(name, port, user, password)
        self.prefix, self.random = prefix, random
        self.known = dict.fromkeys(range(self.FILTERS), False)  # None: asked for and not answered

    def filter(self, index):
        return f"{self.prefix}/{index}"

    def talk(self):
        packet_id = 0
        while not self.ending.is_set():
            index, wanted = self.random.randrange(self.FILTERS), self.random.random() < 0.5
            packet_id = packet_id % 60000 + 1
            self.known[index] = None
            name = binary(self.filter(index))
            self.send(0x82 if wanted else 0xA2, struct.pack("!H", packet_id) + name + (b"\x01" if wanted else b""))
            kind = None
            while kind not in (SUBACK, UNSUBACK):
                kind, _ = self.next()
            self.known[index] = wanted
            time.sleep(0.002)  # one of many, not the load itself

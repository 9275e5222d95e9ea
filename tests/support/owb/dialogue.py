"""Raw packets with a broker, and exactly the bytes that must come back."""

import time

from . import packets, stream
from .mqtt import V5, V311
from .stream import Closed
from .wait import seconds

_PATIENCE = 5.0


def shown(data):
    return data.hex(" ") if data is not None else "the end of the connection"


class Peer:
    """One connection. Every method but `sends` fails unless the broker answers exactly as it says."""

    def __init__(self, connection, version=V311):
        self.stream = connection
        self.version = version
        self._buffer = b""

    # Plain bytes.

    def sends(self, *data):
        self.stream.send(b"".join(data))
        return self

    def hears(self, *expected):
        """These packets and no other, in this order."""
        for number, one in enumerate(expected, 1):
            came = self._next()
            if came != one:
                raise AssertionError(f"packet {number} is not what was expected\n  came:     {shown(came)}\n"
                                     f"  expected: {shown(one)}")
        return self

    def hears_in_any_order(self, *expected):
        came = [self._next() for _ in expected]
        if sorted(came, key=repr) != sorted(expected, key=repr):
            raise AssertionError("\n  came:     ".join(["other packets", *map(shown, came)])
                                 + "\n  expected: ".join(["", *map(shown, expected)]))
        return self

    def ends_with(self, *expected):
        """These packets, then the end of the connection."""
        return self.hears(*expected, None)

    def is_silent(self):
        """Nothing but the answer to a PINGREQ."""
        return self.sends(packets.PINGREQ).hears(packets.PINGRESP)

    def takes(self):
        """The next packet, whatever it is; None at the end of the connection."""
        return self._next()

    def closes(self):
        """The network connection goes without a DISCONNECT."""
        self.stream.close()

    # Whole exchanges.

    def connects(self, client_id, username=None, password=None, *, present=False, answer=b"", **options):
        """CONNECT, and the CONNACK that lets it in."""
        self.sends(packets.connect_packet(self.version, client_id, username, password, **options))
        return self.hears(packets.connack(self.version, present=present, props=answer))

    def subscribes(self, *filters, mid=1, props=b""):
        """One SUBSCRIBE, granted as asked; `filters` are texts (QoS 0) or (filter, options) pairs."""
        pairs = [(one, 0) if isinstance(one, (str, bytes)) else one for one in filters]
        self.sends(packets.subscribe(self.version, mid, *pairs, props=props))
        return self.hears(packets.suback(self.version, mid, *(options & 3 for _, options in pairs)))

    def publishes(self, topic, payload=b"", *, qos=0, mid=1, code=None, **options):
        """A PUBLISH and its whole handshake; `code`: the reason of the first acknowledgement of 5.0."""
        version = self.version
        self.sends(packets.publish(version, topic, payload, qos=qos, mid=mid, **options))
        if qos == 1:
            self.hears(packets.puback(version, mid, code))
        elif qos == 2:
            self.hears(packets.pubrec(version, mid, code)).sends(packets.pubrel(version, mid))
            self.hears(packets.pubcomp(version, mid))
        return self

    def gets(self, topic, payload=b"", *, qos=0, mid=1, **options):
        """A PUBLISH of the broker, and answers it with the whole handshake."""
        version = self.version
        self.hears(packets.publish(version, topic, payload, qos=qos, mid=mid, **options))
        if qos == 1:
            self.sends(packets.puback(version, mid))
        elif qos == 2:
            self.sends(packets.pubrec(version, mid)).hears(packets.pubrel(version, mid))
            self.sends(packets.pubcomp(version, mid))
        return self

    def leaves(self, code=None, props=b""):
        """DISCONNECT; the broker closes."""
        self.sends(packets.disconnect(self.version, code, props)).ends_with()

    def _next(self):
        deadline = time.monotonic() + seconds(_PATIENCE)
        while True:
            size = self._whole()
            if size:
                one, self._buffer = self._buffer[:size], self._buffer[size:]
                return one
            try:
                self._buffer += self.stream.receive(deadline - time.monotonic())
            except Closed:
                if self._buffer:
                    raise AssertionError(f"the connection ended within a packet: {shown(self._buffer)}") from None
                return None
            except TimeoutError:
                raise AssertionError(f"nothing came within {seconds(_PATIENCE):g} s; unfinished: "
                                     f"{shown(self._buffer)}") from None

    def _whole(self):
        length = shift = 0
        for index, byte in enumerate(self._buffer[1:5], 1):
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                size = 1 + index + length
                return size if len(self._buffer) >= size else 0
        return 0


class Stage:
    """Where a scenario plays: a running broker."""

    def __init__(self, broker):
        self.broker = broker

    def peer(self, version=V311, listener=0):
        return Peer(stream.tcp(self.broker.ports[listener]), version)

    def web_peer(self, version=V311, listener=0, **options):
        return Peer(stream.WebSocket(stream.tcp(self.broker.ports[listener]), **options), version)

    def client(self, client_id, version=V311, listener=0, **options):
        """A peer that was let in."""
        return self.peer(version, listener).connects(client_id, **options)

    def refused(self, connect, *answer, listener=0):
        """A CONNECT that is answered with `answer` and the end of the connection."""
        self.peer(listener=listener).sends(connect).ends_with(*answer)

    def each_version(self):
        return packets.VERSIONS

    def passes(self, amount):
        """Lets time go by that the protocol counts, such as an expiry."""
        time.sleep(amount)

    def wipe(self, *topics):
        """Clears retained messages."""
        cleaner = self.client("wipe", V5)
        for topic in topics:
            cleaner.sends(packets.publish(V5, topic, retain=True))
        cleaner.is_silent().leaves()

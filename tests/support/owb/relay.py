"""A TCP link that a test can break: refused, reset, swallowing one direction, or cut after so many bytes."""

import contextlib
import selectors
import socket
import struct
import threading

from .files import free_port

UP, DOWN = "up", "down"  # towards the target, and back
_PIECE = 16384


class _Pair:
    def __init__(self, near, far):
        self.sides = {near: (far, UP), far: (near, DOWN)}

    def close(self, abruptly):
        for side in self.sides:
            with contextlib.suppress(OSError):
                if abruptly:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            side.close()


class Relay:
    """Listens on `port` and passes bytes on to `target`. One thread; the calls take effect at once."""

    def __init__(self, target):
        self.port = free_port()
        self._target = target
        self._lock = threading.RLock()
        self._selector = selectors.DefaultSelector()
        self._pairs = set()
        self._listener = None
        self._swallowed = set()
        self._budget = {UP: None, DOWN: None}  # bytes until the cut
        self._swallow_at = {UP: None, DOWN: None}
        self.passed = {UP: 0, DOWN: 0}
        self.cuts = 0
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._ending = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.open()

    # What a test does.

    def open(self):
        """Connections are taken again, and everything passes."""
        with self._lock:
            self._swallowed.clear()
            self._budget = {UP: None, DOWN: None}
            self._swallow_at = {UP: None, DOWN: None}
            if self._listener is None:
                self._listener = socket.create_server(("127.0.0.1", self.port))
                self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._wake.send(b"x")

    def shut(self):
        """What is open is reset, and new connections are refused."""
        with self._lock:
            if self._listener is not None:
                self._selector.unregister(self._listener)
                self._listener.close()
                self._listener = None
            self.cut()

    def cut(self):
        """What is open is reset; who connects again gets through."""
        with self._lock:
            for pair in list(self._pairs):
                self._end(pair)

    def swallow(self, *directions):
        """Bytes of these directions are read and thrown away: nobody notices."""
        with self._lock:
            self._swallowed.update(directions)

    def swallow_after(self, direction, count):
        """As swallow(), once `count` more bytes have passed; ends with the connection."""
        with self._lock:
            self._swallow_at[direction] = self.passed[direction] + count

    def cut_after(self, direction, count):
        """Resets once `count` more bytes have passed in `direction`."""
        with self._lock:
            self._budget[direction] = count

    def connections(self):
        with self._lock:
            return len(self._pairs)

    def close(self):
        self._ending = True
        self._wake.send(b"x")
        self._thread.join()
        self.shut()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    # The thread.

    def _run(self):
        while not self._ending:
            events = self._selector.select()
            with self._lock:
                for key, _ in events:
                    self._handle(key.fileobj, key.data)

    def _handle(self, ready, pair):
        if ready is self._woken:
            ready.recv(64)
        elif ready is self._listener:
            self._accept()
        elif pair in self._pairs:
            self._pass(ready, pair)

    def _accept(self):
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            near.close()
            return
        pair = _Pair(near, far)
        self._pairs.add(pair)
        for side in pair.sides:
            side.settimeout(5)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(side, selectors.EVENT_READ, pair)

    def _pass(self, side, pair):
        other, direction = pair.sides[side]
        left = self._budget[direction]
        try:
            data = side.recv(_PIECE if left is None else max(min(left, _PIECE), 1))
            if data and direction not in self._swallowed and not self._swallows(direction):
                other.sendall(data)
        except OSError:
            data = b""
        self.passed[direction] += len(data)
        if left is not None:
            self._budget[direction] = left - len(data)
        if not data:
            self._end(pair, abruptly=False)
        elif left is not None and left <= len(data):
            self._budget[direction] = None
            self.cuts += 1
            self._end(pair)

    def _swallows(self, direction):
        at = self._swallow_at[direction]
        return at is not None and self.passed[direction] >= at

    def _end(self, pair, abruptly=True):
        self._swallow_at = {UP: None, DOWN: None}
        for side in pair.sides:
            self._selector.unregister(side)
        pair.close(abruptly)
        self._pairs.discard(pair)

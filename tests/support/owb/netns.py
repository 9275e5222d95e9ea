"""Strangers with addresses of their own: a network namespace behind a veth pair, for what spares loopback."""

import contextlib
import os
import pathlib
import subprocess
import sys

#: Of TEST-NET-2 and of the documentation prefix: nobody's real addresses.
HOST, STRANGER, STRANGERS = "198.51.100.1", "198.51.100.2", "198.18.0.0/15"
HOST6, STRANGERS6 = "2001:db8:0:1::1", "2001:db8:0:2::/64"


class Forbidden(Exception):
    """The kernel does not let us make a namespace; says why."""


def _ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Forbidden(f"ip {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")


class Strangers:
    """A namespace from which the addresses HOST and HOST6 of this one are reached. Anything in it may bind any address of
    STRANGERS and (with IPV6_FREEBIND) of STRANGERS6."""

    def __init__(self):
        self.name = f"owb-{os.getpid()}"
        self._link, self._peer = f"owbh{os.getpid()}", f"owbs{os.getpid()}"

    @staticmethod
    def _remove_stale():
        """Namespaces of processes that were killed."""
        folder = pathlib.Path("/run/netns")
        for name in [path.name for path in folder.glob("owb-*")] if folder.is_dir() else []:
            if not pathlib.Path("/proc", name.removeprefix("owb-")).exists():
                _ip("netns", "del", name)

    def __enter__(self):
        try:
            self._remove_stale()
            _ip("netns", "add", self.name)
            _ip("link", "add", self._link, "type", "veth", "peer", "name", self._peer, "netns", self.name)
            _ip("addr", "add", f"{HOST}/30", "dev", self._link)
            _ip("-6", "addr", "add", f"{HOST6}/64", "dev", self._link, "nodad")
            _ip("link", "set", self._link, "up")
            inside = ("-n", self.name)
            _ip(*inside, "addr", "add", f"{STRANGER}/30", "dev", self._peer)
            _ip(*inside, "-6", "addr", "add", "2001:db8:0:1::2/64", "dev", self._peer, "nodad")
            _ip(*inside, "link", "set", self._peer, "up")
            _ip(*inside, "link", "set", "lo", "up")
            _ip(*inside, "route", "add", "local", STRANGERS, "dev", "lo")
            _ip(*inside, "-6", "route", "add", "local", STRANGERS6, "dev", "lo")
            _ip("route", "add", STRANGERS, "via", STRANGER)
            _ip("-6", "route", "add", STRANGERS6, "via", "2001:db8:0:1::2")
        except (Forbidden, FileNotFoundError) as error:
            self.__exit__()
            raise Forbidden(str(error)) from None
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Forbidden, FileNotFoundError):
            _ip("netns", "del", self.name)  # takes the pair and its routes along
        with contextlib.suppress(Forbidden, FileNotFoundError):
            _ip("link", "del", self._link)

    def command(self, *words):
        """The command line that runs `words` among the strangers."""
        return ["ip", "netns", "exec", self.name, *map(str, words)]

    def python(self, *words):
        return self.command(sys.executable, "-B", *words)

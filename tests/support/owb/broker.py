"""One broker on one mosquitto.conf: ours in classic mode, or Debian's mosquitto with the same file."""

import pathlib

from .cloud import BIN
from .files import free_port, listens
from .process import Process
from .tools import mosquitto_passwd
from .wait import until

PROGRAMS = {"owb-broker": [BIN / "owb-broker", "--tenancy", "off"], "mosquitto": ["/usr/sbin/mosquitto"]}


class Broker:
    """`text` is the configuration with {ports[n]}, {directory}, `options` may name ports, too; `files` are written
    beside it, `users` into passwd.

    Without a text: `-p`."""

    def __init__(self, program, directory, text=None, *, ports=1, files=None, users=None, options=()):
        self.program = program
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ports = [free_port() for _ in range(ports)]
        for name, content in (files or {}).items():
            (self.directory / name).write_text(content)
        if users:
            mosquitto_passwd(self.directory / "passwd", users, "sha512-pbkdf2")
        if text is None:
            self._arguments = ["-p", str(self.ports[0])]
        else:
            # mosquitto started as root becomes another user, who must not read these files.
            self.write("user root\n" + text)
            self._arguments = ["-c", str(self.configuration)]
        self._arguments += [one.format(ports=self.ports) for one in options]
        self.process = None

    @property
    def configuration(self):
        return self.directory / "broker.conf"

    def write(self, text):
        self.configuration.write_text(text.format(ports=self.ports, directory=self.directory))

    def spawn(self):
        """Starts it, and does not wait."""
        self.process = Process(self.program, [*PROGRAMS[self.program], "-v", *self._arguments],
                               self.directory / "broker.log")
        return self

    def start(self):
        self.spawn()

        def up():
            self.process.require_running()
            return all(listens(port) for port in self.ports)

        until(up, f"{self.program} to listen")
        return self

    def stop(self):
        return self.process.stop()

    def processes(self):
        return [self.process] if self.process else []

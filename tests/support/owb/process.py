"""One child process: started with a log file, ended by its own id, never left behind."""

import ctypes
import os
import pathlib
import signal
import subprocess

from .wait import seconds

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    """Runs in the child: if this process is killed, the child gets SIGTERM and nothing stays behind."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Ended(AssertionError):
    """A process ended although it was to run."""


class Process:
    """A program with its output in `log`. Its own session, so that Ctrl-C reaches it only through us."""

    def __init__(self, name, command, log, environment=None):
        self.name = name
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as output:
            self._child = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=_die_with_parent, env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self._child.pid

    @property
    def exit_code(self):
        """None while it runs."""
        return self._child.poll()

    def require_running(self):
        if self.exit_code is not None:
            raise Ended(f"{self.name} ended with {self.exit_code}; the end of {self.log}:\n{self.tail()}")

    def signal(self, number):
        self._child.send_signal(number)

    def stop(self, timeout=10.0):
        """SIGTERM, then the exit code; after `timeout` SIGKILL."""
        if self.exit_code is None:
            self._child.terminate()
        try:
            return self._child.wait(seconds(timeout))
        except subprocess.TimeoutExpired:
            self.kill()
            raise Ended(f"{self.name} was still there {seconds(timeout):g} s after SIGTERM; the end of {self.log}:\n"
                        f"{self.tail()}") from None

    def kill(self):
        if self.exit_code is None:
            self._child.kill()
        self._child.wait()

    def wait(self, timeout=10.0):
        return self._child.wait(seconds(timeout))

    def text(self):
        return self.log.read_text("utf-8", "replace")

    def tail(self, lines=25):
        return "\n".join(self.text().splitlines()[-lines:])

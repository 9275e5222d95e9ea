"""Debian's mosquitto_pub and mosquitto_sub, as a user would call them."""

import select
import subprocess

from .wait import seconds

VERSIONS = {3: "mqttv31", 4: "mqttv311", 5: "mqttv5"}


def account(port, user=None, password=None, authority=None, version=4):
    arguments = ["-h", "localhost", "-p", str(port), "-V", VERSIONS[version]]
    if user is not None:
        arguments += ["-u", user]
    if password is not None:
        arguments += ["-P", password]
    if authority is not None:
        arguments += ["--cafile", str(authority.certificate)]
    return arguments


def mosquitto_pub(to, topic, message, *, qos=1, retain=False):
    """`to` is what account() returns. Returns the exit code and what it said."""
    command = ["mosquitto_pub", *to, "-t", topic, "-m", message, "-q", str(qos)] + (["-r"] if retain else [])
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds(20), check=False)
    return done.returncode, done.stderr


class MosquittoSub:
    """A running mosquitto_sub; `lines` after end() are "topic payload"."""

    def __init__(self, to, *topics, qos=1, count=None, wait=None, options=()):
        command = ["mosquitto_sub", *to, "-v", "-q", str(qos), *options]
        for topic in topics:
            command += ["-t", topic]
        if count is not None:
            command += ["-C", str(count)]
        if wait is not None:
            command += ["-W", str(wait)]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def first_line(self, timeout=20.0):
        """Waits until it has heard something: it has subscribed. end() then returns the lines after it."""
        if not select.select([self._child.stdout], [], [], seconds(timeout))[0]:
            raise AssertionError("mosquitto_sub has heard nothing")
        return self._child.stdout.readline().rstrip("\n")

    def end(self, timeout=20.0):
        """Waits for its own end (count or wait); returns (exit code, lines, what it complained)."""
        try:
            out, err = self._child.communicate(timeout=seconds(timeout))
        except subprocess.TimeoutExpired:
            self._child.kill()
            out, err = self._child.communicate()
            raise AssertionError(f"mosquitto_sub did not end; it said: {out}{err}") from None
        return self._child.returncode, out.splitlines(), err

    def stop(self):
        self._child.terminate()
        return self.end()


def mosquitto_passwd(path, users, form):
    """Adds `users` ({name: password}) to a password file; `form` is sha512 ($6$) or sha512-pbkdf2 ($7$)."""
    for name, password in users.items():
        create = [] if path.exists() else ["-c"]
        subprocess.run(["mosquitto_passwd", "-H", form, *create, "-b", str(path), name, password], check=True,
                       capture_output=True)

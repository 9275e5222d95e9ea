"""The base class of the integration tests: a directory, certificates made once, logs shown when a test fails."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

from . import stream
from .certs import Authority
from .cloud import Cloud
from .home import Home, bridge_section
from .relay import Relay
from .wait import until
from .web import Browser

_SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|: runtime error: ")


class Case(unittest.TestCase):
    """Everything started through it is stopped after the test; the directory stays when the test failed."""

    @classmethod
    def setUpClass(cls):
        cls.class_directory = pathlib.Path(tempfile.mkdtemp(prefix="owb-test-"))
        cls.addClassCleanup(cls._remove_directory)
        cls.authority = Authority(cls.class_directory / "certs")
        cls.www = cls.class_directory / "www"
        cls.www.mkdir()
        (cls.www / "index.html").write_text("<!doctype html><title>shell</title>")

    @classmethod
    def _remove_directory(cls):
        if not os.environ.get("OWB_TEST_KEEP"):
            shutil.rmtree(cls.class_directory, ignore_errors=True)

    def setUp(self):
        # A short name: the paths of UNIX sockets below it end at 107 bytes.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="", dir=self.class_directory))
        self.addCleanup(stream.close_all)

    def run(self, result=None):
        def bad():
            return len(result.failures) + len(result.errors) if result else 0

        before = bad()
        done = super().run(result)
        if bad() > before and hasattr(self, "directory"):
            self._show_logs()
        return done

    def _show_logs(self):
        for log in sorted(self.directory.rglob("*.log")):
            print(f"--- {self.id()}: {log.relative_to(self.directory)}, its last lines:", file=sys.stderr)
            print("\n".join(log.read_text("utf-8", "replace").splitlines()[-40:]), file=sys.stderr)

    def make_cloud(self, *tenants, start=True, portal=False, name="cloud", **options):
        """A cloud of its own for this test, stopped after it; `tenants` are there before it starts."""
        cloud = Cloud(self.directory / name, self.authority, **{"www": self.www, **options})
        self.addCleanup(self._stop_cloud, cloud)
        cloud.tenants.do("init")
        for tenant in tenants:
            cloud.tenant[tenant] = cloud.tenants.add(tenant)
        if start:
            cloud.start(portal)
        return cloud

    def make_home(self, name, cloud, tenant, version, openwb=False, user=None, secret=None, port=None, **bridge):
        """A started home of `tenant` that bridges to `cloud`, through `port` if a relay stands between."""
        section = bridge_section(version, user or tenant.name, secret or tenant.secret, port or cloud.tls,
                                 self.authority.hashed, **{"restart_timeout": 1, **bridge})
        home = Home(self.directory, name, section)
        self.addCleanup(self._stop, home)
        home.start()
        if openwb:
            home.start_openwb(version)
        return home

    def make_relay(self, target):
        relay = Relay(target)
        self.addCleanup(relay.close)
        return relay

    @staticmethod
    def browser(cloud):
        return Browser(cloud.web)

    @staticmethod
    def until(condition, what, timeout=10.0, interval=0.05):
        return until(condition, what, timeout, interval)

    @staticmethod
    def json_of(message):
        return json.loads(message.text)

    @staticmethod
    def tcp(port):
        return stream.tcp(port)

    def tls_stream(self, port):
        return stream.tls(port, self.authority)

    @staticmethod
    def _stop(what):
        """After a test: what still runs is ended, whatever it says."""
        for process in what.processes():
            with contextlib.suppress(AssertionError):
                process.stop()

    def _stop_cloud(self, cloud):
        """Our own programs must end well in every test, and a sanitizer must have found nothing."""
        stream.close_all()  # else it waits until they have read its last words
        bad = [f"{process.name} ended with {code}" for process in cloud.processes() if process.exit_code is None
               and (code := process.stop()) != 0]
        for log in cloud.directory.glob("*.log"):
            bad += [f"{log.name}: {line}" for line in log.read_text("utf-8", "replace").splitlines()
                    if _SANITIZER.search(line)]
        self.assertEqual(bad, [])

"""Starts the cloud with a home of each openWB version and lets node drive a real browser through it.

What is tested stands in the *.test.mjs beside this file. They ask for what only the machine can do (end a home, restart the
broker) by printing a line "do: WHAT" and wait for "done" on their standard input.
"""

import os
import pathlib
import subprocess
import unittest

from owb.case import Case
from owb.cloud import WWW
from owb.wait import seconds

HERE = pathlib.Path(__file__).resolve().parent
NODE = os.environ.get("OWB_NODE", "node")
PASSWORDS = {"mueller": "sonne-im-november", "schmidt": "wind-im-november"}
LIMIT = 500


class BrowserTest(Case):
    def setUp(self):
        super().setUp()
        if not (WWW / "index.html").is_file():
            self.fail(f"{WWW} is not built: run npm ci --ignore-scripts && npm run build in www/")
        self.cloud = self.make_cloud(portal=True, www=WWW)
        self.homes = {}
        for name, version in (("mueller", "1.9"), ("schmidt", "2.x")):
            tenant = self.cloud.tenants.add(name)
            self.cloud.tenants.set_password(name, PASSWORDS[name])
            self.homes[name] = self.make_home(name, self.cloud, tenant, version, openwb=True)
        self.actions = {
            "stop home": self.stop_home,
            "start home": self.start_home,
            "restart broker": self.restart_broker,
            "stop portal": lambda: self.cloud.portal.stop(),
            "start portal": self.cloud.start_portal,
            "suspend": lambda: self.cloud.tenants.do("suspend", "schmidt", "--yes"),
            "resume": lambda: self.cloud.tenants.do("resume", "schmidt"),
        }

    def stop_home(self):
        self.homes["mueller"].stop()

    def start_home(self):
        self.homes["mueller"].start()
        self.homes["mueller"].start_openwb("1.9")

    def restart_broker(self):
        self.assertEqual(self.cloud.broker.stop(), 0)
        self.cloud.start_broker()

    def environment(self):
        return {
            **os.environ,
            "OWB_URL": self.cloud.web.origin,
            "OWB_CA": str(self.authority.certificate),
            "OWB_USER_A": "mueller", "OWB_PASS_A": PASSWORDS["mueller"],
            "OWB_USER_B": "schmidt", "OWB_PASS_B": PASSWORDS["schmidt"],
            "OWB_RUNNER": "1",
        }

    def drive(self, script):
        """Runs one script to its end and does what it asks for."""
        node = subprocess.Popen([NODE, "--test-reporter=spec", script], cwd=HERE, env=self.environment(), text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = []
        try:
            for line in node.stdout:
                said.append(line)
                print(line, end="", flush=True)
                if line.startswith("do: "):
                    self.actions[line.removeprefix("do: ").strip()]()
                    node.stdin.write("done\n")
                    node.stdin.flush()
            code = node.wait(seconds(LIMIT))
        finally:
            if node.poll() is None:
                node.kill()
            node.stdin.close()
            node.stdout.close()
            node.wait()
        self.assertEqual(code, 0, "".join(said[-60:]))

    def test_situations(self):
        self.drive("situations.test.mjs")

    def test_dashboard(self):
        self.drive("dashboard.test.mjs")

    def test_broken_links(self):
        self.drive("broken_links.test.mjs")


if __name__ == "__main__":
    unittest.main()

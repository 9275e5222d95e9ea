#!/usr/bin/python3
"""The certbot hook and the systemd units of conf/ do what they say.    conf_files_test.py CONF"""

import configparser
import grp
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

CONF = pathlib.Path(sys.argv.pop()) if len(sys.argv) > 1 else pathlib.Path(__file__).parents[3] / "conf"
HOOK = CONF / "certbot" / "owb-cloud-deploy"


class Hook(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.lineage = self.root / "live" / "cloud.example.org"
        self.lineage.mkdir(parents=True)
        self.target = self.root / "certs"
        self.renew("first")

    def renew(self, text):
        (self.lineage / "fullchain.pem").write_text(f"chain {text}")
        (self.lineage / "privkey.pem").write_text(f"key {text}")

    def run_hook(self, **environment):
        group = grp.getgrgid(os.getgid()).gr_name
        return subprocess.run([HOOK], text=True, capture_output=True, check=False, timeout=20, env={
            "PATH": os.environ["PATH"], "OWB_CERTS": str(self.target), "OWB_GROUP": group,
            "OWB_DEFAULTS": str(self.root / "defaults"), **environment})

    def test_hands_over_each_renewal(self):
        for text in ("first", "second"):
            self.renew(text)
            done = self.run_hook(RENEWED_LINEAGE=str(self.lineage))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual((self.target / "fullchain.pem").read_text(), f"chain {text}")
            self.assertEqual((self.target / "privkey.pem").read_text(), f"key {text}")
        self.assertEqual(sorted(os.listdir(self.target)), ["fullchain.pem", "privkey.pem"])
        self.assertEqual((self.target / "privkey.pem").stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.target.stat().st_mode & 0o777, 0o750)

    def test_leaves_other_domains_alone(self):
        (self.root / "defaults").write_text("OWB_DOMAIN=other.example.org\n")
        self.assertEqual(self.run_hook(RENEWED_LINEAGE=str(self.lineage)).returncode, 0)
        self.assertFalse(self.target.exists())

    def test_says_what_is_missing(self):
        done = self.run_hook()
        self.assertEqual(done.returncode, 1)
        self.assertIn("RENEWED_LINEAGE is not set", done.stderr)
        (self.lineage / "privkey.pem").unlink()
        self.assertNotEqual(self.run_hook(RENEWED_LINEAGE=str(self.lineage)).returncode, 0)


class Units(unittest.TestCase):
    def unit(self, name):
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.optionxform = str
        parser.read(CONF / "systemd" / name)
        return parser

    def test_both_run_as_one_user_that_sysusers_makes(self):
        users = (CONF / "systemd" / "owb-cloud.sysusers").read_text()
        for name in ("owb-broker.service", "owb-portal.service"):
            service = self.unit(name)["Service"]
            self.assertEqual(service["User"], "owb-cloud")
            self.assertIn(f"u {service['User']} ", users)
            self.assertEqual(service["Type"], "notify")
            self.assertEqual(service["RuntimeDirectoryMode"], "0700")

    def test_make_the_folders_of_the_sockets(self):
        configuration = (CONF / "owb-cloud.conf").read_text()
        for name, key in (("owb-broker.service", "login_socket"), ("owb-portal.service", "portal_socket")):
            folder = self.unit(name)["Service"]["RuntimeDirectory"]
            self.assertIn(f"{key} /run/{folder}/", configuration)

    def test_systemd_understands_them(self):
        verify = ["systemd-analyze", "verify"]
        try:
            done = subprocess.run([*verify, *sorted((CONF / "systemd").glob("*.service"))], text=True, capture_output=True,
                                  check=False, timeout=30)
        except FileNotFoundError:
            self.skipTest("systemd-analyze is not installed")
        # The programs themselves need not be installed here.
        complaints = [line for line in done.stderr.splitlines()
                      if line.strip() and "is not executable" not in line and "owb-" in line]
        self.assertEqual(complaints, [])


if __name__ == "__main__":
    unittest.main()

"""owb-tenants as operators and scripts use it: the real program on a registry of its own."""

import json
import os
import pathlib
import pty
import re
import select
import stat
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAM = os.environ["OWB_TENANTS"]
DONE, FAILED, USAGE, NOT_CONFIRMED = range(4)
DEADLINE = 200  # seconds; fifty thousand tenants under ThreadSanitizer on a busy machine take more than one minute


class Cli(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="owb-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.registry = self.folder / "registry.db"

    def run_it(self, *arguments, stdin=""):
        return subprocess.run([PROGRAM, "--registry", self.registry, *map(str, arguments)], input=stdin,
                              text=True, capture_output=True, timeout=DEADLINE, check=False)

    def do(self, *arguments, stdin=""):
        """Must succeed; returns its JSON."""
        done = self.run_it(*arguments, "--json", stdin=stdin)
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def refused(self, code, *arguments, stdin=""):
        """Must fail with this code; returns the one line that says why."""
        done = self.run_it(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("owb-tenants: "), done.stderr)
        return done.stderr

    def on_a_terminal(self, arguments, answers):
        """Runs it on a terminal and types each answer when its question stands there. Exit code, all that was shown."""
        master, slave = pty.openpty()
        process = subprocess.Popen([PROGRAM, "--registry", self.registry, *arguments], stdin=slave, stdout=slave,
                                   stderr=slave, close_fds=True)
        os.close(slave)
        shown, seen = b"", 0
        deadline = time.monotonic() + DEADLINE
        try:
            while True:
                ready, _, _ = select.select([master], [], [], max(0.0, deadline - time.monotonic()))
                self.assertTrue(ready, f"nothing more came after {shown!r}")
                try:
                    data = os.read(master, 4096)
                except OSError:  # the other end is closed
                    break
                if not data:
                    break
                shown += data
                if answers and answers[0][0].encode() in shown[seen:]:
                    question, answer = answers.pop(0)
                    seen = shown.index(question.encode(), seen) + len(question)
                    os.write(master, answer.encode() + b"\n")
            return process.wait(DEADLINE), shown.decode()
        finally:
            os.close(master)
            if process.poll() is None:
                process.kill()
                process.wait()


class Basics(Cli):
    def test_every_command_has_a_help_text_of_some_length(self):
        commands = "init add list show suspend resume delete password secret webparm limits".split()
        overview = self.run_it("--help").stdout
        for command in commands:
            self.assertRegex(overview, rf"(?m)^  {command} ")
            done = self.run_it(command, "--help")
            self.assertEqual(done.returncode, DONE)
            self.assertGreater(len(done.stdout), 200, command)
        self.assertRegex(self.run_it("--version").stdout, r"^owb-tenants \d+\.\d+\.\d+\n$")

    def test_init_makes_the_registry_once(self):
        self.assertTrue(self.do("init")["created"])
        self.do("add", "alice")
        self.assertFalse(self.do("init")["created"])
        self.assertEqual(len(self.do("list")), 1)
        self.assertEqual(stat.S_IMODE(self.registry.stat().st_mode) & 0o137, 0)

    def test_without_a_registry_it_says_what_to_do(self):
        self.assertIn("owb-tenants init", self.refused(FAILED, "list"))
        self.assertFalse(self.registry.exists())

    def test_a_file_of_another_kind_is_left_alone(self):
        self.registry.write_text("not a database, but long enough to be looked at " * 50)
        self.assertIn(str(self.registry), self.refused(FAILED, "list"))
        self.assertIn("not a database", self.registry.read_text())

    def test_wrong_command_lines_are_usage_errors(self):
        self.do("init")
        for arguments in ([], ["bogus"], ["add"], ["show"], ["list", "--bogus"], ["add", "a", "--webparm-id", "x"],
                          ["add", "a", "--port", "0"], ["add", "a", "--for", "3.x"], ["password", "a", "--link", "--stdin"],
                          ["add", "a", "--from", "f"]):
            with self.subTest(arguments):
                self.refused(USAGE, *arguments)

    def test_an_unknown_command_is_named(self):
        self.assertIn("remove: there is no such command", self.refused(USAGE, "remove", "alice"))

    def test_a_registry_that_this_user_may_not_write_is_told_as_such(self):
        self.do("init")
        # root may write everywhere, so somebody else is asked
        self.folder.chmod(0o755)
        os.chmod(self.registry, 0o644)
        nobody = ["setpriv", "--reuid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
        if not nobody:
            self.folder.chmod(0o500)
            os.chmod(self.registry, 0o444)
            self.addCleanup(self.folder.chmod, 0o700)
        done = subprocess.run([*nobody, PROGRAM, "--registry", self.registry, "add", "alice"], text=True,
                              capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, FAILED, done.stdout + done.stderr)
        self.assertIn("run this as its owner", done.stderr)

    def test_errors_are_json_when_answers_are(self):
        self.do("init")
        for arguments, field in ((["show", "nobody", "--json"], "nobody"), (["--json", "add", "al.ice"], "NAME")):
            done = self.run_it(*arguments)
            self.assertEqual(json.loads(done.stderr)["error"]["field"], field)
        self.assertIn("message", json.loads(self.run_it("add", "--json").stderr)["error"])

    def test_the_configuration_names_registry_and_host(self):
        conf = self.folder / "owb.conf"
        conf.write_text(f"# a comment\nregistry {self.registry}\norigin https://cloud.example.org:8443\n")
        run = lambda *words: subprocess.run([PROGRAM, "-c", conf, *words, "--json"], text=True, capture_output=True,
                                            timeout=DEADLINE, check=True)
        self.assertEqual(json.loads(run("init").stdout)["registry"], str(self.registry))
        told = json.loads(run("add", "alice").stdout)
        self.assertIn({"label": "Entfernter Server", "value": "cloud.example.org", "hint": ""}, told["form"]["2.x"])
        link = json.loads(run("password", "alice", "--link").stdout)["link"]
        self.assertRegex(link, r"^https://cloud\.example\.org:8443/login/once\?t=[A-Za-z0-9]{32}$")

    def test_a_configuration_that_cannot_be_read_is_an_error(self):
        done = subprocess.run([PROGRAM, "-c", self.folder / "none.conf", "list"], text=True, capture_output=True,
                              timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("none.conf", done.stderr)


class Tenants(Cli):
    def setUp(self):
        super().setUp()
        self.do("init")

    def test_add_tells_everything_once(self):
        told = self.do("add", "alice", "--host", "cloud.example.org")
        self.assertRegex(told["secret"], r"^[A-Za-z0-9]{26}$")
        self.assertRegex(told["password"], r"^[A-Za-z0-9]{16}$")
        self.assertGreater(told["webparm_id"], 0)
        fields = {field["label"]: field["value"] for field in told["form"]["1.9"]}
        self.assertEqual(fields["Passwort"], told["secret"])
        self.assertEqual(fields["Entfernter Präfix"], "alice/")
        self.assertEqual(fields["Addresse und Portnummer des entfernten MQTT-Servers"], "cloud.example.org:8883")
        for command in (("show", "alice"), ("list",)):
            shown = self.run_it(*command).stdout + self.run_it(*command, "--json").stdout
            self.assertNotIn(told["secret"], shown)
            self.assertNotIn(told["password"], shown)
        stored = b"".join(file.read_bytes() for file in self.folder.iterdir())
        self.assertNotIn(told["secret"].encode(), stored)
        self.assertNotIn(told["password"].encode(), stored)

    def test_add_tells_people_the_same_in_words(self):
        text = self.run_it("add", "alice", "--host", "cloud.example.org").stdout
        for line in ("home secret", "password", "MQTT-Brücke", "Brücke signalisieren", "Fernkonfiguration ermöglichen",
                     "mit Schrägstrich am Ende"):
            self.assertIn(line, text)

    def test_F20_names_that_break_a_rule_are_refused_with_the_rule(self):
        for name, rule in (("al.ice", "not in a prefix"), ("al+ice", "not in a prefix"), ("a/b", "first topic level"),
                           ("#", "wildcard"), ("$SYS", "broker"), ("a b", "blank"), ("m\u00fcller", "ASCII"),
                           ("x" * 33, "32"), ("%u", "not allowed"), ("", "NAME"), ("a\x1bb", "control")):
            with self.subTest(name):
                self.assertIn(rule, self.refused(USAGE, "add", name))
        self.assertEqual(self.do("list"), [])

    def test_a_name_exists_once(self):
        self.do("add", "alice")
        self.assertIn("exists", self.refused(FAILED, "add", "alice"))

    def test_the_bridge_file_is_private_and_loads_in_a_real_mosquitto(self):
        for version in ("1.9", "2.x"):
            with self.subTest(version):
                conf = self.folder / f"bridge-{version}.conf"
                told = self.do("add", f"home{version[0]}", "--conf", conf, "--for", version, "--host", "localhost",
                               "--port", 1)
                self.assertEqual(told["conf"], str(conf))
                self.assertEqual(stat.S_IMODE(conf.stat().st_mode), 0o600)
                self.assertIn(f"remote_password {told['secret']}", conf.read_text())
                self.starts_a_mosquitto(conf)

    def starts_a_mosquitto(self, bridge):
        conf = self.folder / "mosquitto.conf"
        conf.write_text(("user root\n" if os.geteuid() == 0 else "") + f"listener 0 {self.folder}/home.sock\n"
                        "log_dest stderr\npersistence false\n" + bridge.read_text())
        home = subprocess.Popen(["/usr/sbin/mosquitto", "-c", conf], stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.STDOUT)
        watchdog = threading.Timer(DEADLINE, home.kill)
        watchdog.start()
        try:
            lines = []
            for line in home.stdout:
                lines.append(line)
                if "running" in line:
                    return
            self.fail("mosquitto did not start:\n" + "".join(lines))
        finally:
            watchdog.cancel()
            home.kill()  # a SIGTERM before its loop would be forgotten
            home.communicate(timeout=DEADLINE)

    def test_the_bridge_file_needs_a_host_and_overwrites_nothing(self):
        conf = self.folder / "bridge.conf"
        self.assertIn("--host", self.refused(USAGE, "add", "alice", "--conf", conf))
        self.assertIn("DNS name", self.refused(USAGE, "add", "alice", "--conf", conf, "--host", "a\nb"))
        self.assertIn("certificate", self.refused(USAGE, "add", "alice", "--conf", conf, "--host", "192.0.2.1"))
        conf.write_text("mine")
        self.assertIn("exists", self.refused(FAILED, "add", "alice", "--conf", conf, "--host", "cloud.example"))
        self.assertEqual(conf.read_text(), "mine")
        self.assertEqual(self.do("list"), [], "a refused add must leave nothing behind")

    def test_many_are_added_from_a_file_all_or_none(self):
        names = self.folder / "names"
        names.write_text("# homes\nalice\nbob\n")
        told = self.do("add", "--from", names)
        self.assertEqual([tenant["name"] for tenant in told], ["alice", "bob"])
        for tenant in told:
            self.assertEqual(len(tenant["secret"]), 26)
            self.assertEqual(len(tenant["password"]), 16)
        names.write_text("carol\nbob\n")
        self.assertIn("line 2: 'bob': a tenant of this name exists", self.refused(FAILED, "add", "--from", names))
        names.write_text("carol\nda.ve\n")
        self.assertIn("line 2: 'da.ve'", self.refused(FAILED, "add", "--from", names))
        self.assertEqual(len(self.do("list")), 2)

    def test_a_mosquitto_password_file_is_taken_over(self):
        passwords = self.folder / "passwords"
        passwords.touch()
        subprocess.run(["mosquitto_passwd", "-b", passwords, "alice", "her own password"], check=True)
        told = self.do("add", "--from", passwords)
        self.assertNotIn("password", told[0])
        self.assertTrue(told[0]["has_password"])

    def test_fifty_thousand_are_added_at_once(self):
        names = self.folder / "names"
        names.write_text("".join(f"t{number}\n" for number in range(50_000)))
        self.assertEqual(len(self.do("add", "--from", names)), 50_000)

    def test_suspend_and_resume_may_be_repeated(self):
        self.do("add", "alice")
        for command, state in (("suspend", "suspended"), ("suspend", "suspended"), ("resume", "active"),
                               ("resume", "active")):
            self.assertEqual(self.do(command, "alice", "--yes")["state"], state)
            self.assertEqual(self.do("show", "alice")["state"], state)

    def test_what_destroys_asks_first(self):
        self.do("add", "alice")
        for arguments in (["delete", "alice"], ["suspend", "alice"], ["secret", "alice"]):
            with self.subTest(arguments):
                self.assertIn("--yes", self.refused(NOT_CONFIRMED, *arguments))
                code, shown = self.on_a_terminal(arguments, [("to go on: ", "no")])
                self.assertEqual(code, NOT_CONFIRMED)
                self.assertIn("nothing was changed", shown)
        self.assertEqual(self.do("show", "alice")["state"], "active")
        code, shown = self.on_a_terminal(["delete", "alice"], [("to go on: ", "alice")])
        self.assertEqual(code, DONE, shown)
        self.assertEqual(self.do("list"), [])

    def test_deleted_names_are_remembered_until_forgotten(self):
        self.do("add", "alice")
        self.do("delete", "alice", "--yes")
        self.assertEqual(self.do("list", "--deleted"), ["alice"])
        self.refused(FAILED, "delete", "alice", "--yes")
        self.do("delete", "alice", "--forget", "--yes")
        self.assertEqual(self.do("list", "--deleted"), [])
        self.refused(FAILED, "delete", "alice", "--forget", "--yes")

    def test_a_deleted_name_can_be_added_again_and_is_somebody_else(self):
        before = self.do("add", "alice")
        self.do("delete", "alice", "--yes")
        after = self.do("add", "alice")
        self.assertNotEqual(before["uid"], after["uid"])
        self.assertEqual(self.do("list", "--deleted"), [])

    def test_commands_on_unknown_tenants_name_them(self):
        for arguments in (["show"], ["suspend", "--yes"], ["resume"], ["delete", "--yes"], ["password", "--generate"],
                          ["password", "--link"], ["secret", "--yes"], ["webparm", "--id", "1"], ["webparm"],
                          ["limits", "connections=1"]):
            with self.subTest(arguments):
                command, *options = arguments
                self.assertIn("nobody: there is no tenant", self.refused(FAILED, command, "nobody", *options))


class Settings(Cli):
    def setUp(self):
        super().setUp()
        self.do("init")
        self.told = self.do("add", "alice")

    def test_a_password_comes_from_standard_input(self):
        self.do("password", "alice", "--stdin", stdin="a quite new password\n")
        self.assertIn("10 to 1024", self.refused(USAGE, "password", "alice", "--stdin", stdin="short\n"))
        self.assertIn("10 to 1024", self.refused(USAGE, "password", "alice", "--stdin", stdin="x" * 1025))
        self.assertIn("10 to 1024", self.refused(USAGE, "password", "alice", "--stdin"))
        self.assertIn("--stdin", self.refused(USAGE, "password", "alice"))

    def test_a_password_is_asked_for_twice_and_never_shown(self):
        asked = [("New password: ", "correct horse"), ("Once more: ", "correct horse")]
        code, shown = self.on_a_terminal(["password", "alice"], asked)
        self.assertEqual(code, DONE, shown)
        self.assertNotIn("correct horse", shown)
        differing = [("New password: ", "correct horse"), ("Once more: ", "correct house")]
        code, shown = self.on_a_terminal(["password", "alice"], differing)
        self.assertEqual(code, USAGE)
        self.assertIn("nothing was changed", shown)

    def test_a_password_is_drawn(self):
        drawn = self.do("password", "alice", "--generate")["password"]
        self.assertRegex(drawn, r"^[A-Za-z0-9]{16}$")
        self.assertNotEqual(drawn, self.told["password"])

    def test_a_login_link_is_made(self):
        self.assertRegex(self.do("password", "alice", "--link")["link"], r"^/login/once\?t=[A-Za-z0-9]{32}$")
        told = self.do("add", "bob", "--link")
        self.assertNotIn("password", told)
        self.assertIn("/login/once?t=", told["link"])

    def test_the_home_secret_is_renewed(self):
        renewed = self.do("secret", "alice", "--yes")
        self.assertRegex(renewed["secret"], r"^[A-Za-z0-9]{26}$")
        self.assertNotEqual(renewed["secret"], self.told["secret"])

    def test_webparm_keeps_what_is_not_given(self):
        first = self.do("webparm", "alice")
        self.assertEqual(first["webparm_id"], self.told["webparm_id"])
        self.assertEqual(self.do("webparm", "alice", "--thema", "dark"), {**first, "thema": "dark"})
        self.assertEqual(self.do("webparm", "alice", "--id", "0")["webparm_id"], 0)
        self.assertEqual(self.do("show", "alice")["thema"], "dark")
        for arguments, rule in ((["--thema", "../etc"], "thema"), (["--id", "-1"], "webparm id"),
                                (["--id", "1000000000"], "webparm id")):
            self.assertIn(rule, self.refused(FAILED, "webparm", "alice", *arguments))

    def test_limits_are_changed_by_name(self):
        defaults = self.do("limits")["limits"]
        self.assertEqual(defaults["connections"], 10)
        changed = self.do("limits", "alice", "connections=20", "retained_bytes=16MB")
        self.assertEqual(changed["limits"], {**defaults, "connections": 20, "retained_bytes": 16 << 20})
        self.assertEqual(changed["own"], "connections=20 retained_bytes=16MB")
        self.assertEqual(self.do("limits", "alice", "--default", "connections")["own"], "retained_bytes=16MB")
        self.assertEqual(self.do("limits", "alice", "--default", "all")["limits"], defaults)

    def test_limits_that_are_wrong_are_refused_by_name_and_rule(self):
        for text, rule in (("conections=20", "there are: connections"), ("connections=many", "must be a number"),
                           ("retained_bytes=8XB", "such as 1000, 64KB"), ("session_expiry_home=1y", "such as 0, 90s"),
                           ("connections", "LIMIT=VALUE"), ("connect_timeout=3s", "no limit of a tenant")):
            with self.subTest(text):
                line = self.refused(USAGE, "limits", "alice", text)
                self.assertIn(rule, line)
                self.assertIn(re.split("=", text)[0], line)
        self.assertEqual(self.do("limits", "alice")["own"], "")

    def test_show_lists_the_last_changes_without_secrets(self):
        self.do("suspend", "alice", "--yes")
        shown = self.do("show", "alice")
        self.assertEqual([row["action"] for row in shown["audit"]], ["tenant.suspend", "tenant.add"])
        self.assertTrue(shown["audit"][0]["actor"].startswith("cli:"))


if __name__ == "__main__":
    unittest.main()

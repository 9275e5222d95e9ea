"""The predecessor's two files start unchanged and give tenancy at once; its password file keeps its users."""

import pathlib
import unittest

from owb.case import Case
from owb.cloud import BIN
from owb.files import free_port, listens
from owb.mqtt import V5, V311, Client
from owb.process import Process
from owb.tools import mosquitto_passwd

MAIN = """# Place your local configuration in /etc/mosquitto/conf.d/
pid_file {directory}/mosquitto.pid

persistence true
persistence_location {directory}/state/

log_dest syslog
log_dest file {directory}/mosquitto.log
log_type error
log_type warning
log_type notice

include_dir {directory}/conf.d
"""

DEFAULT = """allow_anonymous false
password_file {directory}/passwd

listener {plain} 127.0.0.1

listener {tls}
certfile {certs}/server.crt
cafile {certs}/ca.crt
keyfile {certs}/server.key

listener {web}
protocol websockets
certfile {certs}/server.crt
cafile {certs}/ca.crt
keyfile {certs}/server.key
"""


class Predecessor(Case):
    def setUp(self):
        super().setUp()
        directory = self.directory
        (directory / "conf.d").mkdir()
        (directory / "state").mkdir()
        self.plain, self.tls, self.web = free_port(), free_port(), free_port()
        values = {"directory": directory, "plain": self.plain, "tls": self.tls, "web": self.web,
                  "certs": self.authority.directory}
        (directory / "mosquitto.conf").write_text(MAIN.format(**values))
        (directory / "conf.d" / "default.conf").write_text(DEFAULT.format(**values))
        mosquitto_passwd(directory / "passwd", {"alice": "wonderland", "bob": "builder"}, "sha512")
        mosquitto_passwd(directory / "passwd", {"carol": "christmas"}, "sha512-pbkdf2")

    def start(self):
        # The two files name no registry; a real installation finds the default one, a test must not write there.
        registry = pathlib.Path(self.directory) / "conf.d" / "zz-registry.conf"
        registry.write_text(f"registry {self.directory}/registry.db\n")
        broker = Process("owb-broker", [BIN / "owb-broker", "-c", self.directory / "mosquitto.conf"],
                         self.directory / "broker.log")
        self.addCleanup(broker.stop)

        def up():
            broker.require_running()
            return all(listens(port) for port in (self.plain, self.tls, self.web))

        self.until(up, "the broker to listen where the predecessor did")
        return broker

    def client(self, user, password, level=V311):
        client = Client(self.tls_stream(self.tls), level)
        self.addCleanup(client.close)
        return client, client.connect(f"c-{user}", user, password).code

    def test_its_files_start_and_its_users_are_tenants(self):
        broker = self.start()
        self.assertEqual(int((self.directory / "mosquitto.pid").read_text()), broker.pid)
        clients = {}
        for user, password in (("alice", "wonderland"), ("bob", "builder"), ("carol", "christmas")):
            with self.subTest(user):
                clients[user], code = self.client(user, password)
                self.assertEqual(code, 0)
                self.assertEqual(clients[user].subscribe(["#", f"{user}/#"], 1), [1, 1])
        self.assertEqual(clients["alice"].subscribe("bob/#"), [0x80])
        clients["bob"].publish("bob/openWB/evu/W", "1", qos=1, retain=True)
        clients["bob"].publish("alice/openWB/set/ChargeMode", "3", qos=1)
        self.assertEqual([m.topic for m in clients["alice"].receive_all()], [])
        self.assertEqual(broker.stop(), 0)
        self.assertFalse((self.directory / "mosquitto.pid").exists())

    def test_wrong_passwords_and_anonymous_stay_out(self):
        self.start()
        for user, password in (("alice", "builder"), ("carol", "wonderland"), ("dave", "x"), (None, None)):
            self.assertIn(self.client(user, password)[1], (4, 5))

    def test_webparm_set_by_hand_lets_a_user_log_in_at_the_portal(self):
        """Users known only from the file: `id` and `thema` are ordinary retained topics, as the predecessor's operator set them."""
        cloud = self.make_cloud(portal=True, extra=f"password_file {self.directory}/passwd")
        browser = self.browser(cloud)
        refused = browser.post("/login", {"user": "alice", "password": "wonderland"},
                               headers=[("Accept-Language", "de")])
        self.assertNotEqual(refused.status, 303)
        self.assertIn("Konto noch nicht freigeschaltet", refused.text)
        operator = cloud.connected("operator", "alice", "wonderland", V5)
        for topic, value in (("alice/webpara/id", "2561"), ("alice/webpara/thema", "dark")):
            self.assertLess(operator.publish(topic, value, qos=1, retain=True), 0x80)
        self.assertEqual(browser.login("alice", "wonderland").status, 303)
        page = browser.mqtt()
        self.assertEqual(page.connect("page").code, 0)
        self.assertEqual(page.subscribe(["alice/#", "bob/#"]), [0, 0x87])

    def test_an_unknown_directive_is_named_with_file_and_line(self):
        bad = self.directory / "conf.d" / "zzz.conf"
        bad.write_text("# a comment\nlisteners 1883\n")
        broker = Process("owb-broker", [BIN / "owb-broker", "-c", self.directory / "mosquitto.conf"],
                         self.directory / "broker.log")
        self.assertNotEqual(broker.wait(), 0)
        self.assertRegex(broker.text(), r"zzz\.conf:2.*listeners")


if __name__ == "__main__":
    unittest.main()

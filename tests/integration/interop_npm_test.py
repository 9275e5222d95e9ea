"""Clients from the npm registry, as tests/support/interop pins them: MQTT.js, and Node-RED with its MQTT nodes."""

import json
import os
import pathlib
import subprocess
import unittest

from owb.case import Case
from owb.cloud import ROOT
from owb.mqtt import V5
from owb.process import Process
from owb.wait import SLOWNESS, seconds

HERE = pathlib.Path(__file__).resolve().parent
NODE = os.environ.get("OWB_NODE", "node")
PACKAGES = ROOT / "build" / "tools" / "interop"


class Npm(Case):
    def setUp(self):
        super().setUp()
        if not (PACKAGES / "node_modules" / "node-red").is_dir():
            self.fail(f"{PACKAGES} is empty: ./test quick fetches what package-lock.json in tests/support/interop says")
        self.cloud = self.make_cloud("alice", "bob", start=False)
        self.cloud.tenants.do("limits", "alice", "connections=100", "sessions=200")
        self.cloud.start(portal=False)
        self.alice = self.cloud.tenant["alice"]
        self.urls = {"tls": f"mqtts://localhost:{self.cloud.tls}", "wss": f"wss://localhost:{self.cloud.web.port}/mqtt"}

    def test_mqtt_js(self):
        """npm/mqttjs.mjs says what; every line of its output must begin with ok."""
        for tenant in self.cloud.tenant.values():
            owner = self.cloud.connected("first", tenant.name, tenant.password)
            self.assertEqual(owner.publish(f"{tenant.name}/openWB/evu/W", "1234", qos=1, retain=True), 0)
            owner.disconnect()
        environment = {**os.environ, "OWB_NPM": str(PACKAGES), "OWB_CA": str(self.authority.certificate),
                       "OWB_TLS": self.urls["tls"], "OWB_WSS": self.urls["wss"], "OWB_USER": "alice",
                       "OWB_PASS": self.alice.password, "OWB_TEST_SLOWNESS": str(SLOWNESS)}
        done = subprocess.run([NODE, HERE / "npm" / "mqttjs.mjs"], env=environment, capture_output=True, text=True,
                              timeout=seconds(60), check=False)
        lines = done.stdout.splitlines()
        self.assertEqual((done.returncode, [line for line in lines if not line.startswith("ok: ")]), (0, []),
                         done.stderr)
        self.assertEqual(len(lines), 20, "scenarios")

    def test_node_red(self):
        """A flow with `mqtt in` and `mqtt out`, logged in by name and password: what goes in comes out, changed."""
        flows, credentials = self.flows()
        home = self.directory / "node-red"
        home.mkdir()
        (home / "package.json").write_text('{"name":"flows","private":true}')
        (home / "flows.json").write_text(json.dumps(flows))
        (home / "flows_cred.json").write_text(json.dumps(credentials))
        node_red = Process("node-red", [NODE, PACKAGES / "node_modules" / "node-red" / "red.js", "--userDir", home,
                                        "--settings", HERE / "npm" / "nodered_settings.js", home / "flows.json"],
                           self.directory / "node-red.log")
        self.addCleanup(node_red.kill)
        owner = self.cloud.connected("owner", "alice", self.alice.password, V5)
        owner.subscribe("alice/nodered/+/state", 1)
        owner.subscribe("alice/nodered/+/out", 2)
        ways = [f"{way}{version}" for way in self.urls for version in (4, 5)]
        for way in ways:  # retained: the answer says that the flow has subscribed
            owner.publish(f"alice/nodered/{way}/in", "hello", qos=1, retain=True)
        for way in ways:
            with self.subTest(way):
                self.assertEqual(owner.receive(40, f"alice/nodered/{way}/state").text, "birth")
                self.assertEqual(owner.receive(20, f"alice/nodered/{way}/out").text, "HELLO")
                for qos in (0, 1, 2):
                    owner.publish(f"alice/nodered/{way}/in", f"{way} at {qos}", qos=qos)
                    answer = owner.receive(20, f"alice/nodered/{way}/out")
                    self.assertEqual((answer.text, answer.qos), (f"{way} at {qos}".upper(), 2))
        node_red.require_running()
        self.assertEqual(node_red.stop(), 0)
        self.assertEqual(sorted(owner.receive(20).text for _ in ways), ["closed"] * len(ways))

    def flows(self):
        """For each way and version: broker, `mqtt in`, a function, `mqtt out`; and the brokers' credentials."""
        nodes = [{"id": "tab", "type": "tab", "label": "owb"},
                 {"id": "tls", "type": "tls-config", "ca": str(self.authority.certificate), "cert": "", "key": "",
                  "certname": "", "caname": "", "keyname": "", "servername": "", "verifyservercert": True}]
        credentials = {}
        for way, url in self.urls.items():
            for version in (4, 5):
                name = f"{way}{version}"
                port = self.cloud.tls if way == "tls" else self.cloud.web.port
                topic = f"alice/nodered/{name}"
                nodes += [
                    {"id": f"broker-{name}", "type": "mqtt-broker", "name": name, "usetls": True, "tls": "tls",
                     "broker": "localhost" if way == "tls" else url, "port": str(port), "clientid": f"red-{name}",
                     "autoConnect": True, "protocolVersion": str(version), "keepalive": "60", "cleansession": True,
                     "birthTopic": f"{topic}/state", "birthQos": "1", "birthPayload": "birth",
                     "closeTopic": f"{topic}/state", "closeQos": "1", "closePayload": "closed",
                     "willTopic": f"{topic}/state", "willQos": "1", "willPayload": "gone"},
                    {"id": f"in-{name}", "type": "mqtt in", "z": "tab", "topic": f"{topic}/in", "qos": "2",
                     "datatype": "utf8", "broker": f"broker-{name}", "nl": False, "rap": True, "rh": 0, "inputs": 0,
                     "wires": [[f"change-{name}"]]},
                    {"id": f"change-{name}", "type": "function", "z": "tab", "outputs": 1,
                     "func": "return {payload: msg.payload.toUpperCase()};", "wires": [[f"out-{name}"]]},
                    {"id": f"out-{name}", "type": "mqtt out", "z": "tab", "topic": f"{topic}/out", "qos": "2",
                     "retain": "false", "broker": f"broker-{name}", "wires": []}]
                credentials[f"broker-{name}"] = {"user": "alice", "password": self.alice.password}
        return nodes, credentials


if __name__ == "__main__":
    unittest.main()

"""Eclipse Paho for C (Debian's), its blocking and its asynchronous client, over TCP and TLS.

Not over WebSocket: when a frame carries more than two MQTT packets, as ours may, this version (1.3.12) sees the third only
after the next bytes have come. The specification lets a frame carry any number of packets [MQTT-6.0.0-4].
"""

import subprocess
import unittest

from owb.case import Case
from owb.cloud import BIN
from owb.wait import seconds

COUNT = 30
VERSIONS = {"3.1": 3, "3.1.1": 4, "5.0": 5}


class PahoC(Case):
    def test_every_qos_and_a_kept_session(self):
        """paho_c/sync.c and async.c say what they do; they end with "ok"."""
        cloud = self.make_cloud("alice", start=False)
        cloud.tenants.do("limits", "alice", "connections=40", "sessions=40")
        cloud.start(portal=False)
        ways = {"tcp": f"tcp://localhost:{cloud.plain}", "tls": f"ssl://localhost:{cloud.tls}"}
        running = {}
        for kind in ("sync", "async"):
            program = BIN / f"paho-{kind}"
            self.assertTrue(program.is_file(), f"{program} is not built: install libpaho-mqtt-dev and configure again")
            for way, uri in ways.items():
                for name, version in VERSIONS.items():
                    running[kind, way, name] = subprocess.Popen(
                        [program, uri, str(version), "alice", cloud.tenant["alice"].password,
                         self.authority.certificate, f"{kind}-{way}-{version}", f"alice/{kind}/{way}{version}",
                         str(COUNT)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for what, process in running.items():
            with self.subTest(what):
                out, err = process.communicate(timeout=seconds(90))
                self.assertEqual((process.returncode, out, err), (0, "ok\n", ""))


if __name__ == "__main__":
    unittest.main()

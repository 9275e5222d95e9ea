"""`owb-broker --tenancy off` answers as mosquitto does: raw packets, exact answers, the same ones from Debian's mosquitto.

Scenarios stand in classic/, one module a family. Each plays on our broker and, unless it says why Debian's 2.0.11
differs, on that as well, with the same configuration file. One process serves all scenarios of a configuration.
Arguments are parts of names: `classic_test.py connect.texts`."""

import os
import sys
import traceback
import unittest

from owb import stream
from owb.broker import Broker
from owb.case import Case
from owb.dialogue import Stage

from classic import acl, connect, listeners, malformed, properties, publish, retain, session, subscribe  # noqa: F401
from classic.scenario import ALL, SETTINGS

_WANTED = [part for part in os.environ.get("OWB_CLASSIC", "").split(",") if part]


def wanted(one):
    return not _WANTED or any(part in one.name for part in _WANTED)


class Classic(Case):
    maxDiff = None

    def play_all(self, program):
        failures = []
        for name, setting in SETTINGS.items():
            scenarios = [one for one in ALL if one.setting == name and wanted(one)
                         and (program == "owb-broker" or not one.debian)]
            if scenarios:
                failures += self.play(program, name, setting, scenarios)
        self.assertEqual(failures, [], f"{len(failures)} scenario(s)")

    def play(self, program, name, setting, scenarios):
        broker = Broker(program, self.directory / name, setting.text, ports=setting.ports, files=setting.files,
                        users=setting.users)
        self.addCleanup(self._stop, broker)
        broker.start()
        failures = []
        for one in scenarios:
            try:
                one.play(Stage(broker))
            except Exception as error:  # every scenario is heard, then the test fails
                where = traceback.extract_tb(error.__traceback__)[1]
                failures.append(f"{program}: {one.name}:{where.lineno}: {error}")
            finally:
                stream.close_all()
        if broker.stop() != 0:
            failures.append(f"{program}: {name}: ended with {broker.process.exit_code}")
        return failures

    def test_our_broker(self):
        self.play_all("owb-broker")

    def test_debians_mosquitto(self):
        """The expectations hold for the reference too, or say why not."""
        self.play_all("mosquitto")


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith(("-", "Classic")):
        _WANTED += sys.argv[1:]
        del sys.argv[1:]
    unittest.main()

#!/usr/bin/python3
"""The checks of tags.py."""

import pathlib
import tempfile
import unittest

import tags


class TagsTest(unittest.TestCase):
    def test_the_lists_are_complete(self):
        """As many as appendix B of each standard has, chapter by chapter."""
        counts = {}
        for tag in tags.load():
            version, chapter = tag.split("-")[0], tag.split("-")[1].split(".")[0]
            counts[version, chapter] = counts.get((version, chapter), 0) + 1
        self.assertEqual({k: n for k, n in counts.items() if k[0] == "MQTT5"},
                         {("MQTT5", "1"): 5, ("MQTT5", "2"): 7, ("MQTT5", "3"): 175, ("MQTT5", "4"): 60,
                          ("MQTT5", "6"): 4})
        self.assertEqual(sum(n for k, n in counts.items() if k[0] == "MQTT"), 141)

    def test_a_line_may_name_several_and_a_range(self):
        self.assertEqual(tags.tags_of("x(); // [MQTT-3.1.0-1], [MQTT5-3.1.0-2] and [MQTT5 3.1.2]"),
                         ["MQTT-3.1.0-1", "MQTT5-3.1.0-2"])
        self.assertEqual(sorted(tags.tags_of("// [MQTT5-3.3.1-9] to [MQTT5-3.3.1-11]")),
                         ["MQTT5-3.3.1-10", "MQTT5-3.3.1-11", "MQTT5-3.3.1-9"])

    def test_what_is_missing_is_told(self):
        def complaint(who, reason="", code=(), tests=()):
            return tags.Statement("T", who, "text", reason, list(code), list(tests)).complaint()

        self.assertIn("no code and no test", complaint("server"))
        self.assertIn("no test", complaint("both", code=["a:1"]))
        self.assertIn("no code", complaint("both", tests=["a:1"]))
        self.assertIsNone(complaint("both", code=["a:1"], tests=["b:1"]))
        self.assertIsNone(complaint("client"))
        self.assertIsNone(complaint("server", "not here: x"))
        self.assertIn("no code and no test", complaint("server", "deviation: x"))
        self.assertIsNone(complaint("server", "no code: x", tests=["b:1"]))
        self.assertIn("no test", complaint("server", "no code: x"))
        self.assertIn("out of date", complaint("server", "no test: x", code=["a:1"], tests=["b:1"]))

    def test_mistyped_tags_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("broker", "tenants", "portal", "tests"):
                (root / name).mkdir()
            (root / "broker" / "a.cpp").write_text("// [MQTT-3.1.0-1], [MQTT5-3.1.2-11.2]\n", "utf-8")
            statements = tags.load()
            self.assertEqual(tags.collect(root, statements), ["broker/a.cpp:1: [MQTT5-3.1.2-11.2] is no statement"])
            self.assertEqual(statements["MQTT-3.1.0-1"].code, ["broker/a.cpp:1"])

    def test_lines_without_sense_are_refused(self):
        for line in ("MQTT-1.1.1-1 | server", "MQTT-1.1.1-1 | broker | text", "MQTT-1.1.1-1 | server | text | because"):
            with self.assertRaises(ValueError):
                tags.parse(line)


if __name__ == "__main__":
    unittest.main()

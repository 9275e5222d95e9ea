#!/usr/bin/python3
"""The checks of tags.py."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import tags


def tree(folder, code, tests):
    """A checkout of one source and one test with these lines."""
    root = pathlib.Path(folder)
    for name in ("broker", "tenants", "portal", "tests"):
        (root / name).mkdir(exist_ok=True)
    (root / "broker" / "a.cpp").write_text("\n".join(code) + "\n", "utf-8")
    (root / "tests" / "a_test.cpp").write_text("\n".join(tests) + "\n", "utf-8")
    return root


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

    def test_each_tag_that_is_taken_away_is_told(self):
        """One at a time, from a checkout where nothing is missing."""
        def outcome(code, tests):
            said = io.StringIO()
            with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(said):
                status = tags.main(tree(folder, code, tests))
            return status, said.getvalue()

        def lines(needed):
            return {tag: f"x();  // [{tag}]" for tag in needed}

        ours = [s for s in tags.load().values() if s.binds_server()]
        code = lines(s.tag for s in ours if not s.reason.startswith(("not here:", "no code:")))
        tests = lines(s.tag for s in ours if not s.reason.startswith(("not here:", "no test:")))
        self.assertEqual(outcome(code.values(), tests.values())[0], 0)
        for gone in ("MQTT-1.5.3-1", "MQTT5-3.8.3-3", "MQTT31-2.1-1", "MQTT5-4.12.1-2"):
            status, said = outcome([line for tag, line in code.items() if tag != gone], tests.values())
            self.assertEqual((status, f"[{gone}] no code: " in said, "\n1 to do\n" in said), (1, True, True), gone)
            status, said = outcome(code.values(), [line for tag, line in tests.items() if tag != gone])
            self.assertEqual((status, f"[{gone}] no test: " in said, "\n1 to do\n" in said), (1, True, True), gone)

    def test_a_tag_far_from_code_is_none(self):
        for lines, counts in ((["// [MQTT-3.1.0-1]", "x();"], True),
                              (["/// [MQTT-3.1.0-1]", "/// and more", "struct X {"], True),
                              (["x();  // [MQTT-3.1.0-1]"], True),
                              (["x();", "// [MQTT-3.1.0-1]", "}"], True),
                              (["// [MQTT-3.1.0-1]", "", "x();"], False),
                              (["// [MQTT-3.1.0-1]", "// more", "#include <a>", "x();"], False),
                              (["x();", "// [MQTT-3.1.0-1]"], False),
                              (["// [MQTT-3.1.0-1]", "namespace owb {", "x();"], False)):
            with tempfile.TemporaryDirectory() as folder:
                statements = tags.load()
                wrong = tags.collect(tree(folder, lines, ["// [MQTT-3.1.0-1]", "TEST(X, Y) {"]), statements)
            place = next(n for n, line in enumerate(lines, 1) if "[" in line)
            told = [f"broker/a.cpp:{place}: [MQTT-3.1.0-1] has no code right below"]
            self.assertEqual(wrong, [] if counts else told, lines)
            self.assertEqual(statements["MQTT-3.1.0-1"].code, [f"broker/a.cpp:{place}"] if counts else [], lines)
            self.assertEqual(statements["MQTT-3.1.0-1"].tests, ["tests/a_test.cpp:1"])

    def test_mistyped_tags_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            root = tree(folder, ["x();  // [MQTT-3.1.0-1], [MQTT5-3.1.2-11.2]"], [])
            statements = tags.load()
            self.assertEqual(tags.collect(root, statements), ["broker/a.cpp:1: [MQTT5-3.1.2-11.2] is no statement"])
            self.assertEqual(statements["MQTT-3.1.0-1"].code, ["broker/a.cpp:1"])

    def test_lines_without_sense_are_refused(self):
        for line in ("MQTT-1.1.1-1 | server", "MQTT-1.1.1-1 | broker | text", "MQTT-1.1.1-1 | server | text | because"):
            with self.assertRaises(ValueError):
                tags.parse(line)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""Where each normative statement of MQTT 3.1, 3.1.1 and 5.0 is met, and which test names it.

    tags.py [ROOT]     prints `tag | code | tests` and what is missing; exits with 1 if anything is

The statements stand in statements-*.txt beside this file. One that binds a server needs a place in the code
([MQTT-3.1.0-1] in a comment there) and a test that names it, or a reason. A tag that is no statement is an error, too,
and so is one in a comment with no code right below: it says nothing about any.
"""

import pathlib
import re
import sys
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
CODE = ("broker", "tenants")
#: Tags may stand here as well, but prove nothing: the portal is a client.
OTHERS = ("portal",)
TESTS = ("tests",)
ENDINGS = (".cpp", ".hpp", ".py", ".mjs", ".ts")
REASONS = ("not here:", "no code:", "no test:", "deviation:")

# Any bracket that begins like a tag, so that mistyped ones are seen; [MQTT5 3.1.2] with a space is a chapter.
_TAG = re.compile(r"\[(MQTT(?:5|31)?-[^\]\s]*)\]")
_RANGE = re.compile(r"\[(MQTT(?:5|31)?-[\d.]+-)(\d+)\] to \[\1(\d+)\]")


@dataclass
class Statement:
    tag: str
    who: str
    text: str
    reason: str = ""
    code: list = field(default_factory=list)
    tests: list = field(default_factory=list)

    def binds_server(self):
        return self.who != "client"

    def complaint(self):
        """What is missing or stale, or None."""
        if not self.binds_server():
            return None
        kind = self.reason.split(":")[0]
        if kind == "no code" and self.code or kind == "no test" and self.tests:
            return f"the reason is out of date: {self.reason}"
        missing = []
        if not self.code and kind not in ("not here", "no code"):
            missing.append("code")
        if not self.tests and kind not in ("not here", "no test"):
            missing.append("test")
        return f"no {' and no '.join(missing)}: {self.text}" if missing else None


def parse(line):
    """A line of a statements file as a Statement. ValueError if it is none."""
    fields = [part.strip() for part in line.split(" | ")]
    if len(fields) not in (3, 4) or fields[1] not in ("server", "client", "both"):
        raise ValueError(f"not a statement: {line.strip()}")
    if len(fields) == 4 and not fields[3].startswith(REASONS):
        raise ValueError(f"not a reason: {line.strip()}")
    return Statement(*fields)


def load(folder=HERE):
    """tag: Statement, in the order of the files."""
    found = {}
    for file in sorted(folder.glob("statements-*.txt")):
        for line in file.read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                statement = parse(line)
                if statement.tag in found:
                    raise ValueError(f"twice: {statement.tag}")
                found[statement.tag] = statement
    return found


def tags_of(line):
    """Every tag a line names; "[A-1] to [A-3]" names three."""
    tags = _TAG.findall(line)
    for prefix, first, last in _RANGE.findall(line):
        tags += [f"{prefix}{n}" for n in range(int(first) + 1, int(last))]
    return tags


def is_code(line):
    """Something that can meet a statement, or test it."""
    return line.strip() != "" and not line.lstrip().startswith(("//", "/*", "*", "#", "namespace "))


def stands_alone(lines, index):
    """True if the line is a comment, and below it and what follows of the comment there is no code."""
    if is_code(lines[index]):
        return False
    below = (line for line in lines[index:] if not line.lstrip().startswith(("//", "*", "# ")))
    return not is_code(next(below, ""))


def scan(root, folders):
    """(tag, "path:line", whether no code is near) for each place below the folders."""
    for folder in folders:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in ENDINGS or "node_modules" in file.parts or file.name.startswith("tags"):
                continue
            lines = file.read_text("utf-8").splitlines()
            for index, line in enumerate(lines):
                for tag in tags_of(line):
                    yield tag, f"{file.relative_to(root)}:{index + 1}", stands_alone(lines, index)


def collect(root, statements):
    """Fills in code and tests; returns the places of tags that are no statements, or beside no code."""
    wrong = []
    for folders, name in ((CODE, "code"), (TESTS, "tests"), (OTHERS, None)):
        for tag, place, alone in scan(root, folders):
            if tag not in statements:
                wrong.append(f"{place}: [{tag}] is no statement")
            elif alone:
                wrong.append(f"{place}: [{tag}] has no code right below")
            elif name and place not in getattr(statements[tag], name):
                getattr(statements[tag], name).append(place)
    return wrong


def row(statement):
    def places(found):
        return ", ".join(found) if found else "-"

    note = statement.reason or ("client only" if not statement.binds_server() else "")
    return f"{statement.tag} | {places(statement.code)} | {places(statement.tests)}" + (f" | {note}" if note else "")


def main(root):
    statements = load()
    wrong = collect(root, statements)
    print("tag | code | tests")
    for statement in statements.values():
        print(row(statement))
        if complaint := statement.complaint():
            wrong.append(f"[{statement.tag}] {complaint}")
    ours = [s for s in statements.values() if s.binds_server()]
    both = [s for s in ours if s.code and s.tests]
    print(f"\n{len(statements)} statements, {len(ours)} bind a server: {len(both)} have code and test, "
          f"{sum(1 for s in ours if s.reason and not (s.code and s.tests))} a reason.")
    for line in wrong:
        print(line)
    if wrong:
        print(f"{len(wrong)} to do")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE.parents[1]))

# SPDX-License-Identifier: ISC
"""What the checks share: where the sources are, and how they report.

A check prints one line per fault, "file:line: what is wrong", and ends with 1; with 77 it says why
there is nothing to look at yet.
"""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("srcdir", ".")).resolve()
PROGRAM_ROOMS = ("master", "smtpd", "qmgr", "smtp", "local", "auth", "imapd", "pop3d")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def sources(*suffixes, rooms=("lib",) + PROGRAM_ROOMS):
    """Paths relative to the root, sorted, of files with these suffixes in these rooms."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(ROOT)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def without_comments(text):
    """Comments become blanks, strings stay; offsets and lines keep their places."""
    def blank(match):
        found = match.group(0)
        return found if found[0] in "\"'" else re.sub(r"[^\n]", " ", found)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?\*/|//[^\n]*', blank, text, flags=re.S)


def without_strings(text):
    """Strings are emptied; lines keep their places."""
    return STRING.sub(lambda match: '"' + " " * len(match.group(1)) + '"', text)


def finish(faults, looked_at):
    for fault in faults:
        print(fault)
    print(f"# {looked_at}: {len(faults)} faults")
    sys.exit(1 if faults else 0)


def skip(why):
    print(f"# skipped: {why}")
    sys.exit(77)

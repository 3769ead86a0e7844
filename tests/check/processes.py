#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The table of processes in ARCHITECTURE.md says what the manifests say: user, root directory, calls."""

import re

import tree

USERS = {"ROOT": "root", "MAIL": "mail_owner", "NET": "net_owner", "AUTH": "auth_owner", "KEY": "key_owner"}
WORDS = {"transport": "delivery agents"}


def field(text, pattern, default=None):
    match = re.search(pattern, text, re.S)
    return match.group(1) if match else default


def manifests():
    """program: (user, root, callees), from the constant structures."""
    found = {}
    for path in tree.sources(".c"):
        if not path.name.endswith("_manifest.c"):
            continue
        text = tree.without_comments(tree.read(path))
        calls = tree.STRING.findall(field(text, r"calls\[\] = \{(.*?)\}", "")) if ".calls =" in text else []
        found[field(text, r'\.program = "([\w-]+)"')] = (
            USERS[field(text, r"\.user = RUN_AS_(\w+)", "ROOT")], field(text, r"\.root = ROOT_(\w+)", "HOST").lower(),
            sorted(WORDS.get(name, name) for name in calls))
    return found


def table():
    """The same from the page; several programs may share a row."""
    found = {}
    for row in re.findall(r"^\| (.+?) \| (\w+) \| (host|queue|empty) \| (.+?) \| ", tree.read("ARCHITECTURE.md"), re.M):
        calls = [] if row[3] == "–" else sorted(row[3].split(", "))
        found.update({name: (row[1], row[2], calls) for name in row[0].split(", ")})
    return found


def main():
    real, told = manifests(), table()
    faults = [f"ARCHITECTURE.md: {name}: {told.get(name, 'no row')}, but the manifest says {real.get(name, 'nothing')}"
              for name in sorted(real.keys() | told.keys()) if real.get(name) != told.get(name)]
    tree.finish(faults, f"{len(real)} programs")


main()

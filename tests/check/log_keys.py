#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Keys in log lines come from the registry.

A key is a word right before '=' in a text that is logged ("relay=%s"). Looked at are the strings in
calls of the log's functions anywhere, and every string in log_*.c and *_log.c, where events are made;
fatal is left out, since it explains usage ("use -F with field=value") and ends the program.
Keys stand in lib/sys/log_keys.def, one LOG_KEY(word, "meaning") each.
"""

import re

import tree

REGISTRY = "lib/sys/log_keys.def"
ROW = re.compile(r'^LOG_KEY\("([a-z][a-z0-9_-]*)",\s*"[^"]+"\)$')
CALL = re.compile(r"\blog_(?:debug|info|warn|warn_errno|warn_err|error)\s*\(")
KEY = re.compile(r"(?:^|[ ,;:(\[])([A-Za-z][A-Za-z0-9_-]*)=(?![ ='\"]|$)")


def registered(faults):
    keys = []
    for number, line in enumerate(tree.read(REGISTRY).splitlines(), 1):
        if not line or line.startswith(("/*", " *")):
            continue
        match = ROW.match(line)
        if not match:
            faults.append(f'{REGISTRY}:{number}: not of the form LOG_KEY("word", "meaning")')
        elif match.group(1) in keys:
            faults.append(f"{REGISTRY}:{number}: {match.group(1)} stands twice")
        else:
            keys.append(match.group(1))
    return keys


def end_of_call(text, start):
    """Offset of the parenthesis that closes the one before start; strings are already emptied."""
    depth = 1
    for offset in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[offset], 0)
        if depth == 0:
            return offset
    return len(text)


def logged_texts(path, code):
    """(offset, text) of every string literal that is logged; adjacent literals count as one text."""
    if re.search(r"/(?:log_\w+|\w+_log)\.c$", str(path)):
        regions = [(0, len(code))]
    else:
        bare = tree.without_strings(code)
        regions = [(m.end(), end_of_call(bare, m.end())) for m in CALL.finditer(bare)]
    for start, end in regions:
        for run in re.finditer(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', code[start:end]):
            yield start + run.start(), "".join(tree.STRING.findall(run.group(0)))


def main():
    faults, uses = [], 0
    keys = registered(faults)
    for path in tree.sources(".c"):
        code = re.sub(r'^#include.*$', "", tree.without_comments(tree.read(path)), flags=re.M)
        for offset, text in logged_texts(path, code):
            for key in KEY.findall(text):
                uses += 1
                if key not in keys:
                    faults.append(f'{path}:{tree.line_of(code, offset)}: log key "{key}" is not in {REGISTRY}')
    tree.finish(faults, f"{len(keys)} keys, {uses} uses")


main()

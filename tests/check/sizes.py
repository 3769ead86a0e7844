#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Report sizes against our habits (HACKING.md). It informs and never fails."""

import collections
import re
import statistics

import tree

FUNCTION = re.compile(r"^(?:static [^\n(]*|[a-z][^\n(;=]*)\n([a-z_0-9]+)\([^;{]*?\)\n\{\n(.*?)^\}", re.M | re.S)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def functions():
    for path in tree.sources(".c"):
        for match in FUNCTION.finditer(tree.without_comments(tree.read(path))):
            body = match.group(2)
            nesting = max((len(line) - len(line.lstrip("\t")) for line in body.splitlines() if line.strip()), default=0)
            yield path, match.group(1), body.count("\n"), nesting, match.group(0).startswith("static")


def columns(line):
    return len(line.expandtabs(8))


def main():
    found = list(functions())
    if not found:
        tree.skip("there are no functions yet")
    lengths = [length for _, _, length, _, _ in found]
    print(f"functions: {len(found)}; lines: median {statistics.median(lengths):g}, p90 {percentile(lengths, 0.9)}, "
          f"over 100: {100 * sum(n > 100 for n in lengths) / len(found):.1f} %; "
          f"static: {100 * sum(is_static for *_, is_static in found) // len(found)} %")
    for path, name, length, nesting, _ in sorted(found, key=lambda f: -f[2])[:5]:
        print(f"  longest: {path}: {name}: {length} lines, nesting {nesting}")
    for path, name, length, nesting, _ in found:
        if nesting > 5:
            print(f"  deep: {path}: {name}: nesting {nesting - 1}")
    wide = collections.Counter()
    for path in tree.sources(".c", ".h"):
        lines = tree.read(path).splitlines()
        if len(lines) > (800 if path.suffix == ".c" else 200):
            print(f"  long file: {path}: {len(lines)} lines")
        wide[str(path)] = sum(columns(line) > 100 for line in lines)
    print(f"lines over 100 columns: {wide.total()}; most in "
          + ", ".join(f"{path} ({count})" for path, count in wide.most_common(3)))


main()

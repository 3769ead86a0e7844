#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Add up what the runners said: tally.py BUILD_DIRECTORY, after `make check` and pytest.

A unit program counts as many tests as it holds (one that died before its last line counts as one
failure), a check or a replayed corpus as one. What did not run at all (a program that does not
compile keeps all of `make check` from running) counts as one failure. Ends with 1 when anything failed.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree

LAST_LINE = re.compile(r"^# (\d+) tests, (\d+) failed, (\d+) skipped, (\d+) rows$", re.M)
SKIPPED = re.compile(r"^# (skipped: .*)$", re.M)


def read_unit(log):
    """passed, failed, skipped, rows of one unit program; None when it did not reach its end."""
    match = LAST_LINE.search(log)
    if not match:
        return None
    tests, failed, skipped, rows = map(int, match.groups())
    return tests - failed - skipped, failed, skipped, rows


def read_make_check(build):
    """Counts by kind: {"unit": [passed, failed, skipped], ...} and the number of table rows."""
    counts, rows = {}, 0
    results = sorted(build.glob("tests/*/*.trs"))
    if not results:
        print("make check: did not get as far as running tests")
        return {"check": [0, 1, 0]}, 0
    for trs in results:
        result = re.search(r":test-result: (\w+)", trs.read_text()).group(1)
        kind = counts.setdefault(trs.parent.name, [0, 0, 0])
        log = trs.with_suffix(".log").read_text(errors="replace")
        print("".join(f"{trs.stem}: {why}\n" for why in SKIPPED.findall(log)), end="")
        unit = read_unit(log) if trs.parent.name == "unit" else None
        if unit:
            kind[0] += unit[0]
            kind[1] += unit[1] or result != "PASS"
            kind[2] += unit[2]
            rows += unit[3]
        else:
            kind[{"PASS": 0, "SKIP": 2}.get(result, 1)] += 1
    return counts, rows


def read_pytest(path):
    if not path.exists():
        return [0, 1, 0]
    suite = xml.etree.ElementTree.parse(path).getroot().find("testsuite")
    tests, failures, errors, skipped = (int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped"))
    return [tests - failures - errors - skipped, failures + errors, skipped]


def main():
    build = pathlib.Path(sys.argv[1])
    counts, rows = read_make_check(build)
    counts["system"] = read_pytest(build / "system.xml")
    for kind, (passed, failed, skipped) in counts.items():
        more = f" ({rows} table rows)" if kind == "unit" else ""
        print(f"{kind}: {passed} passed, {failed} failed, {skipped} skipped{more}")
    passed, failed = (sum(kind[i] for kind in counts.values()) for i in (0, 1))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())

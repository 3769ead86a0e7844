#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""lib/mail touches memory only: bytes never end the process, and nothing is read from outside it.

So it calls neither fatal nor panic, no input or output, no clock, no environment, and keeps no state.
"""

import re

import tree

FORBIDDEN = re.compile(
    r"\b(fatal\w*|panic\w*|abort|_?exit|log_\w+|f?open(?:at)?|fopen|read|write|pread|pwrite|socket|connect|stat|fstat|lstat|"
    r"time|clock_\w+|gettimeofday|localtime(?:_r)?|mktime|getenv|setlocale|rand|random|getrandom|f?printf|fputs|puts|"
    r"getaddrinfo|gethostby\w+|getpw\w+)\s*\(")
STATE = re.compile(r"^\s*static\s+(?!const\b|inline\b|_Thread_local\b|_Static_assert\b)[^()=;{]*(?:=[^;]*)?;", re.M)


def main():
    paths = list(tree.sources(".c", ".h", rooms=("lib/mail",)))
    faults = []
    if not paths:
        tree.skip("there is no lib/mail yet")
    for path in paths:
        code = tree.without_strings(tree.without_comments(tree.read(path)))
        for match in FORBIDDEN.finditer(code):
            faults.append(f"{path}:{tree.line_of(code, match.start())}: calls {match.group(1)}")
        for match in STATE.finditer(code):
            faults.append(f"{path}:{tree.line_of(code, match.end())}: static data that is not const")
    tree.finish(faults, f"{len(paths)} files")


main()

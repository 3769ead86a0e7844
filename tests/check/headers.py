#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Every header compiles alone, under all warnings, and its guard is STEM_H."""

import concurrent.futures
import os
import re
import shlex
import subprocess

import tree

FLAGS = "-std=c17 -pedantic -Wall -Wextra -Wconversion -Wshadow -Wvla -Wno-unused-function -Werror -fsyntax-only"
COMMAND = shlex.split(os.environ.get("CC", "cc")) + shlex.split(os.environ.get("CHECK_CPPFLAGS", "-I.")) + FLAGS.split()


def fault_of(path):
    text = tree.read(path)
    guard = re.sub(r"[^A-Z0-9]", "_", path.stem.upper()) + "_H"
    if f"#ifndef {guard}\n#define {guard}\n" not in text:
        return f"{path}:1: the guard is not {guard}"
    done = subprocess.run(COMMAND + ["-include", str(path), "-x", "c", "/dev/null"],
                          capture_output=True, text=True, check=False)
    return f"{path}: does not compile alone\n{done.stderr.strip()}" if done.returncode else None


def main():
    paths = list(tree.sources(".h", rooms=("lib", "tests") + tree.PROGRAM_ROOMS))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = [fault for fault in pool.map(fault_of, paths) if fault]
    tree.finish(faults, f"{len(paths)} headers")


main()

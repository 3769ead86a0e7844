#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Every program and private library that was built has what the hardening flags are for.

Read from the files themselves: position independent, no executable stack, all relocations bound at
start and then read-only, search path only to our own library directory.
"""

import pathlib
import re
import subprocess

import tree


def built():
    """ELF files behind libtool's wrappers, tests left out."""
    for path in sorted(pathlib.Path(".").rglob(".libs/*")):
        is_ours = not path.parts[0].startswith(("tests", "prefix", "carteiro-"))
        if is_ours and path.is_file() and path.suffix in ("", ".so") and path.read_bytes()[:4] == b"\x7fELF":
            yield path


def faults_of(path):
    text = subprocess.run(["readelf", "-hldW", str(path)], capture_output=True, text=True, check=True).stdout
    wanted = {
        "position independent": r"Type: +DYN",
        "read-only relocations": r"GNU_RELRO",
        "bound at start": r"BIND_NOW|FLAGS_1.*NOW",
        "no executable stack": r"GNU_STACK +\S+ +\S+ +\S+ +\S+ +\S+ +RW ",
    }
    for what, pattern in wanted.items():
        if not re.search(pattern, text):
            yield f"{path}: not {what}"
    for where in re.findall(r"\(RU?N?PATH\).*\[(.*)\]", text):
        for folder in where.split(":"):
            if not folder.endswith("/carteiro") and not folder.startswith(str(pathlib.Path.cwd())):
                yield f"{path}: looks for libraries in {folder}"


def main():
    paths = list(built())
    tree.finish([fault for path in paths for fault in faults_of(path)], f"{len(paths)} programs and libraries")


main()

#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The parameters that tables declare and those that postconf(5) describes are the same set.

In the page each stands as ".It Va name Pq default"; the tables are asked by the program param_names.
"""

import collections
import re
import subprocess

import tree

PAGE = "man/man5/postconf.5"


def main():
    declared = subprocess.run(["tests/check/param_names"], capture_output=True, text=True, check=True).stdout.split()
    faults = [f"{name}: declared by two tables" for name, count in collections.Counter(declared).items() if count > 1]
    if not (tree.ROOT / PAGE).exists():
        if faults:
            tree.finish(faults, f"{len(declared)} parameters")
        tree.skip(f"there is no {PAGE} yet; {len(declared)} parameters are declared")
    described = re.findall(r"^\.It Va (\S+) Pq ", tree.read(PAGE), re.M)
    faults += [f"{name}: described twice in {PAGE}" for name, n in collections.Counter(described).items() if n > 1]
    faults += [f"{name}: declared, but {PAGE} does not describe it" for name in sorted(set(declared) - set(described))]
    faults += [f"{name}: in {PAGE}, but no table declares it" for name in sorted(set(described) - set(declared))]
    tree.finish(faults, f"{len(declared)} parameters")


main()

#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The library's layers hold: nobody includes a header from a layer above his own.

A folder of the library may include its own layer and those below it in LAYER; folders of one layer
do not include one another in a circle. Programs may include the whole library, headers of their own
folder and of their family's folder, and of others only *_conf.h and *_manifest.h. Those tables
themselves are part of lib/sys, whose registries name them, so they stay within its layer.
"""

import re

import tree

LAYER = {
    "lib/base": 1,
    "lib/mail": 2,
    "lib/sys": 3,
    "lib/net": 4, "lib/table": 4, "lib/queue": 4, "lib/store": 4, "lib/auth": 4,
    "lib/route": 5,
}
PROGRAM_LAYER = 6
TABLE = re.compile(r"_(conf|manifest)\.[ch]$")


def folder_of(path):
    """lib/base, smtpd/postscreen: the folder that owns the file."""
    return "/".join(path.split("/")[:-1])


def layer_of(path):
    if TABLE.search(path):
        return LAYER["lib/sys"]
    room = "/".join(path.split("/")[:2])
    if path.startswith("lib/"):
        return LAYER.get(room)
    return PROGRAM_LAYER


def is_registry(path):
    return path.startswith("lib/sys/") and path.endswith("_registry.c")


def is_private_stem(included, path):
    """x_int.h is for files whose names begin with x, and for those of a program's folder x."""
    if not included.endswith("_int.h"):
        return False
    stem = included.split("/")[-1].removesuffix("_int.h")
    is_own_folder = folder_of(path) == folder_of(included) and folder_of(path).endswith("/" + stem)
    return not is_own_folder and not path.split("/")[-1].startswith(stem)


def fault_of_table(path, included):
    """The same as fault_of, where included is a program's *_conf.h or *_manifest.h."""
    if not path.startswith("lib/") or is_registry(path):
        return None
    return "is a program's: of the library only the registries in lib/sys name it"


def fault_of(path, included):
    """Why path may not include it, or None."""
    if included == "config.h":
        return None
    if not (tree.ROOT / included).is_file():
        return "is not there (paths start at the source root)"
    if is_private_stem(included, path):
        return "is private to the files of its stem"
    if layer_of(included) is None or layer_of(path) is None:
        return "lies in a folder that has no layer"
    if TABLE.search(included) and not included.startswith("lib/"):
        return fault_of_table(path, included)
    if layer_of(included) > layer_of(path):
        return f"is of layer {layer_of(included)}, this file of layer {layer_of(path)}"
    if layer_of(included) == PROGRAM_LAYER and not (folder_of(path) + "/").startswith(folder_of(included) + "/"):
        return "is private to another program"
    return None


def circle_in(edges):
    """A list of folders that include one another in a circle, or None."""
    def walk(folder, trail):
        if folder in trail:
            return trail[trail.index(folder):] + [folder]
        for other in sorted(edges.get(folder, ())):
            found = walk(other, trail + [folder])
            if found:
                return found
        return None
    for start in sorted(edges):
        found = walk(start, [])
        if found:
            return found
    return None


def main():
    faults, files, edges = [], 0, {}
    for path in map(str, tree.sources(".c", ".h", ".def")):
        files += 1
        text = tree.read(path)
        for match in tree.INCLUDE.finditer(text):
            included = match.group(1)
            why = fault_of(path, included)
            if why:
                faults.append(f"{path}:{tree.line_of(text, match.start(1))}: {included} {why}")
            a, b = folder_of(path), folder_of(included)
            if a.startswith("lib/") and b.startswith("lib/") and a != b and not is_registry(path):
                edges.setdefault(a, set()).add(b)
    circle = circle_in(edges)
    if circle:
        faults.append("these folders include one another: " + " -> ".join(circle))
    tree.finish(faults, f"{files} files")


main()

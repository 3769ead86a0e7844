#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Every parameter is acted on: the field of its row is read somewhere besides the tables.

A row "P_TIME(struct STEM_conf, field, ...)" needs a reader: "->field", ".field" or "(field)" as a macro's
argument, in a file that sees the structure (it includes its header, itself or through other headers);
or another row whose default says "$name"; or its name in quotes, as for main_cf_value(). What nobody
reads belongs in lib/sys/param_foreign.c, where postconf says that it has no effect.
"""

import functools
import pathlib
import re

import tree

ROW = re.compile(r"\bP_(?:STR|STR_AS|RAW|INT|LONG|BOOL|TIME)\(\s*struct (\w+),\s*(\w+)")
DEFAULT = re.compile(r"\$\{?(\w+)")
PREFIX = re.compile(r'\.prefix = "(\w*)')
STRUCT = re.compile(r"^struct (\w+) \{", re.M)
FIELD = re.compile(r"(?:->|\.)\s*(\w+)\b|\(\s*(\w+)\s*\)")
QUOTED = re.compile(r'(?<!\$)"(\w+)"')

# For expansion in main.cf only; no program needs it.
FOR_MAIN_CF = {"mail_release_date"}


@functools.cache
def text_of(path):
    return tree.without_comments(tree.read(path))


@functools.cache
def includes(path):
    """The headers of ours that a file includes."""
    found = (pathlib.Path(name) for name in tree.INCLUDE.findall(tree.read(path)))
    return [name for name in found if (tree.ROOT / name).is_file()]


@functools.cache
def sees(path):
    """All headers that a file includes, by whatever way."""
    seen, todo = {path}, [path]
    while todo:
        for name in includes(todo.pop()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return frozenset(seen)


def is_table(path):
    return path.name.endswith("_conf.c")


def fields_of(path):
    """Names that stand as fields, or alone in parentheses, in a file that declares no table."""
    return {name for pair in FIELD.findall(tree.without_strings(text_of(path))) for name in pair if name}


def named(files):
    """Parameters asked for by name, or through another's default."""
    names = set(FOR_MAIN_CF)
    for path in files:
        text = text_of(path)
        names.update(DEFAULT.findall(text) if is_table(path) else QUOTED.findall(text))
        names.update(re.findall(r'main_cf_value\(cf, "(\w+)"', text))
    return names


def main():
    files = [path for path in tree.sources(".c", ".h", ".def") if path.name != "param_foreign.c"]
    homes = {name: path for path in files if path.suffix == ".h" for name in STRUCT.findall(text_of(path))}
    readers = [(sees(path), fields_of(path)) for path in files if not is_table(path)]
    by_name = named(files)
    faults, rows = [], 0
    for path in filter(is_table, files):
        text = text_of(path)
        whole = [prefix for prefix in PREFIX.findall(text)] or [""]
        for row in ROW.finditer(text):
            struct, field = row.groups()
            rows += 1
            if any(homes.get(struct) in seen and field in fields for seen, fields in readers):
                continue
            if any(prefix + field in by_name for prefix in whole):
                continue
            faults.append(f"{path}:{tree.line_of(text, row.start())}: nothing reads {struct}.{field}: act on it, "
                          "or move it to lib/sys/param_foreign.c")
    tree.finish(faults, f"{rows} rows of parameters")


main()

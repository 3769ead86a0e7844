#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Every installed program, and every other name of one, has a manual page; every page is whole.

Programs are the words of sbin_PROGRAMS, pkglibexec_PROGRAMS and INSTALL_LINKS in the local.mk files. A page is
installed, has the sections that a reader looks for, describes every type of lookup table, and mandoc, where there is one, finds no fault in it.
"""

import re
import shutil
import subprocess

import tree

NEEDS = ("NAME", "DESCRIPTION", "EXAMPLES", "DIAGNOSTICS", "SEE ALSO")
PROGRAMS = re.compile(r"^(?:sbin|pkglibexec)_PROGRAMS \+= (.+)", re.M)
LINKS = re.compile(r"^INSTALL_LINKS \+= (.+)", re.M)
MANS = re.compile(r"^dist_man_MANS \+= (.+)", re.M)

KINDS = re.compile(r'^\s+\.name = "([a-z]+)",\n\s+\.doc = ', re.M)

# What mandoc says of pages of other packages, and of a manual without a release's name.
BEARABLE = ("referenced manual not found", "operating system explicitly specified")


def words(pattern, text):
    return [word for line in pattern.findall(text) for word in line.split()]


def lint(paths):
    made = subprocess.run(["mandoc", "-Tlint"] + [str(tree.ROOT / path) for path in paths], capture_output=True, text=True)
    return [line.replace(f"mandoc: {tree.ROOT}/", "") for line in made.stdout.splitlines()
            if not any(phrase in line for phrase in BEARABLE)]


def check_page(path, text):
    if text.startswith(".so "):
        target = text.split()[1]
        return [] if (tree.ROOT / "man" / target).is_file() else [f"{path}: there is no {target}"]
    sections = re.findall(r'^\.Sh "?([A-Z ]+?)"?$', text, re.M)
    return [f"{path}: has no section {name}" for name in NEEDS if name not in sections]


def main():
    fragments = re.findall(r"^include (\S+)", tree.read("Makefile.am"), re.M)
    rules = re.sub(r"\\\n", " ", "".join(tree.read(name) for name in fragments))
    names = [word.rpartition("/")[2] for word in words(PROGRAMS, rules)]
    names += [word.partition(":")[2] for word in words(LINKS, rules)]
    installed = set(words(MANS, rules))
    pages = sorted(path.relative_to(tree.ROOT) for path in (tree.ROOT / "man").glob("man[1-8]/*.[1-8]"))
    titles = {path.stem for path in pages}
    faults = [f"{name}: is installed, but has no manual page" for name in names if name not in titles]
    faults += [f"{path}: no local.mk installs it" for path in pages if str(path) not in installed]
    faults += [f"{path}: installed by a local.mk, but not there" for path in sorted(installed - {str(p) for p in pages})]
    kinds = [name for path in sorted(tree.ROOT.glob("lib/table/table_*.c")) for name in KINDS.findall(tree.read(path))]
    described = re.findall(r"^\.It Li ([a-z]+) :", tree.read("man/man5/lookup_tables.5"), re.M)
    faults += [f"lookup_tables.5: does not describe the type {name}" for name in sorted(set(kinds) - set(described))]
    faults += [f"lookup_tables.5: there is no type {name}" for name in sorted(set(described) - set(kinds))]
    for path in pages:
        faults += check_page(path, tree.read(path))
    if shutil.which("mandoc"):
        faults += lint(path for path in pages if not tree.read(path).startswith(".so "))
    tree.finish(faults, f"{len(names)} names of programs, {len(pages)} pages")


main()

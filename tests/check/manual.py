#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""postconf(5) is what its template and the parameter tables make of it: every parameter has its paragraph, no other has one."""

import os
import pathlib
import subprocess
import sys

source = pathlib.Path(os.environ.get("srcdir", "."))
command = pathlib.Path("master/postconf/postconf")
page = source / "man/man5/postconf.5"

if not command.exists():
    print("postconf is not built here: skipped")
    sys.exit(77)
made = subprocess.run([str(command), "--mdoc", str(source / "man/man5/postconf.5.in")], capture_output=True, text=True,
                      check=True).stdout
if made != page.read_text():
    print(f"{page} is older than the parameter tables or its template: run \"make manuals\"")
    sys.exit(1)
print(f"# {made.count('.It Va ')} parameters in {page}")

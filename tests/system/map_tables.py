# SPDX-License-Identifier: ISC
"""Lookup tables in a directory of their own, and the commands run there: the fixture tables."""

import os
import pathlib
import subprocess

from instance import prefix


class Tables:
    """A directory with a main.cf and tables. run(want=): the exit status that must come, None for any."""

    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.environment = dict(os.environ)
        (self.dir / "etc").mkdir()
        (self.dir / "etc" / "main.cf").write_text("compatibility_level = 3.11\nmyhostname = h.example\n")

    def run(self, program, *args, stdin="", want=0):
        p = subprocess.run([str(prefix() / "sbin" / program), "-c", "etc", *args], cwd=self.dir, capture_output=True,
                           input=stdin.encode(), env=self.environment, timeout=60)
        assert want in (p.returncode, None), (p.returncode, p.stderr)
        p.out, p.err = p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")
        return p

    def postmap(self, *args, **how):
        return self.run("postmap", *args, **how)

    def write(self, name, text):
        (self.dir / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return name

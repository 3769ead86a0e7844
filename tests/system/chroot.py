# SPDX-License-Identifier: ISC
"""A minimal Debian in a directory, with network, processes and mounts of its own; made once, copied for each use.

    tree = make_tree(["libevent-2.1-7", ...])       # None when it cannot be had
    with Chroot(directory, tree) as box:
        box.run("dpkg", "-i", "/tmp/x.deb")
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import time

from postfix_peer import cache_directory

MIRROR = "http://deb.debian.org/debian"
SUITE = "bookworm"


def make_tree(packages):
    """The unpacked system with these packages, kept under $CARTEIRO_CACHE; or None."""
    if os.geteuid() != 0 or not shutil.which("debootstrap") or not shutil.which("ip"):
        return None
    key = hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:8]
    tree = cache_directory() / f"{SUITE}-{key}"
    if tree.exists():
        return tree
    unfinished = tree.with_name(tree.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    done = subprocess.run(["debootstrap", "--variant=minbase", "--include=" + ",".join(sorted(packages)), SUITE, unfinished, MIRROR],
                          stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None
    unfinished.rename(tree)
    return tree


class Chroot:
    """run() inside; nothing started there outlives the with block."""

    def __init__(self, directory, tree):
        self.root = pathlib.Path(directory) / "root"
        subprocess.run(["cp", "-a", tree, self.root], check=True)
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)

    def path(self, name):
        return self.root / name.lstrip("/")

    def write(self, name, text, mode=0o644):
        self.path(name).write_text(text)
        self.path(name).chmod(mode)

    def __enter__(self):
        script = f"ip link set lo up && mount -t proc proc {self.root}/proc && echo ready && while :; do sleep 1; done"
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script],
                                       stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert self.holder.stdout.readline() == b"ready\n"
        children = pathlib.Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text()
        self.inside = ["nsenter", "-t", children.split()[0], "--net", "--mount", "--pid"]
        return self

    def __exit__(self, *exc):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()

    def run(self, *command, stdin=b"", check=True, user=None):
        """Run as root or as a user of the tree; the completed process, output and errors as one text."""
        as_user = [f"--userspec={user}:{user}"] if user else []
        done = subprocess.run([*self.inside, "chroot", *as_user, self.root, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                               "DEBIAN_FRONTEND=noninteractive", "LANG=C.UTF-8", *command],
                              input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        done.text = done.stdout.decode()
        assert not check or done.returncode == 0, f"{' '.join(command)}: status {done.returncode}\n{done.text}"
        return done

    def run_outside(self, *command, stdin=b""):
        """Run a program of the host in the network of the tree."""
        return subprocess.run([*self.inside[:4], *command], input=stdin, capture_output=True, timeout=120, check=True)

    def files(self):
        """Every name that is not made by the kernel or by dpkg itself."""
        found = set()
        for directory, names, files in os.walk(self.root):
            here = "/" + str(pathlib.Path(directory).relative_to(self.root)) if directory != str(self.root) else ""
            names[:] = [n for n in names if f"{here}/{n}" not in ("/proc", "/sys", "/dev", "/tmp", "/run", "/var/lib/dpkg", "/var/cache")]
            found.update(f"{here}/{n}" for n in names + files)
        return found

    def wait_for(self, test, what, timeout=20):
        deadline = time.monotonic() + timeout
        while not (found := test()):
            assert time.monotonic() < deadline, f"not after {timeout} s: {what}"
            time.sleep(0.1)
        return found

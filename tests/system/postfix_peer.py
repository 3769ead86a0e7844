# SPDX-License-Identifier: ISC
"""Debian's Postfix as a peer: unpacked from its package into a directory, not installed, run on loopback ports.

    peer_root = unpack_postfix()            # None when the package cannot be had
    with PostfixPeer(directory, peer_root, main={...}, dns=...) as peer:
        ... peer.smtp_port, peer.wait_log(...)

It needs root, since Postfix does. The package is fetched once and kept in $CARTEIRO_CACHE (build/cache).
"""

import fcntl
import grp
import os
import pathlib
import pwd
import re
import signal
import subprocess
import time

import pytest

from instance import Port, prefix

OWNER, DROP_GROUP = "proxy", "operator"         # exist on every Debian; nothing of the tests runs as them
QUEUE_DIRS = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")

MASTER = """\
{port4}    inet  n       -       n       -       -       smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""


def cache_directory():
    path = pathlib.Path(os.environ.get("CARTEIRO_CACHE", pathlib.Path(__file__).resolve().parents[2] / "build" / "cache"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_settled(path, text):
    """A file for Postfix's programs, which wait two seconds for one that is younger than that: perhaps somebody still writes it."""
    pathlib.Path(path).write_text(text, encoding="utf-8")
    before = time.time() - 10
    os.utime(path, (before, before))
    return path


PACKAGES = {"postfix": "sbin/master", "postfix-lmdb": "postfix-lmdb.so", "postfix-pcre": "postfix-pcre.so"}     # and a file of each


def unpack_postfix():
    """The directory with the packages' files, or None."""
    cache = cache_directory()
    root = cache / "postfix"
    with open(cache / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return root if all(unpack(cache, root, package, file) for package, file in PACKAGES.items()) else None


def unpack(cache, root, package, file):
    if (root / "usr" / "lib" / "postfix" / file).exists():
        return True
    if not list(cache.glob(f"{package}_*.deb")):
        subprocess.run(["apt-get", "download", package], cwd=cache, capture_output=True, check=False)
    found = list(cache.glob(f"{package}_*.deb"))
    return found and subprocess.run(["dpkg", "-x", found[0], root], check=False).returncode == 0


def need_postfix():
    """The directory with the packages' files; the test is skipped where Postfix or we cannot run."""
    root = unpack_postfix() if os.geteuid() == 0 and prefix() else None
    if root is None:
        pytest.skip("Debian's Postfix needs root, and its package")
    return root


class PostfixPeer:
    """resolver: the address of a name server on port 53, for it alone (a mount namespace with its own resolv.conf); search: its domains."""

    def __init__(self, directory, root, main=None, dns=None, master="", resolver=None, search=None):
        self.dir, self.root = pathlib.Path(directory), root
        self.config_dir, self.queue_dir, self.data_dir = self.dir / "etc", self.dir / "spool", self.dir / "data"
        self.log_path = self.dir / "log" / "mail.log"
        self.port = Port()
        self.smtp_port = self.port.number
        self.libs = root / "usr" / "lib" / "postfix"
        self.master = None
        self.resolver = resolver
        self.search = search
        self.make_directories()
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": self.queue_dir, "data_directory": self.data_dir,
            "daemon_directory": self.libs / "sbin", "command_directory": root / "usr" / "sbin",
            "shlib_directory": self.libs, "mail_owner": OWNER, "setgid_group": DROP_GROUP,
            "myhostname": "postfix.test", "mydestination": "", "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "alias_maps": "", "alias_database": "",
            "local_recipient_maps": "", "smtpd_peername_lookup": "no", "maillog_file": self.log_path,
            "maillog_file_prefixes": self.dir, "smtp_host_lookup": "native" if dns is None else "dns",
            "import_environment": f"MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH={self.libs} POSTLOG_SERVICE POSTLOG_HOSTNAME",
        }
        settings.update(main or {})
        write_settled(self.config_dir / "main.cf", "".join(f"{n} = {v}\n" for n, v in settings.items() if v is not None))
        write_settled(self.config_dir / "master.cf", MASTER.format(port4=f"127.0.0.1:{self.smtp_port}") + master)

    def make_directories(self):
        owner, drop = pwd.getpwnam(OWNER), grp.getgrnam(DROP_GROUP)
        for path in (self.dir, self.config_dir, self.queue_dir, self.log_path.parent, self.queue_dir / "pid"):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o755)
        for name in QUEUE_DIRS:
            (self.queue_dir / name).mkdir(exist_ok=True)
            os.chown(self.queue_dir / name, owner.pw_uid, 0)
            (self.queue_dir / name).chmod(0o700)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (self.queue_dir / name).mkdir(exist_ok=True)
            os.chown(self.queue_dir / name, owner.pw_uid, drop.gr_gid)
            (self.queue_dir / name).chmod(mode)
        self.data_dir.mkdir(exist_ok=True)
        os.chown(self.data_dir, owner.pw_uid, owner.pw_gid)
        self.data_dir.chmod(0o700)

    def environment(self):
        return os.environ | {"LD_LIBRARY_PATH": str(self.libs), "MAIL_CONFIG": str(self.config_dir)}

    def command(self, name, *args, stdin=b"", check=True):
        return subprocess.run([self.root / "usr" / "sbin" / name, "-c", self.config_dir, *map(str, args)], input=stdin,
                              capture_output=True, env=self.environment(), check=check, timeout=60)

    def __enter__(self):
        console = open(self.dir / "console", "wb")
        command = [self.libs / "sbin" / "master", "-c", self.config_dir, "-d"]
        if self.resolver:
            (self.dir / "resolv.conf").write_text(f"nameserver {self.resolver}\n" + (f"search {self.search}\n" if self.search else ""))
            command = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', self.dir / "resolv.conf", *command]
        self.master = subprocess.Popen(command, env=self.environment(),
                                       stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True)
        self.wait_log(r"daemon started")
        return self

    def __exit__(self, *exc):
        self.master.send_signal(signal.SIGTERM)
        try:
            self.master.wait(15)
        except subprocess.TimeoutExpired:
            self.master.kill()
            self.master.wait()
        self.port.release()
        if exc[0]:
            print("\n".join(self.log().splitlines()[-40:]))

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_log(self, pattern, timeout=20):
        regex = re.compile(pattern, re.M)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            match = regex.search(self.log())
            if match:
                return match
            time.sleep(0.02)
        raise AssertionError(f"not in Postfix's log: {pattern}\n{self.log()}\n{(self.dir / 'console').read_text(errors='replace')}")

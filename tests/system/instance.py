# SPDX-License-Identifier: ISC
"""A private instance of the suite: own configuration, queue, data and ports, in a directory of its own.

    with Instance(tmp_path, main={"mydestination": "example.test"}, dns=dns_server) as mail:
        with mail.smtp() as c:
            c.ehlo()
            c.mail("a@x.test", ["b@example.test"], b"Subject: hello\\n\\nhello\\n")
        mail.wait_log(r"to=<b@example.test>.* status=sent")

The programs are those installed under $CARTEIRO_PREFIX (`./dev test` sets it). Instances run side by
side, by root (then under the users in TEST_USERS) or by an ordinary user (then all as that user).
"""

import errno
import grp
import os
import pathlib
import pwd
import random
import re
import shlex
import signal
import socket
import subprocess
import time

from smtp_client import SmtpClient

START_S = 30
STOP_S = 30

# Parameter: our own user, and where it does not exist one that every Debian has and nothing runs as.
TEST_USERS = {
    "mail_owner": ("carteiro", "news"),
    "net_owner": ("carteiro-net", "uucp"),
    "auth_owner": ("carteiro-auth", "irc"),
    "key_owner": ("carteiro-key", "games"),
}
TEST_SETGID_GROUP = ("carteiro-drop", "voice")

# Services of the usual shape; those whose program is not installed are left out.
SERVICES = """\
{smtp4}             inet  n  -  n  -    -  smtpd
{smtp6}             inet  n  -  n  -    -  smtpd
{submission4}       inet  n  -  n  -    -  smtpd -o syslog_name=postfix/submission -o smtpd_sasl_auth_enable=yes
postlog     unix-dgram  n  -  n  -    1  postlogd
pickup            unix  n  -  n  60   1  pickup
cleanup           unix  n  -  n  -    0  cleanup
commit            unix  -  -  n  -    1  commit
qmgr              unix  n  -  n  300  1  qmgr
tlsmgr            unix  -  -  n  1000?  1  tlsmgr
rewrite           unix  -  -  n  -    -  trivial-rewrite
bounce            unix  -  -  n  -    0  bounce
defer             unix  -  -  n  -    0  bounce
trace             unix  -  -  n  -    0  bounce
verify            unix  -  -  n  -    1  verify
flush             unix  n  -  n  1000?  0  flush
proxymap          unix  -  -  n  -    -  proxymap
proxywrite        unix  -  -  n  -    1  proxymap
dnsd              unix  -  -  n  -    -  dnsd
authd             unix  -  -  n  -    1  authd
authd-worker      unix  -  -  n  -    -  authd-worker
keyd              unix  -  -  n  -    1  keyd
smtp              unix  -  -  n  -    -  smtp
relay             unix  -  -  n  -    -  smtp
lmtp              unix  -  -  n  -    -  lmtp
showq             unix  n  -  n  -    -  showq
error             unix  -  -  n  -    -  error
retry             unix  -  -  n  -    -  error
discard           unix  -  -  n  -    -  discard
local             unix  -  n  n  -    -  local
virtual           unix  -  n  n  -    -  virtual
anvil             unix  -  -  n  -    1  anvil
"""

# Never acceptable in a log, whatever the test does.
FAULTS = re.compile(r"panic: |AddressSanitizer|LeakSanitizer|runtime error: |killed by signal (?:4|6|7|8|11|31)\b")


def prefix():
    """Where the programs under test are installed, or None when there is no server among them."""
    root = pathlib.Path(os.environ.get("CARTEIRO_PREFIX", "/nonexistent"))
    return root if (root / "sbin" / "carteiro").exists() else None


class Port:
    """A port that is free on 127.0.0.1 and on ::1, outside the range from which the system takes them.

    It is ours while this object lives: an abstract UNIX socket of its name tells other test processes.
    """

    FIRST, LAST = 10000, 32000

    def __init__(self):
        for number in random.SystemRandom().sample(range(self.FIRST, self.LAST), 500):
            self.number = number
            self.lease = socket.socket(socket.AF_UNIX)
            try:
                self.lease.bind(f"\0carteiro-test-port-{number}")
                if self.is_free(socket.AF_INET, "127.0.0.1") and self.is_free(socket.AF_INET6, "::1"):
                    return
            except OSError:
                pass
            self.lease.close()
        raise OSError("no port is free on both 127.0.0.1 and ::1")

    def is_free(self, family, host):
        with socket.socket(family) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((host, self.number))
            except OSError as error:
                return error.errno == errno.EADDRNOTAVAIL       # this machine has no ::1
            return True

    def release(self):
        self.lease.close()


def first_existing(names, find):
    for name in names:
        try:
            find(name)
            return name
        except KeyError:
            continue
    raise KeyError(names)


class Instance:
    """main: parameters (a value of None removes one); services: text added to master.cf; dns: a DnsServer;
    launcher: a command that is given the start as its arguments."""

    def __init__(self, directory, main=None, services="", dns=None, launcher=()):
        self.dir = pathlib.Path(directory)
        self.prefix = prefix()
        self.config_dir = self.dir / "etc"
        self.queue_dir = self.dir / "spool"
        self.data_dir = self.dir / "data"
        self.log_path = self.dir / "log" / "mail.log"
        self.log_start = 0
        self.console_path = self.dir / "log" / "console"
        self.ports = [Port(), Port()]
        self.smtp_port, self.submission_port = (port.number for port in self.ports)
        self.running = False
        self.make_directories()
        self.main = self.default_main(dns)
        self.main.update(main or {})
        self.services = services
        self.launcher = launcher
        self.write_configuration()

    # Files

    def make_directories(self):
        """Users other than root must be able to pass through."""
        for path in (self.config_dir, self.queue_dir, self.data_dir, self.log_path.parent, self.dir / "mail"):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o755)
        self.data_dir.chmod(0o700)
        if os.geteuid() == 0:
            for path in [self.dir, *self.dir.parents][:3]:
                if path.stat().st_uid == 0 and path != pathlib.Path("/"):
                    path.chmod(path.stat().st_mode | 0o011)
            owner = pwd.getpwnam(first_existing(TEST_USERS["mail_owner"], pwd.getpwnam))
            os.chown(self.data_dir, owner.pw_uid, owner.pw_gid)

    def default_main(self, dns):
        main = {
            "compatibility_level": "3.10",
            "queue_directory": self.queue_dir,
            "data_directory": self.data_dir,
            "myhostname": "mail.example.test",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8 [::1]/128",
            "inet_interfaces": "127.0.0.1, [::1]",
            "inet_protocols": "all",
            "maillog_file": self.log_path,
            "maillog_file_prefixes": self.dir,
            "alias_maps": "",
            "alias_database": "",
            "sandbox": "yes",
        }
        if self.prefix:
            main["daemon_directory"] = self.prefix / "libexec" / "carteiro"
            main["command_directory"] = self.prefix / "sbin"
        if dns:
            host = f"[{dns.host}]" if ":" in dns.host else dns.host
            main["dns_servers"] = f"{host}:{dns.port}"
        main.update(self.user_parameters())
        return main

    @staticmethod
    def user_parameters():
        if os.geteuid() == 0:
            users = {name: first_existing(choice, pwd.getpwnam) for name, choice in TEST_USERS.items()}
            return users | {"setgid_group": first_existing(TEST_SETGID_GROUP, grp.getgrnam)}
        me = pwd.getpwuid(os.geteuid()).pw_name
        return {name: me for name in TEST_USERS} | {"setgid_group": grp.getgrgid(os.getegid()).gr_name}

    def service_lines(self):
        text = SERVICES.format(smtp4=f"127.0.0.1:{self.smtp_port}", smtp6=f"[::1]:{self.smtp_port}",
                               submission4=f"127.0.0.1:{self.submission_port}")
        libexec = self.prefix / "libexec" / "carteiro" if self.prefix else pathlib.Path("/nonexistent")
        return "".join(line + "\n" for line in text.splitlines() if (libexec / line.split()[7]).exists())

    def write_configuration(self):
        lines = [f"{name} = {value}\n" for name, value in self.main.items() if value is not None]
        (self.config_dir / "main.cf").write_text("".join(lines))
        (self.config_dir / "master.cf").write_text(self.service_lines() + self.services)

    def write(self, name, text):
        """A file in the configuration directory (a table, aliases); its path."""
        path = self.config_dir / name
        path.write_text(text)
        return path

    # Processes

    def environment(self):
        """Sanitizers must not look for leaks inside the sandbox; a fault ends the process with SIGABRT."""
        options = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1", "UBSAN_OPTIONS": "print_stacktrace=1:abort_on_error=1"}
        return os.environ | options | {"MAIL_CONFIG": str(self.config_dir)}

    def command(self, name, *args, stdin=b"", check=True, timeout=60, **more):
        """Run a command of the suite with this instance's configuration; the completed process."""
        done = subprocess.run([str(self.prefix / "sbin" / name), *map(str, args)], input=stdin, capture_output=True,
                              env=self.environment(), timeout=timeout, check=False, **more)
        assert not check or done.returncode == 0, \
            f"{name} {shlex.join(map(str, args))}: status {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}"
        return done

    def start(self):
        """Ready when this returns. What processes say on standard error, sanitizers' reports for one, goes to the console file."""
        self.running = True
        with open(self.console_path, "ab") as console:
            status = subprocess.run([*self.launcher, self.prefix / "sbin" / "carteiro", "-c", self.config_dir, "start"], stdin=subprocess.DEVNULL,
                                    stdout=console, stderr=console, env=self.environment(), timeout=START_S, check=False).returncode
        assert status == 0, f"start: status {status}\n{self.console_path.read_text()}\n{self.log_tail()}"

    def reload(self):
        self.command("carteiro", "-c", self.config_dir, "reload")

    def master_pid(self):
        """None when it does not run; a process that only waits to be reaped does not."""
        try:
            pid = int((self.queue_dir / "pid" / "master.pid").read_text())
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            return None if state in "ZX" else pid
        except (OSError, ValueError):
            return None

    def stop(self):
        """In order, and by force when that takes too long (which fails the test)."""
        if not self.running:
            return
        self.running = False
        done = self.command("carteiro", "-c", self.config_dir, "stop", check=False, timeout=STOP_S)
        deadline = time.monotonic() + STOP_S
        while self.master_pid() and time.monotonic() < deadline:
            time.sleep(0.05)
        pid = self.master_pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
        assert not pid, f"master did not stop\n{done.stderr.decode()}\n{self.log_tail()}"

    # What it says

    def log(self):
        """All of it, or what came after forget_log()."""
        return self.whole_log()[self.log_start:]

    def whole_log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def forget_log(self):
        """What is there now is not looked at again but for faults: for an instance that many tests use, at the beginning of each."""
        self.log_start = len(self.whole_log())

    def log_tail(self, count=40):
        return "\n".join(self.log().splitlines()[-count:])

    def log_mark(self):
        """A place in the log, for wait_log(since=...)."""
        return len(self.log())

    def wait_log(self, pattern, timeout=15, since=0):
        """The match of the first line that fits, as soon as it is there."""
        regex = re.compile(pattern, re.M)
        deadline = time.monotonic() + timeout
        while True:
            match = regex.search(self.log(), since)
            if match:
                return match
            assert time.monotonic() < deadline, f"not in the log after {timeout} s: {pattern}\n{self.log_tail()}"
            time.sleep(0.02)

    def faults(self):
        """Lines that no test may cause."""
        console = self.console_path.read_text(errors="replace") if self.console_path.exists() else ""
        return [line for line in (self.whole_log() + console).splitlines() if FAULTS.search(line)]

    def new_port(self):
        """One more port for a service of this instance's own."""
        self.ports.append(Port())
        return self.ports[-1].number

    def smtp(self, port=None, host="127.0.0.1", **more):
        return SmtpClient(host, port or self.smtp_port, **more)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            print(self.log_tail())
            self.stop()
            raise
        return self

    def __exit__(self, *exc):
        self.stop()
        for port in self.ports:
            port.release()
        faults = self.faults()
        if exc[0]:
            print(self.log_tail(100))
        elif faults:
            raise AssertionError("faults in the log:\n" + "\n".join(faults))

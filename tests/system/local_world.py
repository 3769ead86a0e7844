# SPDX-License-Identifier: ISC
"""The same mail given to our local and virtual and to Debian's Postfix: what each logs, and what lies in the mailboxes then.

Each runs in a directory with homes and a spool, and sees an /etc/passwd of its own.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

from agent_driver import private_passwd
from instance import Instance
from postfix_peer import PostfixPeer
from smtp_client import SmtpClient

UIDS = {"anna": 61001, "bert": 61002, "coll": 61003, "rosa": 61004}
SETTLE_S = 20

MAIN = {
    "myhostname": "host.test", "mydomain": "test", "myorigin": "host.test", "mydestination": "host.test", "mail_name": "Postfix",
    "local_recipient_maps": "", "recipient_delimiter": "+-", "biff": "no", "default_transport": "discard", "relay_transport": "discard",
    "deliver_lock_attempts": "2", "mynetworks": "127.0.0.0/8", "smtpd_peername_lookup": "no", "default_privs": "nobody",
    "notify_classes": "", "local_destination_concurrency_limit": "1", "compatibility_level": "3.6",
}

Case = collections.namedtuple("Case", "name recipient aliases files main notify header body sender before")


def case(name, recipient, aliases="", files=None, main=None, notify="", header="Subject: test\n", body="text\n", sender="coll@host.test",
         before=None):
    """files: path below the world -> (text, owner or None for root, mode); a path that ends with / is a directory; before: a function of
    the world's directory."""
    return Case(name, recipient, aliases, files or {}, main or {}, notify, header, body, sender, before)


def essence(path, facts):
    """What is compared of a file. Of notices, which are in words of each system's own: whom they are about, and what became of it."""
    if path != "mail/coll":
        return facts
    return facts[:3] + re.findall(r"^(?:Final-Recipient|Action|Status):.*", facts[3], re.M)


class World:
    """Homes, a spool and a directory for whatever."""

    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(mode=0o755, exist_ok=True)
        self.passwd = self.dir / "passwd"
        lines = pathlib.Path("/etc/passwd").read_text()
        self.passwd.write_text(lines + "".join(
            f"{name}:x:{uid}:{uid}:{name}:{self.dir}/home/{name}:/bin/sh\n" for name, uid in UIDS.items()))

    def reset(self):
        for name, mode in (("home", 0o755), ("mail", 0o775), ("box", 0o777)):
            shutil.rmtree(self.dir / name, ignore_errors=True)
            (self.dir / name).mkdir()
            (self.dir / name).chmod(mode)
        shutil.chown(self.dir / "mail", 0, "mail")
        for name, uid in UIDS.items():
            (self.dir / "home" / name).mkdir(mode=0o755)
            os.chown(self.dir / "home" / name, uid, uid)

    def write(self, path, text, owner=None, mode=0o644):
        path = self.dir / path
        if str(path) and text is None:
            path.mkdir(exist_ok=True)
        else:
            path.write_text(text)
        path.chmod(mode)
        if owner:
            os.chown(path, UIDS[owner], UIDS[owner])

    def prepare(self, case):
        self.reset()
        for path, (text, owner, mode) in case.files.items():
            self.write(path, text.replace("WORLD", str(self.dir)) if text is not None else None, owner, mode)
        if case.before:
            case.before(self.dir)

    def contents(self):
        """path -> [owner, group, mode, text]"""
        found = {}
        for place in ("home", "mail", "box"):
            for path in sorted((self.dir / place).rglob("*")):
                status = path.lstat()
                text = path.read_text(errors="backslashreplace") if path.is_file() and not path.is_symlink() else path.is_symlink() and "link" or "directory"
                name = re.sub(r"/\d+\.V[0-9a-f]+I[0-9a-f]+M\d+\.[^/]*$", "/MAILFILE", str(path.relative_to(self.dir)))
                found[name] = [status.st_uid, status.st_gid, oct(status.st_mode & 0o7777), text]
        return found


def normalise(text, names):
    """Without what differs from run to run: queue IDs, dates, process numbers."""
    for old, new in names.items():
        text = text.replace(old, new)
    text = re.sub(r"^(From \S+) +\w{3} \w{3} +\d+ [\d:]+ \d{4}$", r"\1 DATE", text, flags=re.M)
    text = re.sub(r"\w{3}, +\d+ \w{3} \d{4} [\d:]+ [+-]\d{4}( \(\w+\))?", "DATE", text)
    text = re.sub(r"Message-Id: <\d+\.", "Message-Id: <N.", text, flags=re.I)
    text = re.sub(r"(ID\d+)\.\d{10}", r"\1.N", text)
    return re.sub(r"client.test \(\S+ \[127\.0\.0\.1\]\)", "client.test (localhost)", text)


class Run:
    """One system at work."""

    def __init__(self, world, system, start):
        self.world, self.system = world, system
        self.start = start

    def log(self):
        return self.system.log()[self.start:]

    def send(self, case):
        with SmtpClient("127.0.0.1", self.system.smtp_port) as c:
            c.ehlo()
            c.expect(f"MAIL FROM:<{case.sender}>" + (" ENVID=QQ314159" if case.notify else ""), 250)
            c.expect(f"RCPT TO:<{case.recipient}>" + (f" NOTIFY={case.notify} ORCPT=rfc822;orig@out.test" if case.notify else ""), 250)
            reply = c.data((case.header.replace("WORLD", str(self.world.dir)) + "\n" + case.body).encode())
        return re.search(r"queued as (\w+)", reply.text).group(1)

    def settle(self, first):
        """Wait until nothing moves; the queue IDs in their order."""
        ids, deadline = [first], time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            log = self.log()
            for queue_id in ids:
                for line in re.findall(rf": {queue_id}: .*(?:forwarded as |notification: )(\w+)", log):
                    if line not in ids:
                        ids.append(line)
            waiting = [i for i in ids if not re.search(rf": {i}: removed", log)]
            if not waiting:
                return ids
            if all(re.search(rf": {i}: .*status=deferred", log) for i in waiting) and all(self.is_deferred(i) for i in waiting):
                if self.log() == log:
                    return ids
            time.sleep(0.01)
        raise AssertionError(f"{first} does not come to rest\n" + self.log()[-3000:])

    def is_deferred(self, queue_id):
        return any(path.name == queue_id for path in (self.system.queue_dir / "deferred").rglob("*"))

    def lines(self, ids, names):
        """(to, orig_to, relay, dsn, status, text) of each delivery."""
        found = []
        pattern = re.compile(r"postfix/[\w/]+\[\d+\]: (\w+): to=(<.*?>),(?: orig_to=(<.*?>),)? relay=([^,]*),.* dsn=([\d.]+), "
                             r"status=(\w+) \((.*)\)$", re.M)
        for fields in pattern.findall(self.log()):
            if fields[0] in ids:
                found.append([normalise(field, names).strip() for field in fields[1:]])
        return sorted(found)

    def play(self, case):
        self.start = len(self.system.log())
        self.world.prepare(case)
        first = self.send(case)
        ids = self.settle(first)
        names = {queue_id: f"ID{n + 1}" for n, queue_id in enumerate(ids)} | {str(self.system.dir): "SYSTEM", str(self.world.dir): "WORLD"}
        files = {path: essence(path, facts[:3] + [normalise(facts[3], names)]) for path, facts in self.world.contents().items()}
        return {"lines": self.lines(ids, names), "files": files}


def alias_file(path, cases):
    path.write_text("".join(case.aliases.replace("WORLD", str(path.parents[1])) for case in cases))


def groups(cases):
    found = {}
    for case in cases:
        found.setdefault(json.dumps(case.main, sort_keys=True), []).append(case)
    return found.values()


def main_of(world, cases, aliases):
    main = MAIN | {"mail_spool_directory": str(world.dir / "mail"), "alias_maps": f"hash:{aliases}", "alias_database": ""}
    return main | {name: value.replace("WORLD", str(world.dir)) for name, value in cases[0].main.items()}


def run_all(world, cases, make_system, make_aliases):
    results = {}
    for number, group in enumerate(groups(cases)):
        world.reset()
        aliases = world.dir / "tables" / "aliases"
        aliases.parent.mkdir(mode=0o755, exist_ok=True)
        alias_file(aliases, group)
        make_aliases(aliases)
        with make_system(number, main_of(world, group, aliases)) as system:
            run = Run(world, system, 0)
            for case in group:
                try:
                    results[case.name] = run.play(case)
                except (AssertionError, OSError) as error:
                    results[case.name] = {"lines": [["not played", str(error)[:300]]], "files": {}}
    return results


def in_private_world(world, function):
    """Begin it in a process that sees the world's passwd; what is returned waits for its result."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            private_passwd(world.passwd)
            with os.fdopen(write_end, "w") as pipe:
                json.dump(function(), pipe)
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(write_end)

    def result():
        with os.fdopen(read_end) as pipe:
            text = pipe.read()
        assert os.waitpid(pid, 0)[1] == 0, "see above"
        return json.loads(text)
    return result


def run_postfix(world, cases, root, directory):
    def make_aliases(path):
        environment = os.environ | {"LD_LIBRARY_PATH": str(root / "usr" / "lib" / "postfix")}
        config = pathlib.Path(directory) / "aliases-etc"
        config.mkdir(parents=True, exist_ok=True)
        (config / "main.cf").write_text(f"shlib_directory = {root}/usr/lib/postfix\ncommand_directory = {root}/usr/sbin\n"
                                        "compatibility_level = 3.6\nmail_owner = proxy\nsetgid_group = operator\n")
        subprocess.run([root / "usr" / "sbin" / "postalias", "-c", config, f"hash:{path}"], env=environment, check=True)

    def make_system(number, main):
        place = pathlib.Path(directory) / f"postfix{number}"
        place.mkdir(parents=True, mode=0o755)
        return PostfixPeer(place, root, main=main)

    return in_private_world(world, lambda: run_all(world, cases, make_system, make_aliases))


def run_ours(world, cases, directory):
    def make_aliases(path):
        from instance import prefix
        config = pathlib.Path(directory) / "aliases-etc-ours"
        config.mkdir(parents=True, exist_ok=True)
        (config / "main.cf").write_text("compatibility_level = 3.6\n")
        environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0", "MAIL_CONFIG": str(config)}
        subprocess.run([prefix() / "sbin" / "postalias", f"hash:{path}"], env=environment, check=True)

    def make_system(number, main):
        place = pathlib.Path(directory) / f"ours{number}"
        place.mkdir(parents=True, mode=0o755)
        return Instance(place, main=main)

    return in_private_world(world, lambda: run_all(world, cases, make_system, make_aliases))

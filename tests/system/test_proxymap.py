# SPDX-License-Identifier: ISC
"""proxymap and proxywrite, with this test in the place of master: which tables they open, and what they answer."""

import contextlib
import os
import socket
import struct
import subprocess
import tempfile
import time

import pytest

from instance import Instance, prefix

pytestmark = pytest.mark.skipif(
    prefix() is None or not (prefix() / "libexec" / "carteiro" / "proxymap").exists(),
    reason="proxymap is not installed under CARTEIRO_PREFIX")

OK, NOKEY, RETRY, BAD, DENY = range(5)
GET, PUT, REMOVE, FIRST, NEXT = range(5)
FOLD, UTF8, WRITE = 1, 2, 64
LINK_FD, SLOT_FD, LISTEN_FD = 3, 4, 5


def message(name, *pairs):
    """A frame: pairs of text; None in a pair ends an item of a list."""
    payload = f"{name}\0001.0\0".encode()
    for key, value in pairs:
        payload += b"\0" if key is None else key.encode() + b"\0" + (value if isinstance(value, bytes) else str(value).encode()) + b"\0"
    return struct.pack(">IBB", len(payload), ord("m"), 0) + payload


class Service:
    """One proxymap process, started as master would."""

    def __init__(self, mail, name):
        self.path = str(mail.dir / name)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(5)
        self.listener.setblocking(False)
        self.link, child_link = socket.socketpair(socket.AF_UNIX)
        slot = os.memfd_create("slot")
        os.ftruncate(slot, 4096)
        sources = [os.dup(fd) for fd in (child_link.fileno(), slot, self.listener.fileno())]
        high = [fd if fd > 100 else self.move(fd) for fd in sources]

        def place():
            for fd, wanted in zip(high, (LINK_FD, SLOT_FD, LISTEN_FD)):
                os.dup2(fd, wanted, inheritable=True)

        self.process = subprocess.Popen(
            [str(mail.prefix / "libexec" / "carteiro" / "proxymap"), "-n", name, "-t", "unix", "-s", "1", "-l", "1", "-i", "1"],
            env=mail.environment(), preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL)
        for fd in high + [slot]:
            os.close(fd)
        child_link.close()

    @staticmethod
    def move(fd):
        import fcntl
        moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100)
        os.close(fd)
        return moved

    def connect(self):
        return Client(self.path)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.listener.close()
        self.link.close()


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.socket.sendall(message("hello", ("program", "local"), ("service", "local"), ("pid", os.getpid())))

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def ask(self, op, table, *items, flags=FOLD | UTF8):
        """(status, error, [(status, key, value)])"""
        pairs = [("op", op), ("table", table), ("flags", flags)]
        if items:
            pairs.append(("items[", len(items)))
            for item in items:
                key, value = item if isinstance(item, tuple) else (item, "")
                pairs += [("key", key), ("value", value), (None, None)]
        self.socket.sendall(message("proxy_request", *pairs))
        return self.reply()

    def reply(self):
        length, kind, fds = struct.unpack(">IBB", self.read(6))
        words = self.read(length).split(b"\0")
        assert (words[0], words[1], kind, fds) == (b"proxy_reply", b"1.0", ord("m"), 0)
        words, top, results, item = words[2:-1], {}, [], None
        while words:
            name = words.pop(0).decode()
            if name == "":
                results.append((int(item.get("status", 0)), item.get("key", ""), item.get("value", "")))
                item = {}
                continue
            value = words.pop(0).decode()
            if name == "results[":
                item = {}
            else:
                (top if item is None else item)[name] = value
        return int(top.get("status", 0)), top.get("error", ""), results

    def get(self, table, *keys, **how):
        status, _, results = self.ask(GET, table, *keys, **how)
        return status, [r[2] if r[0] == OK else r[0] for r in results]


@pytest.fixture
def start():
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="carteiro-", ignore_cleanup_errors=True))
        os.chmod(directory, 0o755)
        mail = Instance(directory, main={
            "proxy_read_maps": f"$virtual_alias_maps, proxy:unix:passwd.byname $mynetworks proxy:texthash:{directory}/missing "
                               "proxy:regexp:{{/^a(.*)$$/ $$1}} proxy:fail:x proxy:inline:{a=b}",
            "virtual_alias_maps": f"proxy:texthash:{directory}/etc/virtual, texthash:{directory}/etc/plain",
            "proxy_write_maps": f"proxy:btree:{directory}/data/cache proxy:lmdb:{directory}/data/cache",
        })
        mail.write("virtual", "user@example.com other\nkey two words\n")
        mail.write("plain", "a b\n")

        def make(name="proxymap"):
            service = Service(mail, name)
            stack.callback(service.close)
            return mail, service.connect()
        yield make


def test_answers(start):
    mail, client = start()
    virtual = f"texthash:{mail.dir}/etc/virtual"
    assert client.get(virtual, "User@Example.COM", "nosuch", "key") == (OK, ["other", NOKEY, "two words"])
    assert client.get(virtual, "User@Example.COM", flags=0) == (OK, [NOKEY])
    assert client.get("regexp:{{/^a(.*)$/ $1}}", "aBC") == (OK, ["BC"])        # patterns are not folded
    assert client.get("unix:passwd.byname", "root", "nosuchuser")[1][1] == NOKEY
    assert client.get("unix:passwd.byname", "root")[1][0].startswith("root:")
    assert client.get("inline:{a=b}", *["a"] * 1000) == (OK, ["b"] * 1000)


def test_refusals(start):
    mail, client = start()
    for table in (f"texthash:{mail.dir}/etc/plain", "static:x", "texthash:/etc/passwd", "", "proxy:inline:{a=b}"):
        assert client.ask(GET, table, "a") == (DENY, "", [])
    status, error, _ = client.ask(GET, f"texthash:{mail.dir}/missing", "a")
    assert status == RETRY and "No such file or directory" in error
    assert client.ask(GET, "fail:x", "a")[0] == RETRY
    assert client.ask(PUT, f"texthash:{mail.dir}/etc/virtual", ("a", "b"))[0] == BAD
    assert client.ask(FIRST, "unix:passwd.byname")[0] == BAD
    assert client.get("inline:{a=b}", "a") == (OK, ["b"])       # still there


def test_changed_table_is_opened_anew(start):
    mail, client = start()
    virtual = f"texthash:{mail.dir}/etc/virtual"
    assert client.get(virtual, "key") == (OK, ["two words"])
    mail.write("virtual.new", "key three\n").rename(mail.config_dir / "virtual")
    deadline = time.monotonic() + 5
    while client.get(virtual, "key") != (OK, ["three"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("kind", ["btree", "lmdb"])
def test_writing(start, kind):
    mail, client = start("proxywrite")
    cache = f"{kind}:{mail.dir}/data/cache"
    assert client.ask(PUT, cache, ("One", "1"), ("two", "2"))[0] == OK
    assert client.ask(PUT, cache, ("one", "new"))[0] == OK
    assert client.get(cache, "ONE", "two", "three") == (OK, ["new", "2", NOKEY])
    first = client.ask(FIRST, cache)[2][0]
    second = client.ask(NEXT, cache)[2][0]
    assert sorted([first, second]) == [(OK, "one", "new"), (OK, "two", "2")]
    assert client.ask(NEXT, cache)[2] == [(NOKEY, "", "")]
    assert client.ask(REMOVE, cache, "two", "three")[2] == [(OK, "", ""), (NOKEY, "", "")]
    assert client.get(cache, "two") == (OK, [NOKEY])
    assert client.ask(GET, f"texthash:{mail.dir}/etc/virtual", "key")[0] == DENY


@pytest.mark.parametrize("kind, suffix", [("btree", "db"), ("lmdb", "lmdb")])
def test_cache_of_before(start, kind, suffix):
    """What is there is kept. What is damaged is an error, and the process goes on."""
    mail, client = start("proxywrite")
    mail.write("old", "".join(f"key{i} {i}\n" for i in range(500)))
    mail.command("postmap", f"{kind}:{mail.dir}/etc/old")
    data = (mail.config_dir / f"old.{suffix}").read_bytes()
    status, path = mail.data_dir.stat(), mail.data_dir / f"cache.{suffix}"

    def put(content):
        path.write_bytes(content)
        os.chown(path, status.st_uid, status.st_gid)
    put(data[:8192] + b"\xff" * (len(data) - 8192))
    for _ in range(2):
        state, error, _ = client.ask(PUT, f"{kind}:{mail.dir}/data/cache", ("new", "1"))
        assert state == RETRY and "damaged" in error
    put(data)
    assert client.ask(PUT, f"{kind}:{mail.dir}/data/cache", ("new", "1"))[0] == OK
    assert client.get(f"{kind}:{mail.dir}/data/cache", "key0", "key499", "new") == (OK, ["0", "499", "1"])
    assert sorted(os.listdir(mail.data_dir)) == [path.name]


@pytest.mark.parametrize("kind, suffix", [("btree", "db"), ("lmdb", "lmdb")])
def test_cache_that_is_cut_off(start, kind, suffix):
    """By somebody else, while it is open: at worst an error that names it, from a process that lives on."""
    mail, client = start("proxywrite")
    cache, path = f"{kind}:{mail.dir}/data/cache", mail.data_dir / f"cache.{suffix}"
    for number in range(0, 1000, 100):
        assert client.ask(PUT, cache, *((f"key{n}", "x" * 200) for n in range(number, number + 100)))[0] == OK
    os.truncate(path, 4096)
    for op, items in (GET, [f"key{n}" for n in range(100)]), (PUT, [("new", "1")]), (REMOVE, ["key1"]), (FIRST, []):
        state, error, _ = client.ask(op, cache, *items)
        assert state == OK if kind == "btree" else (state == RETRY and str(path) in error), error     # btree has it in memory


def test_bad_requests_end_the_connection_only(start):
    mail, client = start()
    client.socket.sendall(message("proxy_request", ("op", 99), ("table", "inline:{a=b}"), ("flags", 0)))
    with pytest.raises((EOFError, ConnectionError)):
        client.reply()
    again = Client(client.socket.getpeername())
    assert again.get("inline:{a=b}", "a") == (OK, ["b"])

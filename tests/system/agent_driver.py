# SPDX-License-Identifier: ISC
"""One delivery agent alone: this process plays master, the queue manager, and the services that the agent calls.

    with Agent(directory, "virtual", main={...}) as agent:
        result = agent.deliver(["user@example.test"], header=b"Subject: x\\n", body=b"text\\n")[0]
        assert result["status"] == SENT

Frames are those of lib/sys/msg.h.
"""

import array
import ctypes
import mmap
import os
import signal
import socket
import struct
import tempfile
import threading
import time

from instance import Instance

SENT, DEFERRED, BOUNCED, DELIVERABLE, UNDELIVERABLE = 1, 2, 3, 4, 5


class Fd(int):
    """A descriptor as a value."""


def encode_attributes(values, fds):
    out = b""
    for name, value in values.items():
        if isinstance(value, list):
            out += name.encode() + b"[\0%d\0" % len(value)
            for item in value:
                out += encode_attributes(item, fds) + b"\0"
            continue
        if isinstance(value, Fd):
            fds.append(int(value))
            value = len(fds) - 1
        elif isinstance(value, bool):
            value = int(value)
        if isinstance(value, int):
            value = str(value)
        if isinstance(value, str):
            value = value.encode()
        out += name.encode() + b"\0" + value + b"\0"
    return out


def decode_attributes(words, at=0):
    """Attributes up to an empty name or the end; and where that is."""
    values = {}
    while at < len(words) and words[at]:
        name, value = words[at].decode(), words[at + 1].decode("utf-8", "replace")
        at += 2
        if name.endswith("["):
            items = []
            for _ in range(int(value)):
                item, at = decode_attributes(words, at)
                at += 1
                items.append(item)
            values[name[:-1]] = items
        else:
            values[name] = value
    return values, at


class Peer:
    """A connection that carries frames."""

    def __init__(self, sock):
        self.sock = sock
        self.fds = []
        self.buffer = b""

    def send(self, name, **values):
        fds = []
        payload = name.encode() + b"\0" + b"1.0\0" + encode_attributes(values, fds)
        data = struct.pack(">IcB", len(payload), b"m", len(fds)) + payload
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        sent = self.sock.sendmsg([data], rights)
        self.sock.sendall(data[sent:])

    def fill(self, size):
        while len(self.buffer) < size:
            data, ancillary, _, _ = self.sock.recvmsg(65536, socket.CMSG_SPACE(8 * 4))
            for _, _, content in ancillary:
                self.fds.extend(struct.unpack(f"{len(content) // 4}i", content))
            if not data:
                raise EOFError
            self.buffer += data

    def receive(self):
        """(name, values) of a message, or (None, bytes) of a data frame."""
        self.fill(6)
        length, kind, count = struct.unpack(">IcB", self.buffer[:6])
        self.fill(6 + length)
        payload, self.buffer = self.buffer[6:6 + length], self.buffer[6 + length:]
        fds = [self.fds.pop(0) for _ in range(count)]
        if kind == b"d":
            return None, payload
        words = payload.split(b"\0")
        values, _ = decode_attributes(words[:-1], 2)
        for fd in fds:
            os.close(fd)
        return words[0].decode(), values


def private_passwd(path):
    """This process and its children see another /etc/passwd."""
    libc = ctypes.CDLL(None, use_errno=True)
    private, bind = 0x40000 | 0x4000, 0x1000
    assert libc.unshare(0x20000) == 0, os.strerror(ctypes.get_errno())
    assert libc.mount(b"none", b"/", None, private, None) == 0, os.strerror(ctypes.get_errno())
    assert libc.mount(str(path).encode(), b"/etc/passwd", None, bind, None) == 0, os.strerror(ctypes.get_errno())


class FakeCleanup:
    """Takes messages; .messages has (envelope, content) of each."""

    def __init__(self):
        self.messages = []
        self.reply = {"status": 0}

    def __call__(self, sock):
        peer, envelope, content, number = Peer(sock), None, b"", 1
        peer.send("mail_ready", queue_id="NEWID1")
        try:
            while True:
                name, values = peer.receive()
                if name is None:
                    content += values
                elif name == "mail_begin":
                    envelope, content = values, b""
                elif name == "mail_rcpts":
                    envelope["recipients"] += values["recipients"]
                elif name == "mail_end":
                    self.messages.append((envelope, content))
                    number += 1
                    peer.send("mail_done", **self.reply, queue_id=f"NEWID{number - 1}", next_queue_id=f"NEWID{number}")
        except (EOFError, OSError):
            pass


class FakeAgent:
    """Another transport: says what .result says of every recipient."""

    def __init__(self):
        self.requests = []
        self.result = {"status": SENT, "dsn": "2.0.0", "text": "taken"}

    def __call__(self, sock):
        peer = Peer(sock)
        peer.send("agent_ready")
        try:
            while True:
                _, values = peer.receive()
                self.requests.append(values)
                peer.send("delivered", recipients=[dict(self.result, offset=int(r.get("offset", 0)))
                                                   for r in values["recipients"]])
        except (EOFError, OSError):
            pass


class Agent:
    """services: name -> callable(socket), run in a thread for each introduction; passwd: a file in place of /etc/passwd."""

    def __init__(self, directory, program, main=None, services=None, uid=None, gid=None, passwd=None):
        self.instance = Instance(directory, main=main)
        self.program, self.services, self.uid, self.gid = program, services or {}, uid, gid
        self.passwd = passwd
        self.count = 0

    def __enter__(self):
        path = self.instance.dir / "socket"
        path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(5)
        ours, theirs = socket.socketpair()
        slot = os.memfd_create("slot")
        os.ftruncate(slot, mmap.PAGESIZE)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.become(theirs.fileno(), slot, self.listener.fileno())
            finally:
                os._exit(127)
        theirs.close()
        os.close(slot)
        self.link = Peer(ours)
        threading.Thread(target=self.play_master, daemon=True).start()
        self.qmgr = socket.socket(socket.AF_UNIX)
        self.qmgr.settimeout(60)
        self.qmgr.connect(str(path))
        self.queue = Peer(self.qmgr)
        self.queue.send("hello", program="qmgr", service="qmgr", pid=os.getpid())
        assert self.queue.receive()[0] == "agent_ready", self.instance.log_tail()
        return self

    def become(self, *fds):
        """The child: descriptors 3, 4 and 5, then the program."""
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)
        console = os.open(self.instance.console_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(console, 1)
        os.dup2(console, 2)
        os.closerange(6, 200)
        path = self.instance.prefix / "libexec" / "carteiro" / self.program
        if self.passwd:
            private_passwd(self.passwd)
        if self.uid is not None:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)
        os.execve(path, [str(path), "-n", self.program, "-t", "unix", "-s", "1", "-l", "0", "-i", "5"],
                  self.instance.environment() | {"ZZ_NOT_EXPORTED": "1"})

    def play_master(self):
        try:
            while True:
                name, values = self.link.receive()
                if name != "introduce":
                    continue
                service = self.services.get(values["service"])
                if service is None:
                    self.link.send("introduced", id=int(values["id"]), error="no such service")
                    continue
                ours, theirs = socket.socketpair()
                threading.Thread(target=service, args=(ours,), daemon=True).start()
                self.link.send("introduced", id=int(values["id"]), fd=Fd(theirs.fileno()))
                theirs.close()
        except (EOFError, OSError):
            pass

    def deliver(self, recipients, header=b"Subject: test\n", body=b"text\n", sender="sender@example.test", **more):
        """The results, in the order of the recipients. A recipient may be (address, original)."""
        self.count += 1
        pairs = [(r, "") if isinstance(r, str) else r for r in recipients]
        with tempfile.TemporaryFile() as file:
            file.write(b"PREAMBLE" + body + header)
            file.flush()
            now = int(time.time() * 1e6)
            rcpts = [{"offset": i + 1, "address": a} | ({"original": o} if o else {}) for i, (a, o) in enumerate(pairs)]
            values = {
                "queue_id": f"TEST{self.count}", "queue_name": "active", "transport": self.program, "sender": sender,
                "nexthop": "example.test", "body_offset": 8, "body_bytes": len(body), "header_offset": 8 + len(body),
                "header_bytes": len(header), "arrival_us": now, "active_us": now,
            } | more
            self.queue.send("deliver", **{k: v for k, v in values.items() if v != "" or k == "sender"},
                            fd=Fd(file.fileno()), recipients=rcpts)
            name, reply = self.queue.receive()
        assert name == "delivered"
        results = {int(r["offset"]): r for r in reply["recipients"]}
        return [results[i + 1] | {"status": int(results[i + 1]["status"])} for i in range(len(pairs))]

    def log(self):
        return self.instance.log()

    def __exit__(self, *exc):
        self.qmgr.close()
        self.link.sock.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        deadline = time.monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise AssertionError("the agent did not end")
            time.sleep(0.02)
        for port in self.instance.ports:
            port.release()
        if exc[0]:
            print(self.instance.log_tail(100))
            print(self.instance.console_path.read_text(errors="replace"))
        else:
            assert not self.instance.faults(), self.instance.faults()

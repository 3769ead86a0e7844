# SPDX-License-Identifier: ISC
"""Speak to a daemon of the suite in its own messages (lib/sys/msg.h), as master's introduction would let us.

The instance offers the daemon once more as a service of type pass, to which the tester brings a socket:

    mail = make_instance(services="dnsd-test pass - - n - - dnsd\\n")
    with ServiceClient(mail, "dnsd-test") as dnsd:
        dnsd.send("dns_ask", questions=[{"name": "example.test", "type": 15}])
        name, answers = dnsd.receive()

Values are str, bytes, int or bool; a list of dicts is a list; Fd(n) is a descriptor. What is received are
str and lists of dicts.
"""

import array
import socket


class Fd(int):
    """A descriptor to send."""


class ServiceClient:
    def __init__(self, instance, service, timeout=30):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door, theirs:
            door.connect(str(instance.queue_dir / "private" / service))
            socket.send_fds(door, [b"\0"], [theirs.fileno()])
        self.buffer = b""

    def send(self, message, **values):
        fds = []
        payload = message.encode() + b"\x001.0\0" + attributes(values, fds)
        frame = len(payload).to_bytes(4, "big") + b"m" + bytes([len(fds)]) + payload
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        sent = self.socket.sendmsg([frame], control)
        self.socket.sendall(frame[sent:])

    def read_exactly(self, count):
        while len(self.buffer) < count:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError("the service closed the connection")
            self.buffer += piece
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def receive(self):
        """(name of the message, its attributes)."""
        head = self.read_exactly(6)
        parts = self.read_exactly(int.from_bytes(head[:4], "big")).split(b"\0")
        return parts[0].decode(), parse(iter(parts[2:]))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def attributes(values, fds):
    out = b""
    for name, value in values.items():
        if isinstance(value, list):
            out += name.encode() + b"[\0" + str(len(value)).encode() + b"\0"
            for item in value:
                out += attributes(item, fds) + b"\0"
            continue
        if isinstance(value, Fd):
            fds.append(int(value))
            value = len(fds) - 1
        text = value if isinstance(value, bytes) else str(int(value) if isinstance(value, bool) else value).encode()
        out += name.encode() + b"\0" + text + b"\0"
    return out


def parse(parts):
    """Attributes until an empty name or the end."""
    values = {}
    for name in parts:
        if not name:
            break
        value = next(parts).decode(errors="surrogateescape")
        if name.endswith(b"["):
            values[name[:-1].decode()] = [parse(parts) for _ in range(int(value))]
        else:
            values[name.decode()] = value
    return values

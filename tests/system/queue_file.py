# SPDX-License-Identifier: ISC
"""Queue files made by hand, by the description in queue-file(5): an independent writer for tests.

    ids = put(mail, "incoming", sender="s@x.test", rcpts=["a@y.test"], age=3600)
    move(mail, ids[0], "incoming", "hold")

The instance may be running: a file appears under its name when it is complete and ready.
"""

import os
import pwd
import time

PREAMBLE = 512
LETTERS = "hbdnvl"
_last = [0]


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = _crc_table()


def new_id():
    """Short form: microseconds, then a number that no process of the instance gives."""
    now = max(int(time.time() * 1_000_000), _last[0] + 1)
    _last[0] = now
    return f"{now % 1_000_000:05X}{((now // 1_000_000 - 1577836800) % 2**28) << 12 | 0xFFE:X}"


def queue_path(mail, queue, queue_id):
    hashed = mail.main.get("hash_queue_names", "deferred, defer").replace(",", " ").split()
    folder = mail.queue_dir / queue
    return folder / queue_id[0] / queue_id if queue in hashed else folder / queue_id


def file_bytes(queue_id, sender, rcpts, header, body, arrival, attributes):
    """rcpts: addresses, or (address, {"notify": 7, "original": "o@x", "orcpt": "rfc822;o@x", "done": True})."""
    created = int(time.time() * 1_000_000)
    records = {"queue_id": queue_id, "sender": sender, "arrival_us": int(arrival * 1_000_000), "created_us": created,
               "rewrite_context": "local", "submit_uid": -1} | attributes
    envelope = "".join(f"{name}={value}\n" for name, value in records.items()).encode()
    lines = b""
    for rcpt in rcpts:
        address, how = rcpt if isinstance(rcpt, tuple) else (rcpt, {})
        lines += "{}\t{}\t{}\t{}\t{}\n".format("D" if how.get("done") else "R", how.get("notify", 0), address,
                                               how.get("original", ""), how.get("orcpt", "")).encode()
    at, numbers = PREAMBLE, {"minor": 0}
    for name, part in (("body", body), ("header", header), ("envelope", envelope), ("rcpts", lines)):
        numbers |= {name: at, f"{name}-bytes": len(part)}
        at += len(part)
    numbers |= {"rcpts-count": len(rcpts), "trailer": at, "longest-line": max(map(len, (header + body).split(b"\n"))),
                "size-crlf": len(header + b"\n" + body) + (header + b"\n" + body).count(b"\n")}
    preamble = "carteiro queue file 1\n"
    for name in ("minor", "body", "body-bytes", "header", "header-bytes", "envelope", "envelope-bytes", "rcpts",
                 "rcpts-bytes", "rcpts-count", "trailer", "size-crlf", "longest-line"):
        preamble += f"{name:<15}{numbers[name]:019d}\n"
    preamble = (preamble + "-" * len(LETTERS)).ljust(PREAMBLE - 1) + "\n"
    marked = b"".join(b"R" + line[1:] for line in lines.splitlines(keepends=True))
    crc = crc32c(body + header + envelope + marked + preamble.encode())
    return preamble.encode() + body + header + envelope + lines + f"end crc32c={crc:08x}\n".encode()


def put(mail, queue="incoming", sender="sender@client.test", rcpts=("rcpt@ok.test",), count=1, age=0,
        header=b"Subject: test\nFrom: sender@client.test\n", body=b"hello\n", mode=0o700, due=0, **attributes):
    """Make messages; their queue IDs. age: seconds since arrival; due: seconds until the next attempt."""
    ids = []
    owner = pwd.getpwnam(mail.main["mail_owner"])
    for _ in range(count):
        queue_id = new_id()
        path = queue_path(mail, queue, queue_id)
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(path.parent, owner.pw_uid, owner.pw_gid)
        temporary = mail.dir / f"new-{queue_id}"
        temporary.write_bytes(file_bytes(queue_id, sender, rcpts, header, body, time.time() - age, attributes))
        temporary.chmod(mode)
        if os.geteuid() == 0:
            os.chown(temporary, owner.pw_uid, owner.pw_gid)
        os.utime(temporary, (time.time(), time.time() + due))
        temporary.rename(path)
        ids.append(queue_id)
    return ids


def find(mail, queue_id):
    """The queues that hold this ID."""
    return sorted(path.relative_to(mail.queue_dir).parts[0] for path in mail.queue_dir.glob(f"**/{queue_id}"))


def wait_for(mail, queue_id, queues, timeout=10):
    """Wait until the ID is in these queues and logs, and in no others. Records follow the log line by a moment."""
    deadline = time.monotonic() + timeout
    while find(mail, queue_id) != sorted(queues):
        assert time.monotonic() < deadline, f"{queue_id} is in {find(mail, queue_id)}, not in {queues}\n{mail.log_tail()}"
        time.sleep(0.02)

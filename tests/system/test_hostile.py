# SPDX-License-Identifier: ISC
"""What strangers may send and what may be found in the queue: nobody else's mail waits for it."""

import os

import pytest

from queue_file import crc32c, new_id, put, queue_path

MAIN = {"default_transport": "discard", "relay_domains": "example.test", "relay_transport": "discard",
        "smtpd_peername_lookup": "no", "smtpd_error_sleep_time": "0"}


def send(mail, content, sender="a@x.test", rcpts=("b@example.test",)):
    """The queue ID."""
    with mail.smtp() as client:
        client.ehlo()
        return client.mail(sender, rcpts, content).text.rsplit(" ", 1)[1]


def wait_removed(mail, queue_id):
    mail.wait_log(f"{queue_id}: removed")


@pytest.fixture
def mail(make_instance):
    return make_instance(main=MAIN)


def test_nul_in_the_header(mail):
    """A message ID goes beside the file, in frames that cannot hold a NUL."""
    bad = send(mail, b"Message-Id: <one\0two@x.test>\nSubject: \0\nFrom: a\0b <\0@\0>\nTo: \0\n\n\0\n")
    wait_removed(mail, send(mail, b"Subject: hello\n\nhello\n"))
    wait_removed(mail, bad)


def test_nul_in_a_recipient(mail):
    """What was submitted behind it goes on."""
    mail.command("sendmail", "-f", "", "-t", stdin=b"To: a\0b@example.test\nSubject: x\n\nhello\n")
    mail.command("sendmail", "-f", "", "c@example.test", stdin=b"Subject: x\n\nhello\n")
    mail.wait_log(r"to=<c@example\.test>.* status=sent")
    assert not list((mail.queue_dir / "maildrop").iterdir())


def test_address_that_becomes_too_long(mail):
    """With our domain behind it: its sender is told, and it does not wait in maildrop for ever."""
    for rest in (["x" * 2040], ["-t"]):
        mail.command("sendmail", "-f", "a@example.test", *rest, stdin=b"To: " + b"y" * 2040 + b"\nSubject: x\n\nhello\n")
    mail.wait_log(r"to=<a@example\.test>.* status=sent[^$]*to=<a@example\.test>.* status=sent")
    assert not list((mail.queue_dir / "maildrop").iterdir())


def test_request_larger_than_a_frame(make_instance):
    """Recipients that do not fit into one request go alone."""
    mail = make_instance(main=MAIN | {"default_destination_recipient_limit": "1000"})
    rcpts = [(f"user{n}@example.test", {"original": "o" * 2000, "orcpt": "rfc822;" + "p" * 2000}) for n in range(300)]
    queue_id, = put(mail, rcpts=rcpts)
    mail.command("postqueue", "-f")
    wait_removed(mail, send(mail, b"Subject: hello\n\nhello\n"))
    wait_removed(mail, queue_id)
    assert mail.log().count("status=sent") == 301


def test_strange_files_in_the_queue(mail):
    """A FIFO, directories and symbolic links under a message's name stop neither mail nor its listing."""
    for queue in ("incoming", "active", "deferred", "hold"):
        where = mail.queue_dir / queue / "0" if queue == "deferred" else mail.queue_dir / queue
        where.mkdir(exist_ok=True)
        where.chmod(0o777)
        for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/passwd", path)):
            make(where / f"0{new_id()[1:]}")
    mail.command("postqueue", "-f")
    wait_removed(mail, send(mail, b"Subject: hello\n\nhello\n"))
    assert mail.command("postqueue", "-p", timeout=20).stdout == b"Mail queue is empty\n"


def test_sizes_beyond_all_numbers(mail):
    """The preamble says what it likes: the listing adds it up without harm."""
    for queue_id in put(mail, "hold", count=3):
        path = queue_path(mail, "hold", queue_id)
        preamble, rest = path.read_bytes()[:512], path.read_bytes()[512:-20]
        at = preamble.index(b"size-crlf") + 15
        preamble = preamble[:at] + b"%d" % (2 ** 63 - 1) + preamble[at + 19:]
        path.write_bytes(preamble + rest + b"end crc32c=%08x\n" % crc32c(rest + preamble))
    assert mail.command("postqueue", "-p").stdout.endswith(b"in 3 Requests.\n")
    assert mail.command("postqueue", "-j").stdout.count(b"9223372036854775807") == 3


def test_strange_files_for_reasons(mail):
    """What is no regular file beside a message, where its failures should stand, holds up neither listing nor delivery."""
    for log in ("defer", "bounce"):
        for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/passwd", path)):
            queue_id, = put(mail, "deferred", due=1000)
            path = queue_path(mail, log, queue_id)
            path.parent.mkdir(exist_ok=True)
            make(path)
            for made in (path.parent, path):
                os.chown(made, *owner_of(mail.data_dir), follow_symlinks=False)
    assert mail.command("postqueue", "-p", timeout=20).stdout.endswith(b"in 6 Requests.\n")
    mail.command("postqueue", "-f")
    wait_removed(mail, queue_id)


def owner_of(path):
    return path.stat().st_uid, path.stat().st_gid

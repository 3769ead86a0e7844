# SPDX-License-Identifier: ISC
"""Disks that are full, at each step of a message: it is refused for now or waits, and nothing is lost or half written."""

import contextlib
import os
import pathlib
import re
import subprocess
import tempfile
import time

import pytest

from instance import prefix
from smtp_sink import Delay

pytestmark = [
    pytest.mark.skipif(prefix() is None or not (prefix() / "libexec" / "carteiro" / "local").exists(), reason="local is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root"),
]

BIG = b"Subject: big\n\n" + b"0123456789" * 7 + b"\n" + (b"x" * 70 + b"\n") * 4000      # 280 kB
USER = "games"                  # of every Debian


@contextlib.contextmanager
def small_disk(path, size, owner=0, mode=0o755):
    path.mkdir(exist_ok=True, parents=True)
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode={mode:o},uid={owner}", "tmpfs", path], check=True, capture_output=True)
    except subprocess.CalledProcessError:
        pytest.skip("this machine mounts nothing")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def fill(path, leave=0):
    """No more than `leave` bytes are free."""
    filler = path / "filler"
    with open(filler, "ab", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
    if leave:
        os.truncate(filler, max(0, filler.stat().st_size - leave))
    return filler


def flush(mail):
    mail.command("postqueue", "-f")


@pytest.fixture
def mail(make_instance, sink):
    """The queue lies on one small disk, mailboxes on another."""
    with tempfile.TemporaryDirectory(prefix="carteiro-disks-") as directory, contextlib.ExitStack() as stack:
        root = pathlib.Path(directory)
        root.chmod(0o755)
        spool = stack.enter_context(small_disk(root / "spool", "8m"))
        boxes = stack.enter_context(small_disk(root / "boxes", "1m", mode=0o1777))
        instance = make_instance(main={
            "queue_directory": spool, "mydestination": "host.test", "myhostname": "host.test", "myorigin": "host.test", "local_recipient_maps": "",
            "mail_spool_directory": f"{boxes}/", "message_size_limit": "1000000", "minimal_backoff_time": "1s", "maximal_backoff_time": "1s",
            "queue_run_delay": "1s", "default_transport": f"smtp:[127.0.0.1]:{sink.port}", "smtp_tls_security_level": "none",
            "smtpd_peername_lookup": "no", "alias_maps": f"inline:{{ {{mbox = {boxes}/file}} }}", "default_privs": USER})
        instance.spool, instance.boxes = spool, boxes
        yield instance
        instance.stop()


def test_a_full_queue(mail, sink):
    before = mail.smtp()
    before.ehlo()
    before.expect("MAIL FROM:<a@x.test>", 250)
    before.expect("RCPT TO:<late@far.test>", 250)
    filler = fill(mail.spool)

    # A new message is refused at MAIL; one that has its envelope at the end of its content; a user's with a status of "later".
    with mail.smtp() as client:
        client.ehlo()
        assert client.cmd("MAIL FROM:<a@x.test>").text.startswith("4.3.1 ")
    reply = before.data(BIG)
    assert 450 <= reply.code <= 452, reply
    done = mail.command("sendmail", "-f", "a@x.test", "user@far.test", stdin=BIG, check=False)
    assert done.returncode == 75, done
    left = [path for name in ("maildrop", "incoming", "active") for path in (mail.spool / name).rglob("*") if path.is_file() and path.name[0] != "."]
    assert left == []

    # When there is room again, all is as before.
    filler.unlink()
    assert before.cmd("RSET").code == 250
    before.mail("a@x.test", ["late@far.test"], BIG)
    before.close()
    assert [m.recipients for m in sink.wait(1)] == [["late@far.test"]]


def test_a_report_that_finds_no_room(mail, sink):
    """A recipient fails while nothing can be written: the message waits, and is returned later, once."""
    sink.on("MAIL FROM:<back@", Delay(2), times=1)
    sink.on("RCPT TO:<bad@", "550 5.1.1 no")
    with mail.smtp() as client:
        client.ehlo()
        client.mail("back@far.test", ["bad@far.test"], b"Subject: y\n\ny\n")
    filler = fill(mail.spool)
    mail.wait_log(r"to=<bad@far\.test>.* status=bounced")
    time.sleep(1)
    assert not any("back@far.test" in m.recipients for m in sink.messages)
    filler.unlink()
    flush(mail)
    deadline = time.monotonic() + 20
    while not any("back@far.test" in m.recipients for m in sink.messages) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [m.recipients for m in sink.messages if "back@far.test" in m.recipients] == [["back@far.test"]]


def test_a_full_mailbox_disk(mail):
    """Into a Maildir and into a file: the message waits (4.2.2 or 4.2.0), nothing half written stays, and it arrives when there is room, once."""
    filler = fill(mail.boxes, leave=100000)
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@x.test", [f"{USER}@host.test"], BIG)
        client.mail("a@x.test", ["mbox@host.test"], BIG)
    for recipient in (USER, "mbox"):
        line = mail.wait_log(rf"to=<{recipient}@host\.test>.* dsn=(\S+), status=(\w+) .*").group(0)
        assert re.search(r"dsn=4\.(2|3)\.\d, status=deferred .*No space left", line), line
    files = [path for path in mail.boxes.rglob("*") if path.is_file() and path != filler]
    assert sum(path.stat().st_size for path in files) == 0, files
    filler.unlink()
    flush(mail)
    mail.wait_log(rf"to=<{USER}@host\.test>.* status=sent")
    mail.wait_log(r"to=<mbox@host\.test>.* status=sent")
    texts = [path.read_bytes() for path in mail.boxes.rglob("*") if path.is_file()]
    assert len(texts) == 2 and all(text.count(b"Subject: big") == 1 and text.rstrip().endswith(b"x" * 70) for text in texts)

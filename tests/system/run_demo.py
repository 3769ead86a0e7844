#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What `./dev run` shows: two private mail systems on loopback ports, and real messages going through them.

The first takes mail by SMTP and by sendmail for example.test (Maildirs) and for a user of this machine
(an mbox), and relays mail for far.test to the second, which it finds through a test name server. An
address that nobody has comes back as a bounce. Every message must be where it should, unchanged.
"""

import argparse
import collections
import email
import email.utils
import hashlib
import mailbox
import os
import pathlib
import pwd
import re
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from dns_server import DnsServer
from instance import Instance, prefix
from smtp_client import SmtpClient

WAIT_S = 30
SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared" / "testdata" / "mime" / "messages"
OWN = pathlib.Path(__file__).resolve().parents[1] / "data" / "messages"
COUNT = 300
RELAYED = 20
BY_SENDMAIL = 5
ZONE = ["far.test MX 10 mx.far.test.", "mx.far.test A 127.0.0.1", "example.test MX 10 mail.example.test.", "mail.example.test A 127.0.0.1"]


def say(text=""):
    print(text, flush=True)


def samples():
    """Messages with CRLF line ends, those of the test data where it is, else our own."""
    files = sorted(SHARED.glob("*.eml")) or sorted(OWN.glob("*.eml"))
    step = max(1, len(files) // COUNT)
    chosen = files[::step][:COUNT]
    where = "the test data beside this tree" if SHARED.is_dir() else "our own samples"
    return [path.read_bytes() for path in chosen], where


def local_user():
    """Somebody with a mailbox on this machine: ourselves, or as root a user that every Debian has."""
    return "games" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def owner():
    """Who owns the Maildirs: virtual_minimum_uid allows us from 1 up."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("games")
        return user.pw_uid, user.pw_gid
    return os.geteuid(), os.getegid()


def body_of(message):
    """The bytes after the header, as they must arrive: line ends as LF, one at the end. A line that is no header
    field ends the header too: what follows is body, and gets an empty line before it on its way."""
    lines = message.replace(b"\r\n", b"\n").split(b"\n")
    end = 0
    while end < len(lines) and (re.match(rb"[!-9;-~]+[ \t]*:", lines[end]) or (end > 0 and lines[end][:1] in (b" ", b"\t"))):
        end += 1
    if end < len(lines) and lines[end] == b"":
        end += 1
    body = b"\n".join(lines[end:])
    return body if body.endswith(b"\n") or not body else body + b"\n"


def digest(message):
    return hashlib.sha256(body_of(message)).hexdigest()


def maildir_messages(path):
    """The files in new/ and cur/ of a Maildir."""
    return [f for sub in ("new", "cur") for f in sorted((path / sub).glob("*")) if f.is_file()]


def wait_for(what, count, found):
    """Until found() is count or more. The number at the end."""
    deadline = time.monotonic() + WAIT_S
    while found() < count and time.monotonic() < deadline:
        time.sleep(0.05)
    number = found()
    if number < count:
        say(f"  {what}: only {number} of {count} after {WAIT_S} s")
    return number


class Demo:
    def __init__(self, directory, dns):
        self.dir = pathlib.Path(directory)
        self.dns = dns
        self.problems = []
        uid, gid = owner()
        self.mail_dir = self.dir / "mail"
        self.spool = self.dir / "mbox"
        for path, mode in ((self.dir, 0o755), (self.mail_dir, 0o755), (self.spool, 0o1777)):
            path.mkdir(exist_ok=True)
            path.chmod(mode)
        if os.geteuid() == 0:
            os.chown(self.mail_dir, uid, gid)
        boxes = {"virtual_uid_maps": f"static:{uid}", "virtual_gid_maps": f"static:{gid}", "virtual_minimum_uid": 1,
                 "virtual_mailbox_base": self.mail_dir, "recipient_delimiter": "+", "message_size_limit": 50000000,
                 "virtual_mailbox_limit": 0, "mailbox_size_limit": 0,
                 # Some of the test data are meant to break mail programs.
                 "mime_nesting_limit": 1000, "hopcount_limit": 200, "smtp_line_length_limit": 0}
        self.far = Instance(self.dir / "far", dns=dns, main=boxes | {
            "myhostname": "mx.far.test", "virtual_mailbox_domains": "far.test",
            "virtual_mailbox_maps": "inline:{ friend@far.test=far-friend/ }"})
        self.near = Instance(self.dir / "near", dns=dns, main=boxes | {
            "myhostname": "mail.example.test", "mydestination": "local.test",
            "virtual_mailbox_domains": "example.test",
            "virtual_mailbox_maps": "inline:{ ana@example.test=ana/ , box@example.test=box/ }",
            "mail_spool_directory": self.spool, "local_recipient_maps": "",
            "transport_maps": f"inline:{{ far.test=smtp:far.test:{self.far.smtp_port} }}"})

    def check(self, what, good, wanted, detail=""):
        mark = "ok " if good == wanted else "BAD"
        say(f"  {mark} {what}: {good} of {wanted}{detail}")
        if good != wanted:
            self.problems.append(what)

    def send_smtp(self, messages):
        """All on a few connections, one recipient address per message so that each can be told apart."""
        sent = {}
        client = None
        for number, message in enumerate(messages):
            if number % 50 == 0:
                if client:
                    client.expect("QUIT", 221)
                client = SmtpClient("127.0.0.1", self.near.smtp_port)
                client.expect("EHLO demo.test", 250)
            rcpt = f"box+{number}@example.test"
            client.expect(f"MAIL FROM:<ana@example.test> SIZE={len(message)} BODY=8BITMIME", 250)
            client.expect(f"RCPT TO:<{rcpt}>", 250)
            client.expect("DATA", 354)
            client.send_raw(stuff(message))
            reply = client.reply()
            if reply.code == 250:
                sent[rcpt] = digest(message)
            else:
                say(f"  refused: message {number}: {reply}")
                self.problems.append(f"message {number} refused")
        if client:
            client.expect("QUIT", 221)
        return sent

    def check_maildir(self, sent):
        box = self.mail_dir / "box"
        wait_for("Maildir", len(sent), lambda: len(maildir_messages(box)))
        good, seen = 0, set()
        for path in maildir_messages(box):
            text = path.read_bytes()
            match = re.search(rb"^Delivered-To: (.*)$", text, re.M)
            rcpt = match.group(1).decode() if match else None
            if rcpt in sent and rcpt not in seen and digest(text) == sent[rcpt]:
                good += 1
            seen.add(rcpt)
        self.check(f"messages in the Maildir {box}, bodies byte for byte", good, len(sent))

    def check_sendmail(self):
        user = local_user()
        for number in range(BY_SENDMAIL):
            text = f"From: demo\nTo: {user}@local.test\nSubject: by sendmail {number}\n\nFrom here on, line {number}.\n.\nend\n"
            self.near.command("sendmail", "-i", "-f", "ana@example.test", f"{user}@local.test", stdin=text.encode())
        path = self.spool / user
        count = lambda: len(mailbox.mbox(path)) if path.exists() else 0
        wait_for("mbox", BY_SENDMAIL, count)
        box = mailbox.mbox(path) if path.exists() else []
        good = sum(1 for m in box if re.match(r"by sendmail \d", m["subject"] or "")
                   and m.get_payload().startswith(">From here on"))
        self.check(f"messages by sendmail in the mbox {path}", good, BY_SENDMAIL)

    def check_relay(self, messages):
        messages = messages[:RELAYED]
        with SmtpClient("127.0.0.1", self.near.smtp_port) as client:
            client.expect("EHLO demo.test", 250)
            for message in messages:
                client.expect("MAIL FROM:<ana@example.test> BODY=8BITMIME", 250)
                client.expect("RCPT TO:<friend@far.test>", 250)
                client.expect("DATA", 354)
                client.send_raw(stuff(message))
                client.reply()
        box = self.mail_dir / "far-friend"
        wait_for("relay", len(messages), lambda: len(maildir_messages(box)))
        wanted = collections.Counter(digest(m) for m in messages)
        got = collections.Counter(digest(p.read_bytes()) for p in maildir_messages(box))
        self.check("messages relayed to the second system, found by MX", (wanted & got).total(), len(messages))

    def check_bounce(self):
        with SmtpClient("127.0.0.1", self.near.smtp_port) as client:
            client.expect("EHLO demo.test", 250)
            client.expect("MAIL FROM:<ana@example.test>", 250)
            refused = client.cmd("RCPT TO:<nobody@example.test>")
            say(f"  an address that we know nobody has is refused at once: {refused.code} {refused.text}")
            if refused.code != 550:
                self.problems.append("unknown recipient was not refused")
            client.expect("RCPT TO:<nobody@far.test>", 250)
            client.expect("DATA", 354)
            client.send_raw(b"Subject: to nobody\r\n\r\nwill come back\r\n.\r\n")
            client.reply()
        box = self.mail_dir / "ana"
        wait_for("bounce", 1, lambda: len(maildir_messages(box)))
        reports = [email.message_from_bytes(p.read_bytes()) for p in maildir_messages(box)]
        good = [r for r in reports if r.get_content_type() == "multipart/report"
                and b"Final-Recipient: rfc822; nobody@far.test" in r.as_bytes()
                and b"Status: 5.1.1" in r.as_bytes()]
        self.check("bounce of an address that only the other system knows to be nobody's", len(good), 1)

    def run(self, once):
        messages, where = samples()
        start = time.monotonic()
        with self.far, self.near:
            say(f"Two mail systems run under {self.dir}, started in {time.monotonic() - start:.2f} s.")
            say(f"Sending {len(messages)} messages from {where}:")
            begun = time.monotonic()
            sent = self.send_smtp(messages)
            say(f"  accepted {len(sent)} by SMTP in {time.monotonic() - begun:.2f} s")
            self.check("accepted", len(sent), len(messages))
            self.check_maildir(sent)
            self.check_sendmail()
            self.check_relay(messages)
            self.check_bounce()
            say("Everything arrived where it should." if not self.problems else "Problems: " + "; ".join(self.problems))
            if not once and not self.problems:
                self.farewell()

    def farewell(self):
        etc = self.near.config_dir
        sbin = prefix() / "sbin"
        say()
        say("It goes on running. Try, in another terminal:")
        say(f"  export MAIL_CONFIG={etc} PATH={sbin}:$PATH")
        say("  printf 'Subject: hello\\n\\nIt works.\\n' | sendmail ana@example.test friend@far.test")
        say(f"  tail -n 4 {self.mail_dir}/ana/new/* {self.mail_dir}/far-friend/new/*    # Maildirs of both systems")
        say(f"  tail -n 20 {self.near.log_path} {self.far.log_path}")
        say("  mailq; postconf -n; carteiro topology -r")
        say(f"  swaks --server 127.0.0.1:{self.near.smtp_port} --from ana@example.test --to box@example.test    # package swaks")
        say("Ctrl-C ends it.")
        while True:
            time.sleep(3600)


def stuff(message):
    """CRLF line ends as they are, dots doubled, the final dot."""
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", message) + b".\r\n"


def make_directory():
    return tempfile.mkdtemp(prefix="carteiro-")


def main():
    parser = argparse.ArgumentParser(prog="./dev run", description="Start two private mail systems and send real messages.")
    parser.add_argument("--once", action="store_true", help="stop at the end; status 0 only if every message arrived")
    args = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):              # the shell of a script has SIGINT ignored in what it starts with &
        signal.signal(number, signal.default_int_handler)
    directory = make_directory()
    good = False
    try:
        with DnsServer(ZONE) as dns:
            demo = Demo(directory, dns)
            demo.run(args.once)
            good = not demo.problems
    except KeyboardInterrupt:
        say("\nStopped.")
        good = not args.once
    finally:
        if good:
            shutil.rmtree(directory, ignore_errors=True)
        else:
            say(f"What is left of it, with the logs: {directory}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

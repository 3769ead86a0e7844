# SPDX-License-Identifier: ISC
"""Parameters of the queue that need no test of their own: many in one instance, whose mail all goes to one server."""

import re
import time

import pytest

from instance import prefix
from smtp_sink import Delay

pytestmark = pytest.mark.skipif(prefix() is None or not (prefix() / "libexec" / "carteiro" / "smtp").exists(), reason="smtp is not installed")

MAIN = {
    "myorigin": "origin.test", "info_log_address_format": "internal", "default_verp_delimiters": "-=", "verp_delimiter_filter": "-=/",
    "notify_classes": "policy, resource", "error_notice_recipient": "watch@far.test",
    "smtpd_sender_restrictions": "check_sender_access inline:{ {evil@x.test = REJECT go away} }",
    "disable_verp_bounces": "yes", "full_name_encoding_charset": "iso-8859-1", "qmgr_message_active_limit": "10",
}


def submit(mail, *args, text="Subject: x\n\ntext\n"):
    return mail.command("sendmail", *args, stdin=text.encode(), check=False)


def arrived(sink, recipient):
    """The message to somebody, once it is there."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for message in list(sink.messages):
            if recipient in message.recipients:
                return message
        time.sleep(0.02)
    raise AssertionError(f"nothing for {recipient} arrived")


def check_verp(mail, sink):
    assert submit(mail, "-XV", "-f", "list@x.test", "one@far.test", "two@far.test").returncode == 0
    assert arrived(sink, "one@far.test").sender == "list-one=far.test@x.test"
    assert arrived(sink, "two@far.test").sender == "list-two=far.test@x.test"
    assert submit(mail, "-XV/=", "-f", "list@x.test", "three@far.test").returncode == 0
    assert arrived(sink, "three@far.test").sender == "list/three=far.test@x.test"
    refused = submit(mail, "-XV+=", "-f", "list@x.test", "four@far.test")
    assert refused.returncode != 0 and b"-XV requires two characters from -=/" in refused.stderr


def check_verp_notice(mail, sink):
    """One report, to the address as it was given."""
    assert submit(mail, "-XV", "-f", "owner@far.test", "a@bad.test", "b@bad.test").returncode == 0
    text = arrived(sink, "owner@far.test").data
    assert text.count(b"Final-Recipient:") == 2


def check_encoding(mail, sink):
    with mail.smtp() as c:
        c.ehlo()
        c.mail("a@x.test", ["eight@far.test"], b"Content-Transfer-Encoding: 8bit\nSubject: x\n\nplain\n")
        c.mail("a@x.test", ["seven@far.test"], b"Content-Transfer-Encoding: 7bit\nSubject: x\n\nplain\n")
    assert "BODY=8BITMIME" in arrived(sink, "eight@far.test").mail_params
    assert "BODY=8BITMIME" not in arrived(sink, "seven@far.test").mail_params


def check_full_name(mail, sink):
    done = mail.command("sendmail", "-F", b"J\xfcrgen".decode("utf-8", "surrogateescape"), "-f", "j@x.test", "name@far.test", stdin=b"Subject: x\n\ntext\n")
    assert done.returncode == 0
    assert b"From: =?iso-8859-1?Q?J=FCrgen?= <j@x.test>" in arrived(sink, "name@far.test").data
    mail.command("sendmail", "-F", "J. Doe", "-f", "j@x.test", "doe@far.test", stdin=b"Subject: x\n\ntext\n")
    assert b'From: "J. Doe" <j@x.test>' in arrived(sink, "doe@far.test").data


def check_log(mail, sink):
    with mail.smtp() as c:
        c.ehlo()
        c.mail('"s s"@x.test', ['"a b"@far.test'], b"Subject: x\n\ntext\n")
    mail.wait_log(r"from=<s s@x\.test>, size=")
    mail.wait_log(r"to=<a b@far\.test>, relay=")


def check_transcript(mail, sink):
    """What was said in a session with a refusal of a class that is named; protocol is not."""
    with mail.smtp() as c:
        c.ehlo()
        c.cmd("NONSENSE")
    with mail.smtp() as c:
        c.ehlo("client.test")
        c.cmd("MAIL FROM:<evil@x.test>")
        c.cmd("AUTH PLAIN AGpvZQBzZWNyZXQ=")
        c.cmd("RCPT TO:<good@far.test>")
        c.cmd("MAIL FROM:<" + "x" * 300 + "@x.test>")
    message = arrived(sink, "watch@far.test")
    text = message.data.decode().replace("\r\n", "\n")
    assert message.sender.startswith("double-bounce@")
    assert re.search(r"Subject: Postfix SMTP server: errors from \S+\[127\.0\.0\.1\]", text)
    assert re.search(r"^ Out: 220 .*\n In:  ehlo client\.test\n Out: 250-", text, re.M | re.I)
    assert re.search(r"^ Out: 554 5\.7\.1 <evil@x\.test>: Sender address rejected: go away$", text, re.M)
    assert re.search(r"^ In:  MAIL FROM:<x{150,}\.\.\.$", text, re.M)
    assert " In:  AUTH ...\n" in text and "AGpvZQ" not in text
    assert "NONSENSE" not in text and len([m for m in sink.messages if "watch@far.test" in m.recipients]) == 1


def check_clog(mail, sink):
    """More than a fifth of what the memory takes for one destination: said once in qmgr_clog_warn_time."""
    sink.on("DATA", Delay(1.5), times=4)
    with mail.smtp() as c:
        c.ehlo()
        for number in range(5):
            c.mail("a@x.test", [f"clog{number}@far.test"], b"Subject: x\n\ntext\n")
    mail.wait_log(r"warning: mail for \[127\.0\.0\.1\]:\d+ is using up 3 of \d+ active queue entries")
    arrived(sink, "clog4@far.test")
    assert len(re.findall("is using up", mail.log())) == 1


def test_parameters(make_instance, sink):
    mail = make_instance(main=MAIN | {"default_transport": f"smtp:[127.0.0.1]:{sink.port}", "transport_maps": "inline:{ {bad.test = error:5.1.1 nobody} }",
                                      "smtp_tls_security_level": "none"})
    for check in (check_verp, check_verp_notice, check_encoding, check_full_name, check_log, check_transcript, check_clog):
        check(mail, sink)

# SPDX-License-Identifier: ISC
"""A message's whole way: in by SMTP, through the queue, out by SMTP to another server."""

import re
import time


def test_relayed_mail_arrives_and_leaves_the_queue(make_instance, dns, sink):
    mail = make_instance(dns=dns, main={"relayhost": f"[{sink.host}]:{sink.port}", "smtp_tls_security_level": "none"})
    for i in range(5):
        with mail.smtp() as client:
            client.ehlo()
            client.mail("a@x.test", [f"b{i}@y.test", f"c{i}@z.test"], b"Subject: relayed\n.X-Dot: 1\n\n" + (b".dot\n" if i else b"") + b"hello\n")
    messages = sink.wait(5)
    assert sorted(r for m in messages for r in m.recipients) == sorted(f"{u}{i}@{d}.test" for u, d in ("by", "cz") for i in range(5))
    for message in messages:
        assert re.search(rb"\r\nReceived: from .*by mail.example.test", b"\r\n" + message.data, re.S)
        dot = b"" if message.recipients[0][1] == "0" else b".dot\r\n"
        assert b"\r\n.X-Dot: 1\r\n" in message.data and message.data.endswith(b"\r\n\r\n" + dot + b"hello\r\n")
    mail.wait_log(r"postfix/smtp\[\d+\]: \S+: to=<b4@y.test>, relay=127.0.0.1\[127.0.0.1\]:\d+, .*status=sent \(250 2.0.0 kept\)")
    mail.wait_log(r"postfix/qmgr\[\d+\]: \S+: removed")


def test_mail_that_cannot_be_delivered_now_waits(make_instance, dns, sink):
    mail = make_instance(dns=dns, main={"relayhost": f"[{sink.host}]:{sink.port}", "smtp_tls_security_level": "none"})
    sink.on("RCPT", "450 4.2.0 later")
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@x.test", ["b@y.test"], b"Subject: x\n\nx\n")
    mail.wait_log(r"status=deferred \(host 127.0.0.1\[127.0.0.1\] said: 450 4.2.0 later \(in reply to RCPT TO command\)\)")
    sink.forget_rules()
    deadline = time.monotonic() + 15            # the queue manager puts it aside only after this line
    while not sink.messages and time.monotonic() < deadline:
        mail.command("postqueue", "-f")
        time.sleep(0.3)
    assert len(sink.messages) == 1

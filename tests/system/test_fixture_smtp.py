# SPDX-License-Identifier: ISC
"""The SMTP sink and the raw client, tried on each other."""

import socket
import time

import pytest

from smtp_client import Closed, SmtpClient, dot_stuff
from smtp_sink import CLOSE, END_OF_DATA, HANG, Delay, SmtpSink

MAIL = b"Subject: dots\n\n.\n..two\nend\n"


def connect(sink, **how):
    return SmtpClient(sink.host, sink.port, **how)


def test_message_arrives_whole(sink):
    with connect(sink) as c:
        assert "PIPELINING" in c.ehlo("me.test")
        c.mail("a@x.test", ["b@y.test", "c@y.test"], MAIL)
        c.expect("QUIT", 221)
        assert c.is_closed()
    message = sink.wait(1)[0]
    assert (message.sender, message.recipients) == ("a@x.test", ["b@y.test", "c@y.test"])
    assert (message.helo, message.is_tls, message.peer) == ("me.test", False, "127.0.0.1")
    assert message.data == MAIL.replace(b"\n", b"\r\n")


def test_parameters_are_kept(sink):
    with connect(sink) as c:
        c.ehlo()
        c.expect("MAIL FROM:<> BODY=8BITMIME RET=HDRS", 250)
        c.expect("RCPT TO:<b@y.test> NOTIFY=NEVER", 250)
        c.data(b"x")
    message = sink.wait(1)[0]
    assert message.mail_params == ["BODY=8BITMIME", "RET=HDRS"]
    assert message.rcpt_params == [["NOTIFY=NEVER"]]


def test_pipelining_and_bdat(sink):
    with connect(sink) as c:
        c.ehlo()
        c.send_raw(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nBDAT 3\r\nab\nBDAT 2 LAST\r\ncd")
        assert [c.reply().code for _ in range(4)] == [250] * 4
    assert sink.wait(1)[0].data == b"ab\ncd"


def test_rules(sink):
    sink.on("RCPT TO:<bad@", "550 5.1.1 no such user")
    sink.on("DATA", "451 4.3.0 later", times=1)
    with connect(sink) as c:
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        refused = c.cmd("RCPT TO:<bad@y.test>")
        assert (refused.code, refused.dsn) == (550, "5.1.1")
        c.expect("RCPT TO:<good@y.test>", 250)
        c.expect("DATA", 451)
        assert c.data(b"x").code == 250
    assert sink.wait(1)[0].recipients == ["good@y.test"]
    assert sink.commands("RCPT") == ["RCPT TO:<bad@y.test>", "RCPT TO:<good@y.test>"]


def test_refusal_at_end_of_data_keeps_nothing(sink):
    sink.on(END_OF_DATA, "552 5.2.2 full")
    with connect(sink) as c:
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        c.expect("RCPT TO:<b@y.test>", 250)
        assert c.data(b"x").code == 552
    with pytest.raises(AssertionError, match="wanted 1 messages"):
        sink.wait(1, timeout=0.1)


def test_connection_refused_and_dropped(sink):
    sink.on("CONNECT", "421 4.3.2 busy", times=1)
    with connect(sink) as c:
        assert c.greeting.code == 421 and c.is_closed()
    sink.on("MAIL", CLOSE)
    with connect(sink) as c:
        c.ehlo()
        with pytest.raises(Closed):
            c.cmd("MAIL FROM:<a@x.test>")


def test_delay_and_hang(sink):
    sink.on("EHLO", Delay(0.3))
    sink.on("MAIL", HANG)
    with connect(sink, timeout=1) as c:
        start = time.monotonic()
        c.ehlo()
        assert time.monotonic() - start >= 0.3
        with pytest.raises(socket.timeout):
            c.cmd("MAIL FROM:<a@x.test>")


def test_starttls(certificate):
    with SmtpSink(tls=certificate) as sink, connect(sink) as c:
        assert "STARTTLS" in c.ehlo()
        c.starttls()
        assert "STARTTLS" not in c.ehlo()
        c.mail("a@x.test", ["b@y.test"], b"x")
        assert sink.wait(1)[0].is_tls


def test_implicit_tls_and_ipv6(certificate):
    with SmtpSink(host="::1", tls=certificate, implicit_tls=True) as sink, connect(sink, greet=False) as c:
        c.start_tls_now()
        assert c.reply().code == 220


def test_lmtp_answers_each_recipient():
    with SmtpSink(is_lmtp=True) as sink, connect(sink) as c:
        sink.on(r"\. <full@", "452 4.2.2 full")
        c.ehlo(verb="LHLO")
        c.expect("MAIL FROM:<a@x.test>", 250)
        for recipient in ("one", "full", "two"):
            c.expect(f"RCPT TO:<{recipient}@y.test>", 250)
        codes = [c.data(b"x").code, c.reply().code, c.reply().code]
        assert codes == [250, 452, 250]
        assert sink.wait(1)[0].recipients == ["one@y.test", "two@y.test"]


def test_unix_socket(tmp_path):
    with SmtpSink(path=str(tmp_path / "lmtp"), is_lmtp=True) as sink, socket.socket(socket.AF_UNIX) as s:
        s.connect(sink.host)
        assert s.recv(100).startswith(b"220 ")


def test_out_of_order_is_refused(sink):
    with connect(sink) as c:
        c.ehlo()
        c.expect("RCPT TO:<b@y.test>", 503)
        c.expect("DATA", 503)
        c.expect("BOGUS", 500)
        c.expect("MAIL FROM:a@x.test", 501)


def test_client_dot_stuffing():
    assert dot_stuff(b".a\nb") == b"..a\r\nb\r\n.\r\n"

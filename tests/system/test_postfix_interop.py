# SPDX-License-Identifier: ISC
"""Mail between Debian's Postfix and us, both ways: content to the byte, extensions, notifications, and Postfix's own tables."""

import email
import pathlib
import pwd
import os
import re
import tempfile
import time

import pytest

from postfix_peer import PostfixPeer, need_postfix
from queue_rest import wait_rest
from smtp_client import SmtpClient

HEADER = b"X-Begin: here\nFrom: ana@example.test\nTo: box@postfix.test\nDate: Fri, 20 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.test>\n"
TYPE_8BIT = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
MESSAGES = {
    "plain": HEADER + b"Subject: plain\n\nhello\n",
    "no body": HEADER + b"Subject: no body\n\n",
    "dots and From": HEADER + b"Subject: dots\n\n.\n..\n.x\nFrom here\n\n\nend\n",
    "8 bit": HEADER + TYPE_8BIT + "Subject: 8bit\n\ngrüß dich, ação\n".encode(),
    "folded header": HEADER + b"Subject: one\n two\n\tthree\nX-Empty:\n\nbody\n",
    "long lines": HEADER + b"Subject: long\n\n" + b"".join(b"x" * n + b"\n" for n in (78, 510, 990, 997)),
    "large": HEADER + b"Subject: large\n\n" + b"".join(b"%09d " % n * 7 + b"\n" for n in range(60000)),
}
UTF8_SENDER, UTF8_BOX = "joão", "jörg"


class Pair:
    """ours has example.test, theirs has postfix.test; each delivers into Maildirs below mail_dir."""

    def __init__(self, ours, theirs, mail_dir):
        self.ours, self.theirs, self.mail_dir = ours, theirs, mail_dir

    def client(self, to_theirs):
        """A message for one side is given to the other, which must relay it."""
        return SmtpClient("127.0.0.1", self.ours.smtp_port if to_theirs else self.theirs.smtp_port)

    def arrived(self, domain, box, count=1, timeout=30):
        """The messages of a box, from the first line that we wrote."""
        directory = self.mail_dir / domain / box / "new"
        deadline = time.monotonic() + timeout
        while len(files := sorted(directory.glob("*")) if directory.exists() else []) < count:
            assert time.monotonic() < deadline, f"{len(files)} of {count} in {box}@{domain}\n{self.theirs.log()[-3000:]}"
            time.sleep(0.05)
        return [path.read_bytes() for path in files]

    def contents(self, domain, count):
        return sorted(text[text.index(b"X-Begin:"):] for text in self.arrived(domain, "box", count))


def tls_of_theirs(certificate):
    return {"smtpd_tls_cert_file": certificate[0], "smtpd_tls_key_file": certificate[1],
            "smtpd_tls_security_level": "encrypt", "smtp_tls_security_level": "encrypt", "smtpd_tls_loglevel": 1, "smtpd_tls_received_header": "yes"}


@pytest.fixture
def make_pair(make_instance, dns, certificate, tmp_path):
    root = need_postfix()
    running = []
    with tempfile.TemporaryDirectory(prefix="carteiro-peer-", ignore_cleanup_errors=True) as directory:
        top = pathlib.Path(directory)
        top.chmod(0o755)
        user = pwd.getpwnam("games")

        def boxes(domain):
            (top / domain).mkdir()
            os.chown(top / domain, user.pw_uid, user.pw_gid)
            return {"virtual_mailbox_domains": domain, "virtual_mailbox_base": top / domain, "virtual_minimum_uid": 1,
                    "virtual_uid_maps": f"static:{user.pw_uid}", "virtual_gid_maps": f"static:{user.pw_gid}",
                    "virtual_mailbox_maps": f"inline:{{ box@{domain}=box/, ana@{domain}=ana/, {UTF8_BOX}@{domain}=utf8/ }}",
                    "virtual_mailbox_limit": 0, "message_size_limit": 20000000}

        def make(ours=None, theirs=None):
            for path in certificate:
                os.chmod(path, 0o644)
            peer = PostfixPeer(top / "peer", root, main=boxes("postfix.test") | {"mail_name": "Postfix"} | (theirs or {}), dns=dns)
            mail = make_instance(dns=dns, main=boxes("example.test") | {
                "transport_maps": f"inline:{{ postfix.test=smtp:[127.0.0.1]:{peer.smtp_port} }}"} | (ours or {}))
            with open(peer.config_dir / "main.cf", "a", encoding="ascii") as file:
                file.write(f"transport_maps = inline:{{ example.test=smtp:[127.0.0.1]:{mail.smtp_port} }}\n")
            running.append(peer.__enter__())
            return Pair(mail, peer, top)
        yield make
        for peer in running:
            peer.__exit__(None, None, None)


def exchange(pair):
    """Every message both ways."""
    for to_theirs, domain in ((True, "postfix.test"), (False, "example.test")):
        with pair.client(to_theirs) as c:
            for text in MESSAGES.values():
                if b"\r" not in text:
                    reply = send(c, "ana@client.test", f"box@{domain}", text, "BODY=8BITMIME")
                    assert reply.code == 250, reply
        assert pair.contents(domain, len(MESSAGES)) == sorted(MESSAGES.values())


def send(c, sender, recipient, text, mail_params="", rcpt_params=""):
    if not hasattr(c, "greeted"):
        c.greeted = c.ehlo()
    c.expect(f"MAIL FROM:<{sender}> {mail_params}".rstrip(), 250)
    c.expect(f"RCPT TO:<{recipient}> {rcpt_params}".rstrip(), 250)
    return c.data(text)


def test_content_is_equal_both_ways(make_pair):
    exchange(make_pair())


def test_content_is_equal_over_starttls(make_pair, certificate):
    tls = tls_of_theirs(certificate)
    pair = make_pair(ours={"smtp_tls_security_level": "encrypt", "smtp_tls_loglevel": 1, "smtpd_tls_received_header": "yes", "smtpd_tls_security_level": "may",
                           "smtpd_tls_cert_file": certificate[0], "smtpd_tls_key_file": certificate[1]},
                     theirs=tls | {"smtpd_tls_security_level": "may"})
    exchange(pair)
    for log in (pair.theirs.log(), pair.ours.log()):
        assert re.search(r"TLS connection established (to|from) .*TLSv1\.3", log)
    for domain in ("postfix.test", "example.test"):
        assert re.search(rb"\(using TLSv1\.3 with cipher", pair.arrived(domain, "box")[0])


def test_pipelined_session_of_both(make_pair):
    pair = make_pair()
    text = MESSAGES["plain"].replace(b"\n", b"\r\n")
    for to_theirs, domain in ((True, "postfix.test"), (False, "example.test")):
        with pair.client(to_theirs) as c:
            c.ehlo()
            for _ in range(5):
                c.send_raw(f"MAIL FROM:<ana@client.test>\r\nRCPT TO:<box@{domain}>\r\nDATA\r\n".encode())
                assert [c.reply().code for _ in range(3)] == [250, 250, 354]
                c.send_raw(text + b".\r\n")
                assert c.reply().code == 250
        assert pair.contents(domain, 5) == [MESSAGES["plain"]] * 5


def test_smtputf8_both_ways(make_pair):
    pair = make_pair()
    text = HEADER + f"Subject: für {UTF8_BOX}\n\nhello\n".encode()
    for to_theirs, domain in ((True, "postfix.test"), (False, "example.test")):
        with pair.client(to_theirs) as c:
            reply = send(c, f"{UTF8_SENDER}@client.test", f"{UTF8_BOX}@{domain}", text, "SMTPUTF8 BODY=8BITMIME")
            assert reply.code == 250, reply
        got = pair.arrived(domain, "utf8")[0]
        assert got[got.index(b"X-Begin:"):] == text
        assert f"Return-Path: <{UTF8_SENDER}@client.test>".encode() in got and b"with UTF8SMTP" in got


@pytest.mark.parametrize("to_theirs", [True, False], ids=["to Postfix", "from Postfix"])
def test_dsn_success(make_pair, to_theirs):
    """The final system reports, since the relay passed NOTIFY, ORCPT and ENVID on."""
    pair = make_pair()
    sender, box = ("example.test", "postfix.test") if to_theirs else ("postfix.test", "example.test")
    with pair.client(to_theirs) as c:
        reply = send(c, f"ana@{sender}", f"box@{box}", MESSAGES["plain"], "ENVID=env1 RET=HDRS",
                     f"NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;first@{box}")
        assert reply.code == 250
    report = email.message_from_bytes(pair.arrived(sender, "ana")[0])
    status = report.get_payload(1).as_string()
    assert report.get_content_type() == "multipart/report"
    for field in ("Action: delivered", f"Final-Recipient: rfc822; ?box@{box}", f"Original-Recipient: rfc822; ?first@{box}",
                  "Original-Envelope-Id: env1"):
        assert re.search(field, status), (field, status)
    assert report.get_payload(2).get_content_type() in ("text/rfc822-headers", "message/rfc822-headers")


@pytest.mark.parametrize("to_theirs", [True, False], ids=["to Postfix", "from Postfix"])
def test_dsn_failure(make_pair, to_theirs):
    """The relay reports what the final system refused."""
    pair = make_pair()
    sender, box = ("example.test", "postfix.test") if to_theirs else ("postfix.test", "example.test")
    with pair.client(to_theirs) as c:
        assert send(c, f"ana@{sender}", f"nobody@{box}", MESSAGES["plain"]).code == 250
        assert send(c, f"ana@{sender}", f"nobody@{box}", MESSAGES["plain"], "", "NOTIFY=NEVER").code == 250
    report = email.message_from_bytes(pair.arrived(sender, "ana")[0])
    status = report.get_payload(1).as_string()
    assert "Action: failed" in status and "Status: 5.1.1" in status and f"nobody@{box}" in status
    for side in (pair.ours, pair.theirs):
        wait_rest(side.queue_dir)
    assert len(pair.arrived(sender, "ana")) == 1


@pytest.mark.parametrize("kind", ["hash", "btree", "texthash"])
def test_postfix_tables_are_read(make_pair, kind):
    """What their postmap wrote answers our questions, and routes our mail; and the other way round."""
    pair = make_pair()
    ours, theirs = pair.ours, pair.theirs
    source = ours.write("virtual", "someone@example.test box@example.test\n@catch.test ana@example.test\n")
    other = theirs.config_dir / "by_us"
    other.write_text("key value one\n")
    if kind != "texthash":
        theirs.command("postmap", f"{kind}:{source}")
        ours.command("postmap", f"{kind}:{other}")
    assert ours.command("postmap", "-q", "@catch.test", f"{kind}:{source}").stdout == b"ana@example.test\n"
    assert ours.command("postmap", "-q", "nobody@catch.test", f"{kind}:{source}", check=False).returncode == 1
    assert theirs.command("postmap", "-q", "key", f"{kind}:{other}").stdout == b"value one\n"
    ours.command("postconf", "-e", f"virtual_alias_maps = {kind}:{source}")
    ours.reload()
    with pair.client(True) as c:
        assert send(c, "x@client.test", "someone@example.test", MESSAGES["plain"]).code == 250
    assert pair.contents("example.test", 1) == [MESSAGES["plain"]]

# SPDX-License-Identifier: ISC
"""Logging in to smtpd: mechanisms, accounts in a passwd-file, and what they allow."""

import base64
import hashlib
import hmac
import os
import re
import smtplib
import ssl
import time

import pytest

from test_reload import children, wait_for

PASSWORD = "correct horse"

def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def plain(user, password, acts_as=""):
    return b64(f"{acts_as}\0{user}\0{password}")


def ssha512(password):
    salt = os.urandom(8)
    return "{SSHA512}" + b64(hashlib.sha512(password.encode() + salt).digest() + salt)


class Scram:
    """The client's side of RFC 5802, with SHA-256."""

    def __init__(self, user, password, binding=None):
        self.header = "p=tls-exporter,," if binding else "n,,"
        self.binding, self.password = binding or b"", password
        self.nonce = b64(os.urandom(12))
        self.bare = f"n={user},r={self.nonce}"

    def first(self):
        return b64(self.header + self.bare)

    def final(self, challenge):
        text = base64.b64decode(challenge).decode()
        facts = dict(part.split("=", 1) for part in text.split(","))
        assert facts["r"].startswith(self.nonce)
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(facts["s"]), int(facts["i"]))
        without = f"c={b64(self.header.encode() + self.binding)},r={facts['r']}"
        message = f"{self.bare},{text},{without}".encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        self.expected = b64(hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256"))
        proof = bytes(a ^ b for a, b in zip(key, signature))
        return b64(f"{without},p={b64(proof)}")

    def verify(self, text):
        assert base64.b64decode(text).decode() == f"v={self.expected}"


def scram_keys(password):
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 4096)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"4096,{b64(salt)},{b64(stored)},{b64(server)}"


@pytest.fixture(scope="module")
def mail(make_shared_instance, certificate):
    cert, key = certificate
    mail = make_shared_instance(main=MAIN | {"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": f"{key}, {cert}"})
    mail.write("masters", MASTERS)
    write_users(mail, users_text())
    return mail


MASTERS = """root@x.test:{PLAIN}master
away@x.test:{PLAIN}master::::::allow_nets=192.0.2.0/24
late@x.test:{PLAIN}master::::::nologin
ann@x.test:{PLAIN}master
"""
MAIN = {
    "mydestination": "here.test", "local_transport": "discard:", "local_recipient_maps": "", "smtpd_peername_lookup": "no",
    "default_transport": "discard:", "mynetworks": "192.0.2.0/24",
    "auth_mechanisms": "plain login scram-sha-256 scram-sha-256-plus scram-sha-1", "smtpd_sasl_mechanism_filter": "!scram-sha-1, static:rest", "auth_failure_delay": "0s",
    "auth_master_user_separator": "*", "auth_master_passdbs": "passwd-file:$config_directory/masters",
    "virtual_alias_domains": "v.test", "virtual_alias_maps": "inline:{ {info@v.test = sales@v.test, bob@x.test} {sales@v.test = ann@x.test} }",
    "smtpd_sender_restrictions": "reject_authenticated_sender_login_mismatch, reject_unauthenticated_sender_login_mismatch",
}


def users_text(**more):
    lines = {
        "ann@x.test": "{PLAIN}" + PASSWORD,
        "hash@x.test": ssha512(PASSWORD),
        "scram@x.test": ssha512(PASSWORD) + "::::::scram_sha_256=" + scram_keys(PASSWORD),
        "app@x.test": ssha512("other") + "::::::app_password_phone={PLAIN}phone app_password_old=2020-01-01,{PLAIN}old",
        "far@x.test": "{PLAIN}" + PASSWORD + "::::::allow_nets=192.0.2.0/24",
        "gone@x.test": "{PLAIN}" + PASSWORD + "::::::nologin",
        "weak@x.test": "{PLAIN-MD5}" + hashlib.md5(PASSWORD.encode()).hexdigest(),
        "broken@x.test": "{SSHA512}!!!!",
        "empty@x.test": "",
    } | more
    return "# accounts\n" + "".join(f"{user}:{rest}\n" for user, rest in lines.items())


def write_users(mail, text):
    """As an editor does it: a new file takes the name."""
    new = mail.write("users.new", text)
    new.chmod(0o600)
    new.rename(mail.config_dir / "users")


def client(mail, tls=False):
    c = mail.smtp(mail.submission_port)
    c.ehlo()
    if tls:
        c.starttls()
        c.ehlo()
    return c


def auth(c, line, *answers):
    """The reply to AUTH, after answers (text, or a function of the challenge)."""
    reply = c.cmd(f"AUTH {line}")
    for answer in answers:
        assert reply.code == 334, reply
        reply = c.cmd(answer(reply.lines[0]) if callable(answer) else answer)
    return reply


def said(reply):
    return f"{reply.code} {reply.lines[0]}"


def client_logs_in(mail, user, password):
    with client(mail) as c:
        return auth(c, "PLAIN " + plain(user, password)).code == 235


def failure(mail, mark, method, reason, user):
    mail.wait_log(rf"warning: \S+\[127.0.0.1\]: SASL {method} authentication failed: {reason}, sasl_username={user}$", since=mark)


PLAIN_CASES = {
    "plain text": ("ann@x.test", PASSWORD),
    "a hash": ("hash@x.test", PASSWORD),
    "upper case": ("ANN@X.test", PASSWORD),
    "application password": ("app@x.test", "phone"),
    "the account's own beside it": ("app@x.test", "other"),
    "a master user": ("hash@x.test*root@x.test", "master"),
}


def test_right_passwords(mail):
    for name, (user, password) in PLAIN_CASES.items():
        with client(mail) as c:
            assert said(auth(c, "PLAIN " + plain(user, password))) == "235 2.7.0 Authentication successful", name
        with client(mail) as c:
            reply = auth(c, "LOGIN", b64(user), b64(password))
            assert reply.code == 235, name


WRONG_CASES = {
    "another password": ("hash@x.test", "wrong", "Password mismatch"),
    "no such user": ("zoe@x.test", PASSWORD, "unknown user"),
    "an expired password": ("app@x.test", "old", "Password mismatch"),
    "from elsewhere": ("far@x.test", PASSWORD, "allow_nets check failed: .*"),
    "no password stored": ("empty@x.test", PASSWORD, "Password mismatch"),
    "a weak scheme": ("weak@x.test", PASSWORD, "Password mismatch"),
    "a broken value": ("broken@x.test", PASSWORD, "Password mismatch"),
    "a name with other bytes": ("ann/x@x.test", PASSWORD, "the name has the byte 0x2f, .*"),
    "a master's user who is not there": ("zoe@x.test*root@x.test", "master", "unknown user for a master user"),
    "a master who must not come from here": ("hash@x.test*away@x.test", "master", "allow_nets check failed: .*"),
    "nobody's master": ("ann@x.test*hash@x.test", PASSWORD, "unknown user"),
}


def test_wrong_passwords(mail):
    for name, (user, password, reason) in WRONG_CASES.items():
        mark = mail.log_mark()
        with client(mail) as c:
            assert said(auth(c, "PLAIN " + plain(user, password))) == "535 5.7.8 Error: authentication failed: (reason unavailable)", name
            failure(mail, mark, "PLAIN", reason, ".*")
            c.expect("RCPT TO:<a@b.test>", 503)
    mail.wait_log(r"authd\[\d+\]: error: weak@x.test: .*PLAIN-MD5")
    mail.wait_log(r"authd\[\d+\]: error: broken@x.test: ")
    mail.wait_log(r"authd\[\d+\]: passwd-file\(hash@x.test,127.0.0.1\): Password mismatch")


def test_refused_accounts_are_told_why(mail):
    with client(mail) as c:
        assert said(auth(c, "PLAIN " + plain("gone@x.test", PASSWORD))) == "535 5.7.8 Error: authentication failed: This account may not log in"


def test_scram(mail):
    for user in ("scram@x.test", "ann@x.test"):
        with client(mail) as c:
            scram = Scram(user, PASSWORD)
            reply = auth(c, "SCRAM-SHA-256 " + scram.first(), scram.final)
            assert reply.code == 334
            scram.verify(reply.lines[0])
            c.expect("", 235)
    for user, password in (("scram@x.test", "wrong"), ("zoe@x.test", PASSWORD), ("hash@x.test", PASSWORD)):
        with client(mail) as c:
            scram = Scram(user, password)
            assert auth(c, "SCRAM-SHA-256 " + scram.first(), scram.final).code == 535


def test_wrong_proofs_are_those_of_somebody(mail):
    """Logs and penalties know whose account is guessed at."""
    for user, reason in (("scram@x.test", "authentication failure"), ("zoe@x.test", "unknown user")):
        mark = mail.log_mark()
        with client(mail) as c:
            scram = Scram(user, "wrong")
            assert auth(c, "SCRAM-SHA-256 " + scram.first(), scram.final).code == 535
        failure(mail, mark, "SCRAM-SHA-256", reason, user)


def test_a_master_proves_to_be_one(mail):
    """Ann's own password does not make her the master of that name."""
    mark = mail.log_mark()
    for password, want in ((PASSWORD, 535), ("master", 535)):
        with client(mail) as c:
            scram = Scram("ann@x.test", password)
            scram.header = "n,a=hash@x.test,"
            assert auth(c, "SCRAM-SHA-256 " + scram.first(), scram.final).code == want, password
    with client(mail) as c:
        scram = Scram("root@x.test", "master")
        scram.header = "n,a=hash@x.test,"
        assert auth(c, "SCRAM-SHA-256 " + scram.first(), scram.final, "").code == 235
    mail.wait_log(r"authd\[\d+\]: root@x.test logs in as hash@x.test$", since=mark)
    with client(mail) as c:
        assert said(auth(c, "PLAIN " + plain("hash@x.test*late@x.test", "master"))) == "535 5.7.8 Error: authentication failed: This account may not log in"


def test_a_hidden_channel_binding_is_noticed(mail):
    """RFC 5802 6: "y" is refused where -PLUS was offered."""
    for tls, want in ((False, 334), (True, 535)):
        with client(mail, tls) as c:
            scram = Scram("scram@x.test", PASSWORD)
            scram.header = "y,,"
            assert auth(c, "SCRAM-SHA-256 " + scram.first()).code == want


def test_channel_binding(mail):
    """By tls-unique: Python's ssl knows no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    for spoil, want in ((b"", 334), (b"x", 535)):
        with client(mail) as c:
            assert "SCRAM-SHA-256-PLUS" not in c.ehlo()["AUTH"]
            c.expect("STARTTLS", 220)
            c.start_tls_now(context)
            assert "SCRAM-SHA-256-PLUS" in c.ehlo()["AUTH"]
            scram = Scram("scram@x.test", PASSWORD, c.sock.get_channel_binding("tls-unique") + spoil)
            scram.header = "p=tls-unique,,"
            reply = auth(c, "SCRAM-SHA-256-PLUS " + scram.first(), scram.final)
            assert reply.code == want
            if want == 334:
                c.expect("", 235)


def test_real_client(mail):
    """Python's smtplib logs in as programs do, and the message says who sent it."""
    mark = mail.log_mark()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", mail.submission_port) as c:
        c.starttls(context=context)
        c.login("ann@x.test", PASSWORD)
        c.sendmail("ann@x.test", ["far@away.test"], "Subject: hello\r\n\r\nhello\r\n")
    mail.wait_log(r"client=\S+, sasl_method=PLAIN, sasl_username=ann@x.test$", since=mark)
    mail.wait_log(r"to=<far@away.test>.* status=sent", since=mark)


ORDER = [
    ("AUTH PLAIN " + plain("ann@x.test", PASSWORD), "235 2.7.0 Authentication successful"),
    ("AUTH PLAIN " + plain("ann@x.test", PASSWORD), "503 5.5.1 Error: already authenticated"),
    ("MAIL FROM:<ann@x.test> AUTH=bob@x.test", "250 2.1.0 Ok"),
    ("AUTH PLAIN", "503 5.5.1 Error: MAIL transaction in progress"),
]
SYNTAX = [
    ("AUTH", "501 5.5.4 Syntax: AUTH mechanism"),
    ("AUTH PLAIN x y", "501 5.5.4 Syntax: AUTH mechanism"),
    *((f"AUTH {name}", "535 5.7.8 Error: authentication failed: Invalid authentication mechanism") for name in ("GSSAPI", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS")),
    ("AUTH PLAIN !!!!", "535 5.7.8 Error: authentication failed: (reason unavailable)"),
    ("AUTH PLAIN =", "535 5.7.8 Error: authentication failed: (reason unavailable)"),
    ("MAIL FROM:<ann@x.test> AUTH=<>", "503 5.5.4 Error: send AUTH command first"),
]


def test_order_and_syntax(mail):
    with client(mail) as c:
        for line, want in SYNTAX + ORDER:
            reply = c.cmd(line)
            assert said(reply) == want, line
    with client(mail) as c:
        assert said(auth(c, "LOGIN", "*")) == "501 5.7.0 Authentication aborted"
        assert said(auth(c, "LOGIN", "x" * 13000)) == "500 5.5.6 SASL response limit exceeded"
        assert said(auth(c, "PLAIN", "\0")) == "501 5.5.2 Error: malformed authentication response"
        assert auth(c, "LOGIN", "", b64("x")).code == 535
        assert auth(c, "PLAIN " + plain("ann@x.test", PASSWORD)).code == 235
    with mail.smtp() as c:
        assert "AUTH" not in c.ehlo()
        c.expect("AUTH PLAIN", 503)


SENDERS = {
    "ann@x.test": 250, "ANN@X.test": 250, "ann+tag@x.test": 250 if MAIN.get("recipient_delimiter") else 553,
    "sales@v.test": 250, "info@v.test": 250, "bob@x.test": 553, "": 250, "ann@elsewhere.test": 553,
}


def test_senders_are_their_own(mail):
    with client(mail) as c:
        assert auth(c, "PLAIN " + plain("ann@x.test", PASSWORD)).code == 235
        for sender, want in SENDERS.items():
            c.expect(f"MAIL FROM:<{sender}>", 250)
            reply = c.cmd("RCPT TO:<far@away.test>")
            assert reply.code == want, (sender, reply)
            if want == 553:
                assert reply.lines == [f"5.7.1 <{sender}>: Sender address rejected: not owned by user ann@x.test"]
            c.expect("RSET", 250)


def test_senders_are_those_that_will_be_sent(mail):
    """Neither a percent hack nor another writing makes a stranger the owner of an address."""
    with mail.smtp() as c:
        c.ehlo()
        for sender in ("sales@v.test", "SALES@v.TEST", "sales%v.test", '"sales"@v.test', "@away.test:sales@v.test"):
            c.expect(f"MAIL FROM:<{sender}>", 250)
            assert "not logged in" in c.expect("RCPT TO:<a@here.test>", 553).lines[0], sender
            c.expect("RSET", 250)


def test_a_changed_file_counts_at_once(mail):
    write_users(mail, users_text(**{"ann@x.test": "{PLAIN}new", "new@x.test": "{PLAIN}n"}))
    deadline = time.monotonic() + 20
    with client(mail) as c:
        while auth(c, "PLAIN " + plain("new@x.test", "n")).code != 235:
            assert time.monotonic() < deadline
    with client(mail) as c:
        assert auth(c, "PLAIN " + plain("ann@x.test", PASSWORD)).code == 535
    write_users(mail, users_text())
    with client(mail) as c:
        while auth(c, "PLAIN " + plain("ann@x.test", PASSWORD)).code != 235:
            assert time.monotonic() < deadline


def test_the_old_process_ends_with_its_last_exchange(mail):
    """Whether the exchange is given up, or its client goes."""
    for farewell in ("*", None):
        waiting = client(mail)
        assert waiting.cmd("AUTH LOGIN").code == 334
        old = children(mail, "authd")
        write_users(mail, users_text(**{"last@x.test": "{PLAIN}" + str(farewell)}))
        wait_for(lambda: client_logs_in(mail, "last@x.test", str(farewell)))
        assert set(old) < set(children(mail, "authd")), "the exchange goes on where it was begun"
        if farewell:
            assert waiting.cmd(farewell).code == 501
        waiting.close()
        wait_for(lambda: not set(old) & set(children(mail, "authd")))
    write_users(mail, users_text())


def test_a_master_cf_of_postfix(make_instance):
    """It has no authd, and clients log in all the same."""
    mail = make_instance(main=MAIN | {"auth_master_passdbs": ""})
    write_users(mail, users_text())
    mail.stop()
    path = mail.config_dir / "master.cf"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("authd")))
    mail.start()
    with client(mail) as c:
        assert auth(c, "PLAIN " + plain("hash@x.test", PASSWORD)).code == 235


def test_without_authd(make_instance):
    """No service, no AUTH; mail without it goes on."""
    mail = make_instance(main=MAIN)
    mail.stop()
    path = mail.config_dir / "master.cf"
    path.write_text(re.sub(r"^(authd .*) authd$", r"\1 discard", path.read_text(), flags=re.M))
    mail.start()
    with client(mail) as c:
        assert "AUTH" not in c.ehlo()
        assert auth(c, "PLAIN " + plain("ann@x.test", PASSWORD)).code == 454
        c.mail("a@x.test", ["b@here.test"], b"Subject: x\n\nx\n")

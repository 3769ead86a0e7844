# SPDX-License-Identifier: ISC
"""The SMTP server in a whole instance: acceptance, attacks, limits, TLS."""

import shutil
import socket
import ssl
import subprocess
import time

import pytest

from smtp_client import Closed, SmtpClient
from smtp_sink import SmtpSink

DOMAIN = "example.test"
MAIN = {"mydestination": DOMAIN, "local_transport": "discard:", "local_recipient_maps": "",
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination", "smtpd_peername_lookup": "no",
        "default_transport": "discard", "virtual_transport": "discard", "relay_transport": "discard"}


def main(**more):
    return MAIN | more


@pytest.fixture
def mail(make_instance):
    return make_instance(main=MAIN)


def test_accepts_and_logs(mail):
    with mail.smtp() as c:
        c.ehlo()
        reply = c.mail("a@x.test", [f"u@{DOMAIN}"], b"Subject: hello\n\nhello\n")
        assert reply.dsn == "2.0.0"
        queue_id = reply.text.split()[-1]
        second = c.mail("a@x.test", [f"u@{DOMAIN}"], b"Subject: again\n\nhello\n").text.split()[-1]
        c.expect("QUIT", 221)
        assert c.is_closed()
    assert queue_id != second
    mail.wait_log(rf"smtpd\[\d+\]: {queue_id}: client=unknown\[127\.0\.0\.1\]")
    mail.wait_log(rf"cleanup\[\d+\]: {queue_id}: message-id=<")
    mail.wait_log(r"disconnect from unknown\[127\.0\.0\.1\] ehlo=1 mail=2 rcpt=2 data=2 quit=1 commands=8")
    text = mail.log()
    assert text.index(f"{queue_id}: client=") < text.index(f"{queue_id}: message-id=")


def test_relay_is_refused_to_strangers(make_instance):
    mail = make_instance(main=main(mynetworks="192.0.2.0/24"))
    with mail.smtp() as c:
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        reply = c.cmd("RCPT TO:<b@elsewhere.test>")
        assert (reply.code, reply.dsn) == (554, "5.7.1") and "Relay access denied" in reply.text
        c.expect(f"RCPT TO:<u@{DOMAIN}>", 250)
    mail.wait_log(r"NOQUEUE: reject: RCPT from unknown\[127.0.0.1\]: 554 5.7.1 <b@elsewhere.test>: Relay access denied; "
                  r"from=<a@x.test> to=<b@elsewhere.test> proto=ESMTP helo=<client.test>")


def test_does_not_run_without_relay_protection(make_instance):
    mail = make_instance(main=main(smtpd_relay_restrictions="permit_mynetworks", smtpd_recipient_restrictions=""))
    with pytest.raises((Closed, ConnectionError, OSError)):
        SmtpClient("127.0.0.1", mail.smtp_port, timeout=3)
    mail.wait_log(r"smtpd\[\d+\]: fatal: in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify "
                  r"at least one working instance of: ")


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\n\x00.\r\n", b"\r\n.\r\r\n"])
def test_smuggling(make_instance, end):
    """Whatever looks like an end of data but is none stays content: one message, one reply."""
    mail = make_instance(main=main(mynetworks="192.0.2.0/24"))
    with mail.smtp() as c:
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        c.expect(f"RCPT TO:<u@{DOMAIN}>", 250)
        c.expect("DATA", 354)
        c.send_raw(b"Subject: x\r\n\r\nfirst" + end + b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<u@example.test>\r\nDATA\r\n"
                   b"second\r\n.\r\n")
        assert c.reply().code == 250
        c.expect("NOOP", 250)
    mail.wait_log(r"disconnect from .* mail=1 rcpt=1 data=1 noop=1 ")
    assert "evil@x.test" not in mail.log()


def test_pipelining_of_a_group(mail):
    with mail.smtp() as c:
        c.ehlo()
        c.send_raw(f"MAIL FROM:<a@x.test>\r\nRCPT TO:<u@{DOMAIN}>\r\nRCPT TO:<v@{DOMAIN}>\r\nDATA\r\n".encode())
        assert [c.reply().code for _ in range(4)] == [250, 250, 250, 354]
        c.send_raw(b"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
        assert [c.reply().code for _ in range(2)] == [250, 221]


def test_pipelining_where_forbidden(mail):
    with mail.smtp() as c:
        c.send_raw(b"EHLO client.test\r\nMAIL FROM:<a@x.test>\r\n")
        reply = c.reply()
        assert (reply.code, reply.dsn) == (554, "5.5.0")
        assert c.is_closed()
    mail.wait_log(r"improper command pipelining after EHLO from unknown\[127.0.0.1\]: MAIL FROM:<a@x.test>\\r\\n")


def test_bdat_mixes(mail):
    with mail.smtp() as c:
        assert "CHUNKING" in c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        c.expect(f"RCPT TO:<u@{DOMAIN}>", 250)
        for size in (1, 2, 3, 1000, 70000):
            c.send_raw(f"BDAT {size}\r\n".encode() + b"x" * size)
            assert c.reply().code == 250
        c.send_raw(b"BDAT 2 LAST\r\n\r\n")
        reply = c.reply()
        assert reply.code == 250 and "71008 bytes queued as" in reply.text
        c.send_raw(b"BDAT 4\r\nquit")
        assert c.reply().code == 503
        c.send_raw(b"BDAT 4 LAST\r\nquit")
        assert c.reply().code == 551
        c.mail("a@x.test", [f"u@{DOMAIN}"], b"Subject: after\n\nx\n")


def test_large_message_and_size_limit(make_instance):
    mail = make_instance(main=main(message_size_limit="300000"))
    with mail.smtp() as c:
        assert c.ehlo()["SIZE"] == "300000"
        assert c.cmd("MAIL FROM:<a@x.test> SIZE=300001").code == 552
        c.mail("a@x.test", [f"u@{DOMAIN}"], b"Subject: big\n\n" + b"0123456789" * 20 + b"\n" + (b"y" * 98 + b"\n") * 2900)
        c.expect("MAIL FROM:<a@x.test>", 250)
        c.expect(f"RCPT TO:<u@{DOMAIN}>", 250)
        reply = c.data(b"Subject: too big\n\n" + (b"y" * 98 + b"\n") * 3100)
        assert (reply.code, reply.dsn) == (552, "5.3.4")
        c.mail("a@x.test", [f"u@{DOMAIN}"], b"Subject: small\n\nx\n")


def test_hard_error_limit(make_instance):
    mail = make_instance(main=main(smtpd_hard_error_limit="3", smtpd_error_sleep_time="0"))
    with mail.smtp() as c:
        for _ in range(3):
            assert c.cmd("BOGUS").code == 500
        reply = c.reply()
        assert (reply.code, reply.dsn) == (421, "4.7.0")
        assert c.is_closed()
    mail.wait_log(r"NOQUEUE: too many errors after UNKNOWN from unknown\[127.0.0.1\]")


def test_errors_slow_down(make_instance):
    mail = make_instance(main=main(smtpd_soft_error_limit="1", smtpd_error_sleep_time="1s"))
    with mail.smtp() as c:
        c.cmd("BOGUS")
        began = time.monotonic()
        c.cmd("NOOP")
        assert time.monotonic() - began > 0.9


def test_connection_count(make_instance):
    mail = make_instance(main=main(smtpd_client_connection_count_limit="2", smtpd_client_event_limit_exceptions=""))
    with mail.smtp(), mail.smtp():
        with mail.smtp() as third:
            assert third.greeting.code == 421 and "too many connections" in third.greeting.text
            assert third.is_closed()
    mail.wait_log(r"warning: Connection concurrency limit exceeded: 3 from unknown\[127.0.0.1\] for service ")
    mail.wait_log(r"(?s)(disconnect from.*){3}")
    with mail.smtp() as c:
        assert c.greeting.code == 220


def test_message_and_recipient_rates(make_instance):
    mail = make_instance(main=main(smtpd_client_message_rate_limit="1", smtpd_client_recipient_rate_limit="2",
                                   smtpd_client_event_limit_exceptions=""))
    with mail.smtp() as c:
        c.ehlo()
        c.mail("a@x.test", [f"u@{DOMAIN}", f"v@{DOMAIN}"], b"Subject: x\n\nx\n")
        reply = c.cmd("MAIL FROM:<a@x.test>")
        assert (reply.code, reply.dsn) == (450, "4.7.1") and "too much mail from 127.0.0.1" in reply.text
    mail.wait_log(r"warning: Message delivery request rate limit exceeded: 2 from unknown\[127.0.0.1\] for service ")


def test_long_and_busy_session(make_instance):
    """Neither the watchdog nor the memory of a session ends a client that goes on working."""
    mail = make_instance(main=main(smtpd_client_recipient_rate_limit="100000", smtpd_client_event_limit_exceptions="",
                                   smtpd_recipient_limit="5000", daemon_timeout="4s"))
    with socket.create_connection(("::1", mail.smtp_port), timeout=30) as client, client.makefile("rb") as replies:
        replies.readline()
        client.sendall(b"EHLO client.test\r\n")
        while replies.readline()[3:4] == b"-":
            pass
        client.sendall(b"MAIL FROM:<a@x.test>\r\n")
        assert replies.readline().startswith(b"250 2.1.0")
        for _ in range(6):
            client.sendall(b"RCPT TO:<u@example.test>\r\n" * 500)
            assert {replies.readline()[:9] for _ in range(500)} == {b"250 2.1.5"}
            time.sleep(0.9)
        client.sendall(b"QUIT\r\n")
        assert replies.readline().startswith(b"221 2.0.0")


def test_exceptions_are_not_counted(make_instance):
    mail = make_instance(main=main(smtpd_client_connection_count_limit="1"))
    with mail.smtp() as a, mail.smtp() as b:
        assert a.greeting.code == b.greeting.code == 220


def tls_main(certificate, **more):
    cert, key = certificate
    return main(smtpd_tls_security_level="may", smtpd_tls_cert_file=cert, smtpd_tls_key_file=key, smtpd_tls_loglevel="1",
                smtpd_tls_received_header="yes", **more)


def test_starttls(make_instance, certificate):
    mail = make_instance(main=tls_main(certificate))
    with mail.smtp() as c:
        assert "STARTTLS" in c.ehlo()
        c.starttls()
        assert c.cmd(f"RCPT TO:<u@{DOMAIN}>").code == 503
        assert "STARTTLS" not in c.ehlo()
        c.mail("a@x.test", [f"u@{DOMAIN}"], b"Subject: x\n\nx\n")
        assert c.cmd("STARTTLS").code == 554
        c.expect("QUIT", 221)
    mail.wait_log(r"Anonymous TLS connection established from unknown\[127.0.0.1\]: TLSv1.3 with cipher TLS_\w+ \(\d+/\d+ "
                  r"bits\) key-exchange \w+ server-signature ECDSA \(prime256v1\) server-digest SHA256")


def test_starttls_injection(make_instance, certificate):
    """What was sent in plaintext behind STARTTLS is never carried out."""
    mail = make_instance(main=tls_main(certificate, smtpd_forbid_unauth_pipelining="no"))
    with mail.smtp() as c:
        c.ehlo()
        c.send_raw(b"STARTTLS\r\nMAIL FROM:<injected@x.test>\r\n")
        assert c.reply().code == 220
        c.start_tls_now()
        c.ehlo()
        assert c.cmd(f"RCPT TO:<u@{DOMAIN}>").code == 503
        c.expect("MAIL FROM:<a@x.test>", 250)
    mail.wait_log(r"disconnect from .* mail=1 ")


def test_encryption_demanded(make_instance, certificate):
    mail = make_instance(main=tls_main(certificate) | {"smtpd_tls_security_level": "encrypt"})
    with mail.smtp() as c:
        c.ehlo()
        reply = c.cmd("MAIL FROM:<a@x.test>")
        assert (reply.code, reply.dsn) == (530, "5.7.0")
        c.starttls()
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)


def test_wrapper_mode_and_resumption(make_instance, certificate):
    mail = make_instance(main=tls_main(certificate), services="")
    port = mail.new_port()
    mail.stop()
    mail.services = f"127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n"
    mail.write_configuration()
    mail.start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    session = None
    for number in range(2):
        raw = socket.create_connection(("127.0.0.1", port), 20)
        wrapped = context.wrap_socket(raw, session=session)
        file = wrapped.makefile("rb")
        assert file.readline().startswith(b"220 ")
        wrapped.sendall(b"EHLO c\r\nQUIT\r\n"[:8])
        while not file.readline().startswith(b"250 "):
            pass
        wrapped.sendall(b"QUIT\r\n")
        assert file.readline().startswith(b"221 ")
        assert wrapped.session_reused == (number == 1)
        session = wrapped.session
        file.close()
        wrapped.close()
    mail.wait_log(r"Anonymous TLS connection reused from unknown\[127.0.0.1\]")


def connect_tls(port, session=None, server_name=None):
    """Wrapper mode: the greeting has been read when this returns."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if session is None else session[0]
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    wrapped = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 20), session=session and session[1],
                                  server_hostname=server_name)
    assert wrapped.recv(1000).startswith(b"220 ")
    return context, wrapped


def wrapped_instance(make_instance, certificate, count=1, **more):
    mail = make_instance(main=tls_main(certificate, **more))
    ports = [mail.new_port() for _ in range(count)]
    mail.stop()
    mail.services = "".join(f"127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n" for port in ports)
    mail.write_configuration()
    mail.start()
    return mail, ports


def test_tickets_are_bound_to_their_service(make_instance, certificate):
    _, (first, second) = wrapped_instance(make_instance, certificate, 2)
    context, one = connect_tls(first)
    one.sendall(b"QUIT\r\n")
    one.recv(1000)
    _, same = connect_tls(first, (context, one.session))
    assert same.session_reused
    _, other = connect_tls(second, (context, one.session))
    assert not other.session_reused
    for s in (one, same, other):
        s.close()


def make_certificate(directory, name):
    cert, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", f"/CN={name}"], check=True, capture_output=True)
    return cert, key


def common_name(wrapped):
    der = wrapped.getpeercert(True)
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], input=der, capture_output=True,
                          check=True).stdout.decode()
    return text.split("CN = ")[1].strip()


def test_new_certificate_is_used_without_reload(make_instance, tmp_path):
    pair = make_certificate(tmp_path, "old.test")
    _, (port,) = wrapped_instance(make_instance, [str(path) for path in pair])
    _, wrapped = connect_tls(port)
    assert common_name(wrapped) == "old.test"
    wrapped.close()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    for new, old in zip(make_certificate(fresh, "new.test"), pair):
        new.rename(old)
    deadline = time.monotonic() + 10
    while True:
        _, wrapped = connect_tls(port)
        name = common_name(wrapped)
        wrapped.close()
        if name == "new.test":
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_certificate_by_server_name(make_instance, certificate, tmp_path):
    cert, key = make_certificate(tmp_path, "other.test")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(key.read_bytes() + cert.read_bytes())
    table = tmp_path / "sni"
    table.write_text(f"other.test {chain}\n")
    mail, (port,) = wrapped_instance(make_instance, certificate)
    mail.command("postmap", "-F", f"lmdb:{table}")
    mail.stop()
    mail.main["tls_server_sni_maps"] = f"lmdb:{table}"
    mail.write_configuration()
    mail.start()
    for asked, expected in (("other.test", "other.test"), ("mail.example.test", "mail.example.test")):
        _, wrapped = connect_tls(port, server_name=asked)
        assert common_name(wrapped) == expected
        wrapped.close()


def test_relay_by_client_certificate(make_instance, certificate, tmp_path):
    """relay_clientcerts names the certificate by its fingerprint; who signed it does not matter."""
    cert, key = make_certificate(tmp_path, "client.test")
    text = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-fingerprint", "-sha256"], capture_output=True, check=True)
    print_of_it = text.stdout.decode().strip().partition("=")[2]
    mail = make_instance(main=main(
        mynetworks="192.0.2.0/24", smtpd_tls_security_level="may", smtpd_tls_cert_file=certificate[0], smtpd_tls_key_file=certificate[1],
        smtpd_tls_ask_ccert="yes", relay_clientcerts=f"inline:{{ {{ {print_of_it} = client }} }}",
        smtpd_relay_restrictions="permit_tls_clientcerts, reject_unauth_destination"))
    for has_certificate, code in ((True, 250), (False, 554)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if has_certificate:
            context.load_cert_chain(cert, key)
        with mail.smtp() as c:
            c.ehlo()
            c.starttls(context=context)
            c.ehlo()
            c.expect("MAIL FROM:<a@x.test>", 250)
            c.expect("RCPT TO:<b@elsewhere.test>", code)


def can_swaks_tls():
    return shutil.which("swaks") and "TLS supported" in subprocess.run(["swaks", "--support"], capture_output=True, text=True,
                                                                       check=False).stdout


@pytest.mark.skipif(not can_swaks_tls(), reason="swaks with libnet-ssleay-perl is not installed")
@pytest.mark.parametrize("wrapped", [False, True])
def test_swaks_over_tls(make_instance, certificate, wrapped):
    """Submission by a foreign client that checks our certificate: STARTTLS, and TLS from the start."""
    mail, (port,) = wrapped_instance(make_instance, certificate)
    how = ["--tlsc", "--port", str(port)] if wrapped else ["--tls", "--port", str(mail.smtp_port)]
    done = subprocess.run(["swaks", "--server", "127.0.0.1", "--from", "me@host.test", "--to", f"u@{DOMAIN}", "--tls-verify",
                           "--tls-ca-path", certificate[0], "--helo", "client.test", *how], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "250 2.0.0 Ok: queued as" in done.stdout, done.stdout + done.stderr
    mail.wait_log(r"Anonymous TLS connection established from .*: TLSv1\.3 ")
    mail.wait_log(rf"to=<u@{DOMAIN}>, relay=none, .*status=sent")


def requiretls_instance(make_instance, certificate, sink, **more):
    return make_instance(main=tls_main(
        certificate, relay_domains="relay.test", relay_transport=f"smtp:[127.0.0.1]:{sink.port}", smtp_tls_security_level="may",
        smtp_requiretls_policy="opportunistic", **more))


def send_over_tls(mail, parameters, content):
    """The words of EHLO inside TLS, and the reply to MAIL; the message is sent when that was good."""
    with mail.smtp() as c:
        assert "REQUIRETLS" not in c.ehlo()
        assert c.cmd(f"MAIL FROM:<a@x.test>{parameters}").code == (555 if parameters else 250)
        c.cmd("RSET")
        c.starttls()
        words = c.ehlo()
        reply = c.cmd(f"MAIL FROM:<a@x.test>{parameters}")
        if reply.code == 250:
            c.expect("RCPT TO:<b@relay.test>", 250)
            c.data(content)
        return words, reply


REQUIRETLS_HEADER = b"\nRequire-TLS-ESMTP: yes\r\n"


def test_requiretls_goes_all_the_way(make_instance, certificate):
    """RFC 8689: offered inside TLS alone; the next server is asked for the same, and filters find it in the header."""
    with SmtpSink(extensions=("8BITMIME", "REQUIRETLS"), tls=certificate) as sink:
        mail = requiretls_instance(make_instance, certificate, sink)
        words, reply = send_over_tls(mail, " REQUIRETLS", b"Subject: x\n\nx\n")
        assert "REQUIRETLS" in words and reply.code == 250
        got = sink.wait(1)[0]
        assert "REQUIRETLS" in got.mail_params and REQUIRETLS_HEADER in got.data
        send_over_tls(mail, "", b"Subject: x\nRequire-TLS-ESMTP: yes\n\nx\n")
        got = sink.wait(2)[1]
        assert "REQUIRETLS" in got.mail_params and got.data.count(REQUIRETLS_HEADER) == 1
        send_over_tls(mail, "", b"Subject: x\n\nx\n")
        got = sink.wait(3)[2]
        assert "REQUIRETLS" not in got.mail_params and REQUIRETLS_HEADER not in got.data


def test_requiretls_without_its_header(make_instance, certificate):
    with SmtpSink(extensions=("8BITMIME", "REQUIRETLS"), tls=certificate) as sink:
        mail = requiretls_instance(make_instance, certificate, sink, requiretls_esmtp_header="no")
        send_over_tls(mail, " REQUIRETLS", b"Subject: x\n\nx\n")
        got = sink.wait(1)[0]
        assert "REQUIRETLS" in got.mail_params and REQUIRETLS_HEADER not in got.data
        send_over_tls(mail, "", b"Subject: x\nRequire-TLS-ESMTP: yes\n\nx\n")
        assert "REQUIRETLS" not in sink.wait(2)[1].mail_params


@pytest.mark.parametrize("hidden", [{"smtpd_discard_ehlo_keywords": "requiretls"}, {"requiretls_enable": "no"}])
def test_requiretls_is_hidden(make_instance, certificate, hidden):
    mail = make_instance(main=tls_main(certificate, **hidden))
    words, reply = send_over_tls(mail, " REQUIRETLS", b"")
    assert "REQUIRETLS" not in words
    assert (reply.code, reply.text) == (555, "5.5.4 Unsupported option: REQUIRETLS")


def test_client_behind_a_load_balancer(make_instance, certificate, dns):
    """The announced client is resolved, checked and logged; in wrapper mode TLS begins right behind the header."""
    dns.add("9.2.0.192.in-addr.arpa PTR client.test.", "client.test A 192.0.2.9")
    mail = make_instance(main=tls_main(certificate, smtpd_peername_lookup="yes", smtpd_upstream_proxy_protocol="haproxy",
                                       mynetworks="127.0.0.0/8"), dns=dns)
    port = mail.new_port()
    mail.stop()
    mail.services += f"127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n"
    mail.write_configuration()
    mail.start()
    header = b"PROXY TCP4 192.0.2.9 192.0.2.1 40000 25\r\n"
    with SmtpClient("127.0.0.1", mail.smtp_port, greet=False) as c:
        c.send_raw(header)
        assert c.reply().code == 220
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        assert "Relay access denied" in c.cmd("RCPT TO:<b@elsewhere.test>").text
        c.expect("RSET", 250)
        c.mail("a@x.test", [f"u@{DOMAIN}"], b"Subject: x\n\nx\n")
    mail.wait_log(r"reject: RCPT from client\.test\[192\.0\.2\.9\]: 554 5\.7\.1")
    mail.wait_log(r": client=client\.test\[192\.0\.2\.9\]")
    with socket.create_connection(("127.0.0.1", port), 20) as raw:
        raw.sendall(header)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with context.wrap_socket(raw) as wrapped:
            assert wrapped.recv(1000).startswith(b"220 ")


def openssl_print(*commands):
    """SHA256 as AA:BB:..., of what the last of some piped openssl commands prints."""
    text = b""
    for command in commands:
        text = subprocess.run(["openssl", *command], input=text, capture_output=True, check=True).stdout
    return text.decode().strip().rpartition("=")[2].strip().upper()


@pytest.mark.parametrize("order,word", [
    (None, "by certificate"),
    ("cert_fingerprint, pubkey_fingerprint", "by certificate"),
    ("pubkey_fingerprint cert_fingerprint", "by key"),
    ("pubkey_fingerprint", "by key"),
])
def test_check_ccert_access(make_instance, certificate, tmp_path, order, word):
    cert, key = make_certificate(tmp_path, "client.test")
    of_cert = openssl_print(["x509", "-in", cert, "-noout", "-fingerprint", "-sha256"])
    of_key = openssl_print(["x509", "-in", cert, "-noout", "-pubkey"], ["pkey", "-pubin", "-outform", "DER"], ["dgst", "-sha256", "-c"])
    table = f"inline:{{ {{ {of_cert} = REJECT by certificate }}, {{ {of_key} = REJECT by key }} }}"
    argument = table if order is None else f"{{ {table} {{ search_order = {order} }} }}"
    mail = make_instance(main=tls_main(certificate, smtpd_tls_ask_ccert="yes", smtpd_sender_restrictions=f"check_ccert_access {argument}"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(cert, key)
    with mail.smtp() as c:
        c.ehlo()
        c.starttls(context=context)
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        reply = c.expect(f"RCPT TO:<u@{DOMAIN}>", 554)
        assert reply.text.endswith(f"Client certificate rejected: {word}")


@pytest.mark.parametrize("options", ["{ search_order = serial }", "{ order = cert_fingerprint }", "{ search_order = }", "search_order"])
def test_check_ccert_access_with_a_slip(make_instance, options):
    mail = make_instance(main=main(smtpd_sender_restrictions=f"check_ccert_access {{ inline:{{ {{ x = OK }} }} {options} }}"))
    with pytest.raises((Closed, ConnectionError, OSError)):
        SmtpClient("127.0.0.1", mail.smtp_port, timeout=3)
    mail.wait_log(r"smtpd\[\d+\]: fatal: .*")


def test_timeout(make_instance):
    mail = make_instance(main=main(smtpd_timeout="1s"))
    with mail.smtp() as c:
        reply = c.reply()
        assert (reply.code, reply.dsn) == (421, "4.4.2")
        assert c.is_closed()
    mail.wait_log(r"NOQUEUE: timeout after CONNECT from unknown\[127.0.0.1\]")


def test_junk_does_no_harm(mail):
    for bytes_sent in (b"\x00" * 5000, b"\xff\xfe\r\n" * 50, b"\r\n" * 30, b"A" * 100000 + b"\r\nQUIT\r\n", b"\x16\x03\x01\x02\x00\x01"):
        with mail.smtp() as c:
            try:
                c.send_raw(bytes_sent)
                c.sock.shutdown(socket.SHUT_WR)
                while c.file.readline():
                    pass
            except ConnectionError:
                pass
    with mail.smtp() as c:
        c.ehlo()
        c.mail("a@x.test", [f"u@{DOMAIN}"], b"Subject: x\n\nx\n")


def test_unlisted_recipient(make_instance):
    mail = make_instance(main=main(local_recipient_maps="inline:{ known=x }"))
    with mail.smtp() as c:
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        c.expect(f"RCPT TO:<known@{DOMAIN}>", 250)
        reply = c.cmd(f"RCPT TO:<unknown@{DOMAIN}>")
        assert (reply.code, reply.dsn) == (550, "5.1.1") and "User unknown in local recipient table" in reply.text
        c.expect("RCPT TO:<postmaster>", 250)

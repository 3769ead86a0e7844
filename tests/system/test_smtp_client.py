# SPDX-License-Identifier: ISC
"""smtp and lmtp, given work as the queue manager gives it: servers, MX hosts, failures at every stage, content, TLS."""

import contextlib
import os
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dns_server import DnsServer
from service_client import Fd, ServiceClient
from smtp_sink import CLOSE, END_OF_DATA, HANG, Delay, SmtpSink
from until import wait_until

SENT, DEFERRED, BOUNCED, DELIVERABLE, UNDELIVERABLE = "1", "2", "3", "4", "5"
SERVICES = "smtp-test pass - - n - 1 smtp\nlmtp-test pass - - n - 1 lmtp\n"
HEADER = b"From: a@x.test\nTo: b@y.test\nSubject: hello\n"
BODY = b"one\n.two\n..three\n"


class Agent:
    """A connection as the queue manager has it. The agent ends only when this is closed."""

    def __init__(self, mail, service="smtp-test"):
        self.mail = mail
        self.client = ServiceClient(mail, service)
        assert self.client.receive()[0] == "agent_ready"
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.client.close()

    def deliver(self, nexthop, *recipients, header=HEADER, body=BODY, sender="a@x.test", rcpt=None, **more):
        """What became of each recipient, in their order, and the whole answer."""
        recipients = recipients or ("b@y.test",)
        self.count += 1
        content = header + b"\n" + body
        lines = content.split(b"\n")
        facts = {
            "queue_id": f"Q{self.count:09X}", "queue_name": "active", "transport": "smtp", "nexthop": nexthop, "sender": sender,
            "header_bytes": len(header), "body_offset": 100, "body_bytes": len(body), "header_offset": 100 + len(body),
            "size_crlf": len(content) + content.count(b"\n"), "longest_line": max(len(line) for line in lines),
            "has_8bit_header": any(c > 127 for c in header), "has_8bit_body": any(c > 127 for c in body),
            "has_dot_line": any(line.startswith(b".") for line in body.split(b"\n")),
            "arrival_us": int(time.time() * 1e6), "active_us": int(time.time() * 1e6),
        }
        with tempfile.TemporaryFile() as file:
            file.write(b"#" * 100 + body + header)
            file.flush()
            self.client.send("deliver", fd=Fd(file.fileno()), recipients=[
                {"offset": i + 1, "address": address} | (rcpt or {}) for i, address in enumerate(recipients)], **facts | more)
            name, answer = self.client.receive()
        assert name == "delivered"
        got = {int(r["offset"]): r for r in answer["recipients"]}
        return [got[i + 1] for i in range(len(recipients))], answer

    def one(self, nexthop, *args, **more):
        return self.deliver(nexthop, *args, **more)[0][0]


def crlf(data):
    return data.replace(b"\n", b"\r\n")


@pytest.fixture(scope="module")
def name_server():
    with DnsServer() as server:
        yield server


@pytest.fixture
def dns(name_server):
    name_server.forget()
    return name_server


@pytest.fixture
def make_agent(make_instance, dns):
    """An agent of an instance of its own, with its own parameters."""
    with contextlib.ExitStack() as stack:
        def make(service="smtp-test", services=SERVICES, **main):
            mail = make_instance(services=services, dns=dns, main={"smtp_tls_security_level": "none"} | main)
            return stack.enter_context(Agent(mail, service))
        yield make


@pytest.fixture(scope="module")
def usual_instance(make_shared_instance, name_server):
    """Its dnsd remembers nothing, since each test has names of its own."""
    return make_shared_instance(services=SERVICES, dns=name_server, main={"smtp_tls_security_level": "none", "dns_cache_limit": 0})


@pytest.fixture
def agent(usual_instance, dns):
    usual_instance.forget_log()
    with Agent(usual_instance) as agent:
        yield agent


def at(sink):
    return f"[{sink.host}]:{sink.port}"


def test_a_message_arrives_as_it_was(agent, sink):
    result = agent.one(at(sink))
    assert (result["status"], result["dsn"], result["text"]) == (SENT, "2.0.0", "250 2.0.0 kept")
    assert (result["remote_mta"], result["diagnostic"]) == ("dns; 127.0.0.1", "smtp; 250 2.0.0 kept")
    message = sink.wait(1)[0]
    assert (message.sender, message.recipients) == ("a@x.test", ["b@y.test"])
    assert message.data == crlf(HEADER + b"\n" + BODY)
    assert message.helo == "mail.example.test"
    assert message.mail_params == [f"SIZE={len(message.data)}"]
    agent.mail.wait_log(rf"postfix/smtp\[\d+\]: Q000000001: to=<b@y.test>, relay=127.0.0.1\[127.0.0.1\]:{sink.port}, delay=[\d.]+, "
                        r"delays=[\d./]+, tls=none:none, dsn=2.0.0, status=sent \(250 2.0.0 kept\)$")


def test_pipelining_and_one_command_at_a_time(agent, sink):
    recipients = [f"r{i}@y.test" for i in range(250)]
    assert all(r["status"] == SENT for r in agent.deliver(at(sink), *recipients)[0])
    with SmtpSink(extensions=("8BITMIME",)) as plain:
        assert all(r["status"] == SENT for r in agent.deliver(at(plain), *recipients)[0])
        assert plain.wait(1)[0].recipients == sink.wait(1)[0].recipients == recipients


def test_helo_when_ehlo_is_unknown(agent, sink):
    sink.on("EHLO", "502 5.5.1 what?")
    assert agent.one(at(sink))["status"] == SENT
    assert sink.commands("HELO") == ["HELO mail.example.test"]
    assert sink.wait(1)[0].mail_params == []


@pytest.mark.parametrize("pattern, action, dsn, status, text", [
    ("CONNECT", "421 4.3.2 busy", "4.3.2", DEFERRED, r"host (\S+) refused to talk to me: 421 4.3.2 busy"),
    ("CONNECT", "554 5.7.1 go away", "4.7.1", DEFERRED, r"host (\S+) refused to talk to me: 554 5.7.1 go away"),
    ("CONNECT", CLOSE, "4.4.2", DEFERRED, r"lost connection with (\S+) while receiving the initial server greeting"),
    ("EHLO", CLOSE, "4.4.2", DEFERRED, r"lost connection with (\S+) while performing the EHLO handshake"),
    ("EHLO", "421 4.7.0 no", "4.7.0", DEFERRED, r"host (\S+) refused to talk to me: 421 4.7.0 no"),
    ("MAIL", "450 4.1.8 later", "4.1.8", DEFERRED, r"host (\S+) said: 450 4.1.8 later \(in reply to MAIL FROM command\)"),
    ("MAIL", "550 5.7.1 never", "5.7.1", BOUNCED, r"host (\S+) said: 550 5.7.1 never \(in reply to MAIL FROM command\)"),
    ("MAIL", CLOSE, "4.4.2", DEFERRED, r"lost connection with (\S+) while sending MAIL FROM"),
    ("RCPT", "450 4.2.1 full", "4.2.1", DEFERRED, r"host (\S+) said: 450 4.2.1 full \(in reply to RCPT TO command\)"),
    ("RCPT", "550 no such user", "5.0.0", BOUNCED, r"host (\S+) said: 550 no such user \(in reply to RCPT TO command\)"),
    ("RCPT", "550 2.1.1 confused", "5.0.0", BOUNCED, r"host (\S+) said: 550 2.1.1 confused \(in reply to RCPT TO command\)"),
    ("RCPT", CLOSE, "4.4.2", DEFERRED, r"lost connection with (\S+) while sending RCPT TO"),
    ("DATA", "451 4.3.0 later", "4.3.0", DEFERRED, r"host (\S+) said: 451 4.3.0 later \(in reply to DATA command\)"),
    ("DATA", "554 5.7.1 never", "5.7.1", BOUNCED, r"host (\S+) said: 554 5.7.1 never \(in reply to DATA command\)"),
    ("DATA", CLOSE, "4.4.2", DEFERRED, r"lost connection with (\S+) while sending DATA command"),
    (END_OF_DATA, "452 4.3.1 disk", "4.3.1", DEFERRED, r"host (\S+) said: 452 4.3.1 disk \(in reply to end of DATA command\)"),
    (END_OF_DATA, "550-5.7.1 spam\n550 5.7.1 really", "5.7.1", BOUNCED,
     r"host (\S+) said: 550-5.7.1 spam 550 5.7.1 really \(in reply to end of DATA command\)"),
    (END_OF_DATA, CLOSE, "4.4.2", DEFERRED,
     r"lost connection with (\S+) while sending end of data -- message may be sent more than once"),
])
def test_failure_at_each_stage(agent, sink, pattern, action, dsn, status, text):
    sink.on(pattern, action)
    result = agent.one(at(sink))
    match = re.fullmatch(text, result["text"])
    assert match and match.group(1) == "127.0.0.1[127.0.0.1]", result["text"]
    assert result["status"] == status
    assert result["dsn"] == dsn
    assert sink.messages == []


SILENCES = {"CONNECT": "receiving the initial server greeting", "EHLO": "performing the EHLO handshake", "MAIL": "sending MAIL FROM",
            "RCPT": "sending RCPT TO", "DATA": "sending DATA command", END_OF_DATA: "sending end of data -- message may be sent more than once"}


def test_silence_at_each_stage(make_instance):
    """All at once, since each takes a second."""
    timeouts = ("helo", "mail", "rcpt", "data_init", "data_done", "quit")
    mail = make_instance(services="smtp-test pass - - n - - smtp\n",
                         main={"smtp_tls_security_level": "none"} | {f"smtp_{stage}_timeout": "1s" for stage in timeouts})

    def outcome(pattern):
        with SmtpSink(timeout=10) as sink, Agent(mail) as agent:
            sink.on(pattern, HANG)
            result = agent.one(at(sink))
            return result["status"], result["dsn"], result["text"]
    with ThreadPoolExecutor(len(SILENCES)) as pool:
        assert list(pool.map(outcome, SILENCES)) == [
            (DEFERRED, "4.4.2", f"conversation with 127.0.0.1[127.0.0.1] timed out while {doing}") for doing in SILENCES.values()]


def test_recipients_have_their_own_fates(agent, sink):
    sink.on("RCPT TO:<bad@", "550 5.1.1 unknown")
    sink.on("RCPT TO:<full@", "452 4.2.2 full")
    results, _ = agent.deliver(at(sink), "good@y.test", "bad@y.test", "full@y.test", "fine@y.test")
    assert [r["status"] for r in results] == [SENT, BOUNCED, DEFERRED, SENT]
    assert sink.wait(1)[0].recipients == ["good@y.test", "fine@y.test"]


def test_nobody_accepted_and_the_connection_goes_on(agent, sink):
    sink.on("RCPT", "550 5.1.1 unknown", times=1)
    assert agent.one(at(sink))["status"] == BOUNCED
    assert agent.one(at(sink))["status"] == SENT
    assert sink.sessions == 1


def test_a_kept_connection_is_used_again(agent, sink):
    for _ in range(3):
        assert agent.one(at(sink))["status"] == SENT
    assert sink.sessions == 1
    agent.mail.wait_log(r"Q000000002: to=<b@y.test>, relay=\S+, conn_use=2, delay=")
    agent.mail.wait_log(r"Q000000003: to=<b@y.test>, relay=\S+, conn_use=3, delay=")
    wait_until(lambda: sink.commands("QUIT"), "the kept connection is given up")
    assert agent.one(at(sink))["status"] == SENT
    assert sink.sessions == 2


def test_a_kept_connection_that_died_is_replaced(agent, sink):
    assert agent.one(at(sink))["status"] == SENT
    sink.on("MAIL", CLOSE, times=1)
    assert agent.one(at(sink))["status"] == SENT
    sink.on("MAIL", "421 4.4.2 idle for too long", times=1)
    assert agent.one(at(sink))["status"] == SENT
    assert len(sink.wait(3)) == 3 and sink.sessions == 3


def test_refused_connection(agent):
    port = agent.mail.new_port()
    result, answer = agent.deliver(f"[127.0.0.1]:{port}")
    assert (result[0]["status"], result[0]["dsn"]) == (DEFERRED, "4.4.1")
    assert result[0]["text"] == f"connect to 127.0.0.1[127.0.0.1]:{port}: Connection refused"
    assert answer["destination_failed"] == "1" and answer["destination_dsn"] == "4.4.1"
    agent.mail.wait_log(rf"smtp\[\d+\]: connect to 127.0.0.1\[127.0.0.1\]:{port}: Connection refused$")
    agent.mail.wait_log(r"relay=none, .*status=deferred \(connect to ")


# MX

def test_mx_hosts_in_order_and_the_next_one_on_failure(agent, dns):
    with SmtpSink(host="127.0.0.2") as first, SmtpSink(host="127.0.0.3", port=first.port) as second:
        dns.add("y.test MX 20 mx2.y.test.", "y.test MX 10 mx1.y.test.", "mx1.y.test A 127.0.0.2", "mx2.y.test A 127.0.0.3")
        assert agent.one(f"y.test:{first.port}")["status"] == SENT
        assert len(first.wait(1)) == 1
        first.on("RCPT", "450 4.2.0 greylisted")
        assert agent.one(f"y.test:{first.port}")["status"] == SENT
        assert len(second.wait(1)) == 1
        agent.mail.wait_log(r"Q000000002: host mx1.y.test\[127.0.0.2\] said: 450 4.2.0 greylisted \(in reply to RCPT TO command\)$")
        assert len(first.messages) == 1


def test_5xx_greeting_leads_to_the_next_host(agent, dns):
    with SmtpSink(host="127.0.0.2") as first, SmtpSink(host="127.0.0.3", port=first.port) as second:
        dns.add("y.test MX 10 mx1.y.test.", "y.test MX 20 mx2.y.test.", "mx1.y.test A 127.0.0.2", "mx2.y.test A 127.0.0.3")
        first.on("CONNECT", "554 5.3.2 no")
        assert agent.one(f"y.test:{first.port}")["status"] == SENT
        second.on("CONNECT", "554 5.3.2 no")
        result = agent.one("y.test:%d" % first.port)
        assert result["status"] in (DEFERRED, SENT)


def test_address_limit(make_agent, dns):
    agent = make_agent(smtp_mx_address_limit="2")
    with SmtpSink(host="127.0.0.9") as sink:
        dns.add(*(f"y.test MX {i} mx{i}.y.test." for i in range(1, 4)), "mx1.y.test A 127.0.0.2", "mx2.y.test A 127.0.0.3",
                "mx3.y.test A 127.0.0.9")
        result = agent.one(f"y.test:{sink.port}")
        assert result["text"] == f"connect to mx2.y.test[127.0.0.3]:{sink.port}: Connection refused"


def test_session_limit(make_agent, dns):
    agent = make_agent(smtp_mx_session_limit="2")
    with SmtpSink(host="127.0.0.2") as one, SmtpSink(host="127.0.0.3", port=one.port) as two, \
            SmtpSink(host="127.0.0.4", port=one.port) as three:
        dns.add(*(f"y.test MX {i} mx{i}.y.test." for i in (2, 3, 4)), *(f"mx{i}.y.test A 127.0.0.{i}" for i in (2, 3, 4)))
        one.on("MAIL", "450 4.0.0 no")
        two.on("MAIL", "450 4.0.0 no")
        assert agent.one(f"y.test:{one.port}")["status"] == DEFERRED
        assert three.sessions == 0


def test_no_mx_means_the_domain_itself(agent, dns, sink):
    dns.add("y.test A 127.0.0.1")
    assert agent.one(f"y.test:{sink.port}")["status"] == SENT
    assert [q.type for q in dns.asked("y.test")][0] == "MX"


@pytest.mark.parametrize("records, fault, status, dsn, text", [
    (["y.test MX 0 ."], None, BOUNCED, "5.1.0", r"Domain y.test does not accept mail \(nullMX\)"),
    ([], None, BOUNCED, "5.4.4",
     r"Host or domain name not found. Name service error for name=y.test type=A(AAA)?: Host not found"),
    (["y.test MX 10 mx.y.test."], None, BOUNCED, "5.4.4",
     r"Host or domain name not found. Name service error for name=mx.y.test type=A(AAA)?: Host not found"),
    ([], ("y.test", "MX"), DEFERRED, "4.4.3",
     r"Host or domain name not found. Name service error for name=y.test type=MX: Host not found, try again"),
    (["y.test MX 10 mx.y.test."], ("mx.y.test", None), DEFERRED, "4.4.3",
     r"Host or domain name not found. Name service error for name=mx.y.test type=A(AAA)?: Host not found, try again"),
    (["y.test MX 10 mx.y.test.", "mx.y.test A 127.0.0.1"], None, BOUNCED, "5.4.6", r"mail for y.test loops back to myself"),
])
def test_what_dns_may_say(agent, dns, records, fault, status, dsn, text):
    dns.add(*records)
    if fault:
        dns.fault(*fault, rcode="SERVFAIL")
    result = agent.one("y.test")
    assert re.fullmatch(text, result["text"]), result["text"]
    assert (result["status"], result["dsn"]) == (status, dsn)
    agent.mail.wait_log(r"relay=none, ")


def test_next_hops_in_a_list_and_fallback_relay(make_agent, dns):
    with SmtpSink() as sink, SmtpSink() as fallback:
        agent = make_agent(smtp_fallback_relay=at(fallback))
        assert agent.one(f"none.test, {at(sink)}")["status"] == SENT
        assert len(sink.wait(1)) == 1
        assert agent.one("none.test")["status"] == SENT
        assert len(fallback.wait(1)) == 1


def test_ipv6_and_bad_next_hops(agent):
    with SmtpSink(host="::1") as sink:
        assert agent.one(f"[ipv6:::1]:{sink.port}")["status"] == SENT
        assert agent.one(f"[::1]:{sink.port}")["status"] == SENT
    assert agent.one("[127.0.0.1]:nosuchport")["dsn"] == "4.3.5"        # a slip in a table returns no mail


# Content

def test_long_lines_are_folded(agent, sink):
    body = b"x" * 3000 + b"\nshort\n"
    assert agent.one(at(sink), body=body)["status"] == SENT
    lines = sink.wait(1)[0].data.split(b"\r\n\r\n", 1)[1].split(b"\r\n")
    assert max(len(line) for line in lines) == 998
    assert b"".join([lines[0]] + [line[1:] for line in lines[1:4]]) == b"x" * 3000
    assert all(line.startswith(b" ") for line in lines[1:4])


def test_large_and_odd_content(agent, sink):
    body = b"".join(b"%06d %s\n" % (i, b"y" * (i % 100)) for i in range(40000)) + b".\n..\n\n"
    assert agent.one(at(sink), body=body)["status"] == SENT
    assert sink.wait(1)[0].data == crlf(HEADER + b"\n" + body)
    assert agent.one(at(sink), body=b"no end")["status"] == SENT
    assert sink.wait(2)[1].data == crlf(HEADER) + b"\r\nno end\r\n"
    assert agent.one(at(sink), body=b"")["status"] == SENT
    assert sink.wait(3)[2].data == crlf(HEADER) + b"\r\n"


def test_8bit_content(agent, sink):
    body = "naïve\n".encode()
    header = HEADER + b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    assert agent.one(at(sink), header=header, body=body)["status"] == SENT
    message = sink.wait(1)[0]
    assert "BODY=8BITMIME" in message.mail_params and message.data.endswith(crlf(body))
    with SmtpSink(extensions=("PIPELINING",)) as old:
        assert agent.one(at(old), header=header, body=body)["status"] == SENT
        data = old.wait(1)[0].data
        assert b"quoted-printable" in data and b"na=C3=AFve" in data and b"8bit" not in data


def test_smtputf8_must_be_offered(agent, sink):
    assert agent.one(at(sink), "jö@y.test", smtputf8=True)["status"] == SENT
    assert "SMTPUTF8" in sink.wait(1)[0].mail_params
    with SmtpSink(extensions=("8BITMIME",)) as old:
        result = agent.one(at(old), "jö@y.test", smtputf8=True)
        assert (result["status"], result["dsn"]) == (BOUNCED, "5.6.7")
        assert result["text"] == "SMTPUTF8 is required, but was not offered by host 127.0.0.1[127.0.0.1]"
        assert agent.one(at(old), smtputf8=True)["status"] == SENT     # nothing in it needs the extension


def test_dsn_parameters(agent, sink):
    agent.one(at(sink), dsn_envid="env+1", dsn_ret="HDRS", rcpt={"dsn_notify": 12, "dsn_orcpt": "rfc822;o+x@y.test"})
    message = sink.wait(1)[0]
    assert "RET=HDRS" in message.mail_params and "ENVID=env+2B1" in message.mail_params
    assert message.rcpt_params == [["ORCPT=rfc822;o+2Bx@y.test", "NOTIFY=FAILURE,DELAY"]]


def test_size_limit_of_the_server(agent):
    with SmtpSink(extensions=("SIZE 20",)) as sink:
        result = agent.one(at(sink))
        assert (result["status"], result["dsn"]) == (BOUNCED, "5.3.4")
        assert "exceeds size limit 20 of server 127.0.0.1[127.0.0.1]" in result["text"]


def test_quoted_addresses(agent, sink):
    agent.one(at(sink), "a b@y.test", sender="")
    assert sink.commands("MAIL")[0].startswith("MAIL FROM:<> ")
    assert sink.commands("RCPT") == ['RCPT TO:<"a b"@y.test>']


def test_probe_sends_no_content(agent, sink):
    sink.on("RCPT TO:<bad@", "550 5.1.1 unknown")
    results, _ = agent.deliver(at(sink), "good@y.test", "bad@y.test", is_verify=True)
    assert [r["status"] for r in results] == [DELIVERABLE, UNDELIVERABLE]
    assert sink.commands("DATA") == [] and sink.messages == []


def test_probe_up_to_data(make_agent):
    agent = make_agent(smtp_address_verify_target="data")
    with SmtpSink() as sink:
        assert agent.one(at(sink), is_verify=True)["status"] == DELIVERABLE
        assert sink.commands("DATA") and sink.messages == []
        sink.on("DATA", "554 5.7.1 no")
        assert agent.one(at(sink), is_verify=True)["status"] == UNDELIVERABLE


def test_generic_maps_and_checks(make_agent, sink):
    agent = make_agent(smtp_generic_maps="inline:{a@x.test=outer@example.test}",
                       smtp_header_checks="regexp:{{/^Subject: hello/ REPLACE Subject: changed}}, regexp:{{/^X-Secret/ IGNORE}}",
                       smtp_body_checks="regexp:{{/^one/ PREPEND zero}}")
    assert agent.one(at(sink), header=HEADER + b"X-Secret: 1\n")["status"] == SENT
    message = sink.wait(1)[0]
    assert message.sender == "outer@example.test"
    assert message.data == crlf(b"From: outer@example.test\nTo: b@y.test\nSubject: changed\n\nzero\n" + BODY)


def test_reply_filter_and_status_filter(make_agent, sink):
    agent = make_agent(smtp_reply_filter="regexp:{{/^550 (.*)/ 450 $1}}",
                       smtp_delivery_status_filter="regexp:{{/^4\\.7\\.1 (.*)/ 5.7.1 $1}}")
    sink.on("RCPT TO:<x@", "550 4.2.0 slow")
    sink.on("RCPT TO:<y@", "450 4.7.1 never")
    assert [r["status"] for r in agent.deliver(at(sink), "x@y.test", "y@y.test")[0]] == [DEFERRED, BOUNCED]


def test_xforward(make_agent):
    agent = make_agent(smtp_send_xforward_command="yes")
    with SmtpSink(extensions=("XFORWARD NAME ADDR HELO",)) as sink:
        agent.one(at(sink), client_name="c.test", client_address="192.0.2.1")
        assert sink.commands("XFORWARD") == ["XFORWARD NAME=c.test ADDR=192.0.2.1 HELO=[UNAVAILABLE]"]


# TLS

def test_opportunistic_tls(make_agent, certificate):
    agent = make_agent(smtp_tls_security_level="may", smtp_tls_loglevel="1")
    with SmtpSink(tls=certificate) as sink:
        assert agent.one(at(sink))["status"] == SENT
        assert sink.wait(1)[0].is_tls
        agent.mail.wait_log(r"Untrusted TLS connection established to 127.0.0.1\[127.0.0.1\]:\d+: TLSv1.3 with cipher TLS_")
        agent.mail.wait_log(r"tls=may:TLSv1.3, ")
    with SmtpSink() as sink:
        assert agent.one(at(sink))["status"] == SENT
        assert not sink.wait(1)[0].is_tls


def test_tls_that_fails(make_agent, certificate):
    agent = make_agent(smtp_tls_security_level="may")
    with SmtpSink(tls=certificate) as sink:
        sink.on("STARTTLS", "220 2.0.0 go on")                  # and then no TLS
        result = agent.one(at(sink))
        assert (result["status"], result["dsn"], result["text"]) == (DEFERRED, "4.7.5", "Cannot start TLS: handshake failure")
        old = int((time.time() - 400) * 1e6)
        assert agent.one(at(sink), arrival_us=old)["status"] == SENT        # deferred before: this time in plain text
        assert not sink.wait(1)[0].is_tls and sink.sessions == 3
    with SmtpSink(tls=certificate) as sink:
        sink.on("STARTTLS", "454 4.7.0 not now")
        assert agent.one(at(sink))["status"] == SENT


def test_demanded_tls(make_agent, certificate):
    agent = make_agent(smtp_tls_policy_maps="inline:{{[127.0.0.1]=encrypt}}", smtp_tls_security_level="encrypt")
    with SmtpSink(tls=certificate) as sink:
        assert agent.one(at(sink))["status"] == SENT
        assert sink.wait(1)[0].is_tls
    with SmtpSink() as sink:
        result = agent.one(at(sink))
        assert (result["status"], result["dsn"]) == (DEFERRED, "4.7.4")
        assert result["text"] == "TLS is required, but was not offered by host 127.0.0.1[127.0.0.1]"
    with SmtpSink(tls=certificate) as sink:
        sink.on("STARTTLS", "220 2.0.0 go on")
        assert agent.one(at(sink))["text"] == "Cannot start TLS: handshake failure"


def test_tls_optional_mail(make_agent):
    agent = make_agent(smtp_tls_security_level="encrypt")
    with SmtpSink() as sink:
        assert agent.one(at(sink), tls_optional=True)["status"] == SENT
        assert agent.one(at(sink))["dsn"] == "4.7.4"


def test_verified_tls(make_agent, certificate, dns):
    dns.add("localhost A 127.0.0.1", "other.test A 127.0.0.1")
    agent = make_agent(smtp_tls_security_level="verify", smtp_tls_CAfile=certificate[0])
    with SmtpSink(tls=certificate) as sink:
        assert agent.one(f"[localhost]:{sink.port}")["status"] == SENT
        result = agent.one(f"[other.test]:{sink.port}")
        assert (result["status"], result["dsn"], result["text"]) == (DEFERRED, "4.7.5", "Server certificate not verified")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """(the authority's certificate, its public key, a server's certificate for localhost, that key)"""
    directory = tmp_path_factory.mktemp("authority")
    ca, ca_key, public, cert, key = (str(directory / name) for name in ("ca.pem", "ca.key", "public.pem", "cert.pem", "cert.key"))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for command in (["req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-subj", "/CN=authority"],
                    ["pkey", "-in", ca_key, "-pubout", "-out", public],
                    ["req", *curve, "-keyout", key, "-out", cert + ".req", "-subj", "/CN=localhost"],
                    ["x509", "-req", "-in", cert + ".req", "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-out", cert,
                     "-extfile", "/dev/stdin"]):
        subprocess.run(["openssl", *command], check=True, capture_output=True, input=b"subjectAltName=DNS:localhost")
    with open(cert, "a", encoding="ascii") as file:             # a public key as anchor needs the authority in the chain
        file.write(open(ca, encoding="ascii").read())
    return ca, public, cert, key


def test_trust_anchors(make_agent, certificate, authority, dns):
    ca, public, cert, key = authority
    policies = {
        "ca.test": f"secure match=localhost tafile={ca}", "key.test": f"verify match=localhost tafile={public}",
        "two.test": f"secure match=localhost tafile={certificate[0]} tafile={ca}", "usual.test": "secure match=localhost",
        "other.test": f"secure match=localhost tafile={certificate[0]}", "name.test": f"secure match=else.test tafile={ca}",
        "none.test": "verify match=localhost tafile=/nowhere.pem", "junk.test": f"verify match=localhost tafile={key}",
        "may.test": f"may tafile={ca}", "rpk.test": "may enable_rpk=yes", "bad-rpk.test": "may enable_rpk=maybe",
    }
    for name in policies:
        dns.add(f"{name} A 127.0.0.1")
    agent = make_agent(smtp_tls_policy_maps="inline:{ " + ", ".join(f"{{ {name} = {text} }}" for name, text in policies.items()) + " }",
                       smtp_tls_security_level="may", smtp_tls_trust_anchor_file=certificate[0], smtp_tls_loglevel=1,
                       smtp_tls_loglevel_maps="inline:{ two.test=0, .test=3, name.test=9 }")
    with SmtpSink(tls=(cert, key)) as sink:
        for name in ("ca.test", "key.test", "two.test"):
            assert agent.one(f"[{name}]:{sink.port}")["status"] == SENT, name
        for name in ("other.test", "name.test", "usual.test"):
            result = agent.one(f"[{name}]:{sink.port}")
            assert (result["status"], result["dsn"], result["text"]) == (DEFERRED, "4.7.5", "Server certificate not verified"), name
        for name in ("none.test", "junk.test", "may.test", "bad-rpk.test"):
            result = agent.one(f"[{name}]:{sink.port}")
            assert (result["status"], result["dsn"], result["text"]) == (DEFERRED, "4.7.5", "client TLS configuration problem"), name
        for _ in range(2):
            assert agent.one(f"[rpk.test]:{sink.port}")["status"] == SENT
    log = agent.mail.wait_log(r"to=<b@y.test>, relay=rpk.test.*\n.*to=<b@y.test>, relay=rpk.test") and agent.mail.log()
    assert "warning: TLS: open trust anchor file /nowhere.pem: " in log
    assert f'warning: TLS: trust anchor file {key}: "PRIVATE KEY" is neither a certificate nor a public key' in log
    assert 'warning: TLS policy for [may.test]:' in log and 'attribute "tafile" invalid at security level "may"' in log
    assert log.count("asks for raw public keys, which need OpenSSL 3.2: certificates are used") == 1
    assert 'parameter smtp_tls_loglevel_maps: expected 0 to 4, found "9"' in log
    assert "Verified TLS connection established to ca.test" in log and "SSL_connect:SSLv3/TLS write client hello" in log
    assert "TLS connection established to two.test" not in log


def test_wrapper_mode(make_agent, certificate):
    agent = make_agent(smtp_tls_security_level="encrypt", smtp_tls_wrappermode="yes")
    with SmtpSink(tls=certificate, implicit_tls=True) as sink:
        assert agent.one(at(sink))["status"] == SENT
        assert sink.wait(1)[0].is_tls


# LMTP

def test_lmtp_answers_for_each_recipient(make_agent):
    agent = make_agent("lmtp-test", lmtp_tls_security_level="none")
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = f"{directory}/lmtp"
        with SmtpSink(path=path, is_lmtp=True) as sink:
            os.chmod(path, 0o666)
            sink.on(r"\. <full@", "452 4.2.2 full")
            sink.on(r"\. <bad@", "550 5.1.1 gone")
            results, _ = agent.deliver(f"unix:{path}", "a@y.test", "full@y.test", "bad@y.test", "b@y.test")
            assert [r["status"] for r in results] == [SENT, DEFERRED, BOUNCED, SENT]
            assert sink.wait(1)[0].recipients == ["a@y.test", "b@y.test"]
            assert sink.commands("LHLO") == ["LHLO mail.example.test"]
            agent.mail.wait_log(rf"postfix/lmtp\[\d+\]: .*relay=mail.example.test\[{path}\], ")
            assert agent.one(f"unix:{path}")["status"] == SENT
            assert sink.sessions == 1
    with SmtpSink(is_lmtp=True) as sink:
        assert agent.one(f"inet:127.0.0.1:{sink.port}")["status"] == SENT


def test_slow_server_is_waited_for(agent, sink):
    sink.on("MAIL", Delay(0.5))
    sink.on(END_OF_DATA, Delay(0.5))
    assert agent.one(at(sink))["status"] == SENT
    agent.mail.wait_log(r"delays=0[\d.]*/0[\d.]*/0[\d.]*/1[\d.]*, ")


# Odd servers

def test_pix_workarounds(make_agent):
    agent = make_agent(smtp_pix_workaround_delay_time="1s")
    with SmtpSink() as sink:
        sink.on("CONNECT", "220 **********************", times=1)
        assert agent.one(at(sink))["status"] == SENT
        assert sink.commands("EHLO") == [] and len(sink.commands("HELO")) == 1
        agent.mail.wait_log(r"Q000000001: enabling PIX workarounds: disable_esmtp,delay_dotcrlf for 127.0.0.1\[127.0.0.1\]:\d+$")
        wait_until(lambda: sink.commands("QUIT"), "the kept connection is given up")
        sink.on("CONNECT", "220 ****2***", times=1)
        assert agent.one(at(sink), arrival_us=int((time.time() - 600) * 1e6))["status"] == SENT
        agent.mail.wait_log(r"Q000000002: .*delays=[\d.]+/[\d.]+/[\d.]+/1[\d.]*, .*status=sent")
        assert sink.wait(2)[1].data == sink.messages[0].data


def test_pix_workarounds_by_address(make_agent, sink):
    agent = make_agent(smtp_pix_workaround_maps="inline:{127.0.0.1=delay_dotcrlf}")
    sink.on("CONNECT", "220 ****")
    assert agent.one(at(sink))["status"] == SENT
    agent.mail.wait_log(r"enabling PIX workarounds: delay_dotcrlf for ")


def test_a_server_with_our_own_name(agent):
    """A loop where the server is the best MX host; a passing fault otherwise."""
    with SmtpSink() as sink:
        sink.on("EHLO", "250 mail.example.test")
        assert agent.one(at(sink))["status"] == SENT            # not on port 25


def test_many_long_recipients(agent, sink):
    """More bytes of commands than are sent ahead at once."""
    recipients = ["r%04d%s@y.test" % (i, "z" * 900) for i in range(300)]
    assert {r["status"] for r in agent.deliver(at(sink), *recipients)[0]} == {SENT}
    assert sink.wait(1)[0].recipients == recipients


# Flags of master.cf

def test_flags(make_agent, sink):
    agent = make_agent(services="smtp-test pass - - n - 1 smtp flags=DORX\n")
    result = agent.one(at(sink), "Box@y.test", rcpt={"original": "list@y.test"})
    assert (result["status"], result["action"]) == (SENT, "delivered")
    assert sink.wait(1)[0].data.startswith(b"Return-Path: <a@x.test>\r\nX-Original-To: list@y.test\r\nDelivered-To: Box@y.test\r\nFrom: ")
    result = agent.one(at(sink), "Box@y.test", header=b"Delivered-To: box@y.test\n" + HEADER)
    assert (result["status"], result["dsn"], result["text"]) == (BOUNCED, "5.4.6", "mail forwarding loop for Box@y.test")
    results, _ = agent.deliver(at(sink), "a@y.test", "b@y.test")
    assert {(r["status"], r["dsn"], r["text"]) for r in results} == {
        (DEFERRED, "4.3.5", "flags=D and flags=O need smtp_destination_recipient_limit = 1")}


def test_bad_flags_are_named(make_instance, dns):
    mail = make_instance(dns=dns, services="smtp-test unix - - n - 1 smtp flags=DZ\n", main={"transport_maps": "inline:{y.test=smtp-test:}"})
    with mail.smtp() as c:
        c.ehlo()
        c.mail("a@x.test", ["b@y.test"], HEADER + b"\nhello\n")
    mail.wait_log(r"smtp\[\d+\]: fatal: .*flags: expected D, O, R or X: Z")


# REQUIRETLS

def test_requiretls(make_agent, certificate):
    words = ("PIPELINING", "8BITMIME", "REQUIRETLS")
    agent = make_agent(smtp_tls_security_level="may", smtp_tls_CAfile=certificate[0])
    with SmtpSink(extensions=words, tls=certificate) as sink:
        result = agent.one(at(sink), requiretls=True)
        assert (result["status"], result["dsn"]) == (DEFERRED, "4.7.5")         # no certificate for "127.0.0.1" as a name
    with SmtpSink(extensions=words) as sink:
        result = agent.one(at(sink), requiretls=True)
        assert (result["status"], result["dsn"]) == (BOUNCED, "5.7.30")
        assert result["text"] == "TLS is required, but was not offered by host 127.0.0.1[127.0.0.1]"


def test_requiretls_with_a_good_certificate(make_agent, certificate, dns):
    dns.add("localhost A 127.0.0.1")
    agent = make_agent(smtp_tls_security_level="may", smtp_tls_CAfile=certificate[0])
    with SmtpSink(extensions=("8BITMIME", "REQUIRETLS"), tls=certificate) as sink, SmtpSink(tls=certificate) as other:
        assert agent.one(f"[localhost]:{sink.port}", requiretls=True)["status"] == SENT
        assert "REQUIRETLS" in sink.wait(1)[0].mail_params
        result = agent.one(f"[localhost]:{other.port}", requiretls=True)
        assert (result["status"], result["dsn"]) == (BOUNCED, "5.7.30")
        assert result["text"] == "REQUIRETLS is required, but was not offered by host localhost[127.0.0.1]"
        assert agent.one(f"[localhost]:{other.port}, [localhost]:{sink.port}", requiretls=True)["status"] == SENT


@pytest.mark.parametrize("policy, level, is_tls", [("opportunistic+starttls", "none", True), ("opportunistic", "none", False)])
def test_requiretls_policies(make_agent, certificate, policy, level, is_tls):
    agent = make_agent(smtp_tls_security_level=level, smtp_requiretls_policy=policy)
    with SmtpSink(tls=certificate) as sink:
        assert agent.one(at(sink), requiretls=True)["status"] == SENT
        assert sink.wait(1)[0].is_tls == is_tls


# SRV

def test_srv_records_give_host_and_port(make_agent, dns):
    agent = make_agent(use_srv_lookup="submission")
    with SmtpSink(host="127.0.0.2") as first, SmtpSink(host="127.0.0.3") as second:
        dns.add(f"_submission._tcp.y.test SRV 10 5 {first.port} one.y.test.", f"_submission._tcp.y.test SRV 20 5 {second.port} two.y.test.",
                "one.y.test A 127.0.0.2", "two.y.test A 127.0.0.3")
        assert agent.one("y.test:submission")["status"] == SENT
        assert len(first.wait(1)) == 1
        first.on("MAIL", "450 4.3.2 not now")
        assert agent.one("y.test:submission")["status"] == SENT
        assert len(second.wait(1)) == 1
    assert not [q for q in dns.queries if q.type == "MX"]


def test_srv_shares_by_weight(make_agent, dns):
    agent = make_agent(use_srv_lookup="submission", smtp_connection_cache_on_demand="no")
    with SmtpSink(host="127.0.0.2") as heavy, SmtpSink(host="127.0.0.3") as light:
        dns.add(f"_submission._tcp.y.test SRV 10 60000 {heavy.port} one.y.test.", f"_submission._tcp.y.test SRV 10 0 {light.port} two.y.test.",
                "one.y.test A 127.0.0.2", "two.y.test A 127.0.0.3")
        for _ in range(10):
            assert agent.one("y.test:submission")["status"] == SENT
        assert len(heavy.messages) == 10        # the other one in 60,000


@pytest.mark.parametrize("records, fault, options, status, dsn, text", [
    (["_submission._tcp.y.test SRV 0 0 0 ."], None, {}, BOUNCED, "5.1.0", "Domain y.test does not offer the service submission (null SRV)"),
    ([], None, {}, BOUNCED, "5.4.4",
     "Host or domain name not found. Name service error for name=_submission._tcp.y.test type=SRV: Host not found"),
    ([], "SERVFAIL", {}, DEFERRED, "4.4.3",
     "Host or domain name not found. Name service error for name=_submission._tcp.y.test type=SRV: Host not found, try again"),
    (["y.test MX 0 ."], None, {"allow_srv_lookup_fallback": "yes"}, BOUNCED, "5.1.0", "Domain y.test does not accept mail (nullMX)"),
    (["y.test MX 0 ."], "SERVFAIL", {"ignore_srv_lookup_error": "yes"}, BOUNCED, "5.1.0", "Domain y.test does not accept mail (nullMX)"),
])
def test_what_srv_may_say(make_agent, dns, records, fault, options, status, dsn, text):
    agent = make_agent(use_srv_lookup="submission", **options)
    dns.add(*records)
    if fault:
        dns.fault("_submission._tcp.y.test", "SRV", rcode=fault)
    result = agent.one("y.test:submission")
    assert (result["status"], result["dsn"], result["text"]) == (status, dsn, text)


def test_services_not_named_and_brackets_know_no_srv(make_agent, dns):
    agent = make_agent(use_srv_lookup="submission")
    agent.one("y.test:smtp")
    agent.one("[y.test]:submission")
    assert not [q for q in dns.queries if q.type == "SRV"]


# Tables that do not answer

@pytest.mark.parametrize("parameter", ["smtp_generic_maps", "smtp_header_checks", "smtp_body_checks", "smtp_discard_ehlo_keyword_address_maps"])
def test_a_table_that_fails_keeps_the_mail(make_agent, sink, parameter):
    agent = make_agent(**{parameter: "fail:broken"})
    result = agent.one(at(sink))
    assert (result["status"], result["dsn"], result["text"]) == (DEFERRED, "4.3.0", "local data error while talking to 127.0.0.1[127.0.0.1]")
    assert sink.messages == []

# SPDX-License-Identifier: ISC
"""The test name server answers as real ones do."""

import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from dns_server import DnsServer

RECORDS = [
    "example.test MX 10 mail.example.test.",
    "example.test MX 20 backup.example.test.",
    "mail.example.test 7 A 127.0.0.2",
    "mail.example.test AAAA ::1",
    "www.example.test CNAME mail.example.test.",
    "loop.example.test CNAME loop.example.test.",
    "*.wild.test A 127.0.0.9",
    "deep.under.example.test TXT \"one\" \"two\"",
]


def ask(server, name, rdtype, how=dns.query.udp, timeout=2, **flags):
    return how(dns.message.make_query(name, rdtype, **flags), server.host, port=server.port, timeout=timeout)


def texts(reply):
    return sorted(rdata.to_text() for rrset in reply.answer for rdata in rrset)


@pytest.fixture
def zone():
    with DnsServer(RECORDS) as server:
        yield server


@pytest.mark.parametrize("how", [dns.query.udp, dns.query.tcp])
@pytest.mark.parametrize("name, rdtype, rcode, answer", [
    ("example.test", "MX", "NOERROR", ["10 mail.example.test.", "20 backup.example.test."]),
    ("MAIL.example.test", "A", "NOERROR", ["127.0.0.2"]),
    ("www.example.test", "A", "NOERROR", ["127.0.0.2", "mail.example.test."]),
    ("any.wild.test", "A", "NOERROR", ["127.0.0.9"]),
    ("any.wild.test", "MX", "NOERROR", []),
    ("deep.under.example.test", "TXT", "NOERROR", ['"one" "two"']),
    ("under.example.test", "A", "NOERROR", []),
    ("none.example.test", "A", "NXDOMAIN", []),
    ("loop.example.test", "A", "SERVFAIL", []),
])
def test_answers(zone, how, name, rdtype, rcode, answer):
    reply = ask(zone, name, rdtype, how)
    assert dns.rcode.to_text(reply.rcode()) == rcode
    assert texts(reply) == answer


def test_ttl_is_kept_and_negative_answers_have_soa(zone):
    assert ask(zone, "mail.example.test", "A").answer[0].ttl == 7
    assert ask(zone, "none.example.test", "A").authority[0].to_text().startswith("example.test. 60 IN SOA")


def test_questions_are_noted(zone):
    ask(zone, "example.test", "MX")
    ask(zone, "example.test", "A", dns.query.tcp)
    assert [(q.type, q.transport) for q in zone.asked("example.test")] == [("MX", "udp"), ("A", "tcp")]
    assert len(zone.asked("example.test", "A")) == 1


def test_records_come_and_go(zone):
    zone.add("new.test A 127.0.0.3")
    assert texts(ask(zone, "new.test", "A")) == ["127.0.0.3"]
    zone.remove("new.test")
    assert ask(zone, "new.test", "A").rcode() == dns.rcode.NXDOMAIN


def test_fault_rcode_for_one_type_a_number_of_times(zone):
    zone.fault("mail.example.test", "A", rcode="SERVFAIL", times=1)
    assert texts(ask(zone, "mail.example.test", "AAAA")) == ["::1"]
    assert ask(zone, "mail.example.test", "A").rcode() == dns.rcode.SERVFAIL
    assert texts(ask(zone, "mail.example.test", "A")) == ["127.0.0.2"]


def test_fault_drop_and_heal(zone):
    zone.fault("example.test", drop=True)
    with pytest.raises(dns.exception.Timeout):
        ask(zone, "example.test", "MX", timeout=0.2)
    zone.heal("example.test")
    assert len(texts(ask(zone, "example.test", "MX"))) == 2


def test_fault_delay_does_not_hold_up_others(zone):
    zone.fault("example.test", delay=0.5)
    start = time.monotonic()
    ask(zone, "mail.example.test", "A")
    assert time.monotonic() - start < 0.4
    ask(zone, "example.test", "MX")
    assert time.monotonic() - start >= 0.5


def test_truncation(zone):
    zone.fault("mail.example.test", truncate=True)
    for i in range(100):
        zone.add(f"big.test TXT \"{i} {'x' * 200}\"")
    for name, rdtype in (("mail.example.test", "A"), ("big.test", "TXT")):
        reply = ask(zone, name, rdtype)
        assert reply.flags & dns.flags.TC and not reply.answer
        assert ask(zone, name, rdtype, dns.query.tcp).answer


def test_authentic_data(zone):
    zone.secure("example.test")
    assert ask(zone, "mail.example.test", "A", want_dnssec=True).flags & dns.flags.AD
    assert not ask(zone, "any.wild.test", "A", want_dnssec=True).flags & dns.flags.AD
    plain = dns.message.make_query("mail.example.test", "A")
    assert not dns.query.udp(plain, zone.host, port=zone.port, timeout=2).flags & dns.flags.AD
    plain.flags |= dns.flags.AD
    assert dns.query.udp(plain, zone.host, port=zone.port, timeout=2).flags & dns.flags.AD


def test_ipv6():
    with DnsServer(RECORDS, host="::1") as server:
        assert texts(ask(server, "mail.example.test", "A")) == ["127.0.0.2"]


def test_garbage_is_not_answered(zone):
    assert zone.answer(b"garbage", "udp") is None
    assert texts(ask(zone, "mail.example.test", "A")) == ["127.0.0.2"]

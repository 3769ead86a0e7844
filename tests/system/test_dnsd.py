# SPDX-License-Identifier: ISC
"""dnsd: answers, failures, TCP, the cache, joined questions, DNSSEC by the server's word and by validation."""

import contextlib
import os
import pathlib
import random
import subprocess
import tempfile
import time

import dns.dnssec
import dns.message
import dns.name
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dns_server import DnsServer
from service_client import ServiceClient

A, PTR, MX, TXT, AAAA, TLSA = 1, 12, 15, 16, 28, 52
FOUND, NO_DATA, NO_NAME, RETRY, BOGUS, INVALID = range(6)
SERVICE = "dnsd-test pass - - n - 1 dnsd\n"


class Asker:
    def __init__(self, mail):
        self.client = ServiceClient(mail, "dnsd-test")

    def send(self, *questions, ident=0, use_hosts=False):
        self.client.send("dns_ask", id=ident, use_hosts=use_hosts,
                         questions=[{"name": name, "type": rdtype} for name, rdtype in questions])

    def receive(self):
        name, answers = self.client.receive()
        assert name == "dns_answers"
        return answers

    def many(self, *questions, **how):
        self.send(*questions, **how)
        return self.receive()["answers"]

    def one(self, name, rdtype, **how):
        """(status, data of the records, the whole answer)"""
        answer = self.many((name, rdtype), **how)[0]
        return int(answer.get("status", 0)), [r.get("data", "") for r in answer.get("records", [])], answer


@pytest.fixture
def asker(make_instance, dns):
    mail = make_instance(services=SERVICE, dns=dns, main={"dns_query_timeout": "1s", "dns_query_attempts": "2"})
    asker = Asker(mail)
    yield asker
    asker.client.close()


def test_records_of_each_type(asker, dns):
    dns.add("x.test A 192.0.2.1", "x.test AAAA 2001:db8::1", "x.test MX 10 mx.x.test.", "x.test TXT \"a b\" \"c\"",
            "1.2.0.192.in-addr.arpa PTR x.test.", "_25._tcp.x.test TLSA 3 1 1 " + "ab" * 32, "null.test MX 0 .")
    assert asker.one("x.test", A)[:2] == (FOUND, ["192.0.2.1"])
    assert asker.one("x.test.", AAAA)[:2] == (FOUND, ["2001:db8::1"])
    status, data, answer = asker.one("X.Test", MX)
    assert (status, data, answer["records"][0]["preference"]) == (FOUND, ["mx.x.test"], "10")
    assert asker.one("x.test", TXT)[1] == ["a bc"]
    assert asker.one("1.2.0.192.in-addr.arpa", PTR)[1] == ["x.test"]
    assert asker.one("_25._tcp.x.test", TLSA)[1] == ["3 1 1 " + "ab" * 32]
    assert asker.one("null.test", MX)[:2] == (FOUND, [""])


def test_absence_and_failure(asker, dns):
    dns.add("x.test A 192.0.2.1")
    dns.fault("broken.test", rcode="SERVFAIL")
    dns.fault("refused.test", rcode="REFUSED")
    assert asker.one("none.test", A)[0] == NO_NAME
    status, _, answer = asker.one("x.test", MX)
    assert status == NO_DATA and answer["text"] == "Host found but no data record of requested type"
    status, _, answer = asker.one("broken.test", A)
    assert status == RETRY and answer["text"] == "Host not found, try again"
    assert asker.one("refused.test", A)[0] == RETRY
    assert asker.one("bad name", A)[0] == INVALID
    assert asker.one("a..b", A)[0] == INVALID


def test_silence_ends_in_time(asker, dns):
    dns.fault("dead.test", drop=True)
    start = time.monotonic()
    assert asker.one("dead.test", A)[0] == RETRY
    assert 1.5 < time.monotonic() - start < 6
    assert len(dns.asked("dead.test")) == 2


def test_aliases(asker, dns):
    dns.add("a.test CNAME b.test.", "b.test CNAME c.test.", "c.test A 192.0.2.3", "loop.test CNAME loop2.test.",
            "loop2.test CNAME loop.test.")
    status, data, answer = asker.one("a.test", A)
    assert (status, data, answer["records"][0]["name"]) == (FOUND, ["192.0.2.3"], "c.test")
    assert asker.one("loop.test", A)[0] == RETRY


def test_long_answers_come_by_tcp(asker, dns):
    dns.add(*(f"many.test A 10.0.{i // 250}.{i % 250 + 1}" for i in range(300)), "forced.test A 192.0.2.9")
    dns.fault("forced.test", truncate=True)
    assert asker.one("forced.test", A)[1] == ["192.0.2.9"]
    dns.fault("never.test", truncate="always")
    assert asker.one("never.test", A)[0] == RETRY                      # not "no such record"
    status, data, _ = asker.one("many.test", A)
    assert status == FOUND and len(data) == 100
    assert [q.transport for q in dns.asked("many.test")] == ["udp", "tcp"]


def test_many_questions_in_one_request_keep_their_order(asker, dns):
    dns.add(*(f"h{i}.test A 10.0.0.{i}" for i in range(1, 51)))
    dns.fault("h3.test", delay=0.3)
    answers = asker.many(*((f"h{i}.test", A) for i in range(1, 51)))
    assert [a["records"][0]["data"] for a in answers] == [f"10.0.0.{i}" for i in range(1, 51)]


def test_answers_overtake(asker, dns):
    dns.add("slow.test A 192.0.2.1", "fast.test A 192.0.2.2")
    dns.fault("slow.test", delay=0.5)
    asker.send(("slow.test", A), ident=1)
    asker.send(("fast.test", A), ident=2)
    assert [asker.receive()["id"], asker.receive()["id"]] == ["2", "1"]


def test_the_cache_remembers_presence_and_absence(asker, dns):
    dns.add("x.test 60 A 192.0.2.1", "short.test 1 A 192.0.2.2", "zero.test 0 A 192.0.2.3")
    for _ in range(3):
        assert asker.one("x.test", A)[1] == ["192.0.2.1"]
        assert asker.one("none.test", A)[0] == NO_NAME
        asker.one("zero.test", A)
        asker.one("short.test", A)
    assert len(dns.asked("x.test")) == 1 and len(dns.asked("none.test")) == 1 and len(dns.asked("zero.test")) == 3
    time.sleep(1.2)
    asker.one("short.test", A)
    assert len(dns.asked("short.test")) == 2
    assert int(asker.one("x.test", A)[2]["records"][0]["ttl"]) < 60


def test_the_same_question_is_asked_once(asker, dns):
    dns.add("x.test A 192.0.2.1")
    dns.fault("x.test", delay=0.3)
    for ident in range(20):
        asker.send(("x.test", A), ("X.TEST", A), ident=ident)
    for _ in range(20):
        assert [a["records"][0]["data"] for a in asker.receive()["answers"]] == ["192.0.2.1"] * 2
    assert len(dns.asked("x.test")) == 1


def test_ad_of_a_server_on_this_host_counts(asker, dns):
    dns.add("signed.test A 192.0.2.1", "plain.test A 192.0.2.2")
    dns.secure("signed.test")
    assert asker.one("signed.test", A)[2].get("is_secure") == "1"
    assert "is_secure" not in asker.one("plain.test", A)[2]
    assert asker.one("signed.test", A)[2].get("is_secure") == "1"      # from the cache too
    assert asker.one("no.signed.test", A)[2].get("is_secure") == "1"   # an absence is signed too


def test_the_hosts_file_counts_when_asked(asker):
    assert "127.0.0.1" in asker.one("localhost", A, use_hosts=True)[1]
    assert asker.one("localhost", A)[0] == NO_NAME


def test_the_next_server_is_asked(make_instance, dns):
    with DnsServer(["x.test A 192.0.2.1"]) as second:
        dns.fault("x.test", drop=True)
        dns.fault("y.test", rcode="SERVFAIL")
        second.add("y.test A 192.0.2.2")
        mail = make_instance(services=SERVICE, main={"dns_query_timeout": "1s",
                             "dns_servers": f"127.0.0.1:{dns.port}, 127.0.0.1:{second.port}"})
        asker = Asker(mail)
        assert asker.one("y.test", A)[1] == ["192.0.2.2"]
        assert asker.one("x.test", A)[1] == ["192.0.2.1"]
        before = len(dns.queries)
        second.add("z.test A 192.0.2.3")
        assert asker.one("z.test", A)[1] == ["192.0.2.3"]              # the silent one is asked last for a while
        assert len(dns.queries) == before


def port_53(stack, *records):
    """A name server as resolv.conf can name it: port 53 of a loopback address of its own."""
    for _ in range(20):
        with contextlib.suppress(OSError):
            return stack.enter_context(DnsServer(records, host=f"127.{random.randrange(1, 250)}.{random.randrange(250)}.53", port=53))
    pytest.skip("no loopback address has a free port 53")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_system_files_that_change_are_read_anew(make_instance):
    """resolv.conf and hosts, in an /etc of the instance's own: written in place, put there by rename, removed and made again."""
    with contextlib.ExitStack() as stack:
        first, second = port_53(stack, "x.test A 192.0.2.1"), port_53(stack, "x.test A 192.0.2.2")
        etc = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carteiro-etc-"))) / "etc"
        subprocess.run(["cp", "-a", "/etc", etc], check=True)
        conf, hosts = etc / "resolv.conf", etc / "hosts"
        conf.unlink()
        conf.write_text(f"nameserver {first.host}\n")
        mail = make_instance(services=SERVICE, launcher=["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc])

        def wait_answer(name, want, **how):
            deadline = time.monotonic() + 15
            while True:
                with contextlib.suppress(EOFError, OSError):        # the one of before may be just ending
                    if Asker(mail).one(name, A, **how)[1] == want:
                        return
                assert time.monotonic() < deadline, mail.log_tail()
                time.sleep(0.1)

        asker = Asker(mail)
        assert asker.one("x.test", A)[1] == ["192.0.2.1"]
        first.fault("slow.test", delay=0.5)
        first.add("slow.test A 192.0.2.9")
        asker.send(("slow.test", A))
        while not first.asked("slow.test"):
            time.sleep(0.01)
        conf.write_text(f"nameserver {second.host}\n")
        mail.wait_log(r"dnsd\[\d+\]: file /etc/resolv\.conf has changed -- restarting")
        assert asker.receive()["answers"][0]["records"][0]["data"] == "192.0.2.9"       # who had asked is answered
        wait_answer("x.test", ["192.0.2.2"])

        (etc / "new").write_text(f"nameserver {first.host}\n")
        (etc / "new").rename(conf)
        wait_answer("x.test", ["192.0.2.1"])

        conf.unlink()
        assert Asker(mail).one("x.test", A)[1] == ["192.0.2.1"]     # until there is another one
        conf.write_text(f"nameserver {second.host}\n")
        wait_answer("x.test", ["192.0.2.2"])

        hosts.write_text(hosts.read_text() + "192.0.2.7 added.test\n")
        wait_answer("added.test", ["192.0.2.7"], use_hosts=True)
        mail.wait_log(r"dnsd\[\d+\]: file /etc/hosts has changed -- restarting")


def test_a_caller_that_leaves_or_lies_hurts_nobody(asker, make_instance, dns):
    dns.add("x.test A 192.0.2.1")
    dns.fault("x.test", delay=0.3)
    asker.send(("x.test", A))
    asker.client.close()
    mail = make_instance(services=SERVICE, dns=dns)
    good, leaver, liar = Asker(mail), Asker(mail), Asker(mail)
    leaver.send(("x.test", A))
    leaver.client.close()
    liar.client.socket.sendall(b"\0\0\0\4m\0abcd")
    assert good.one("x.test", A)[1] == ["192.0.2.1"]
    with pytest.raises(EOFError):
        liar.receive()


def test_unusable_configuration_is_named(make_instance):
    mail = make_instance(services=SERVICE, main={"dns_servers": "localhost"})
    with pytest.raises((EOFError, OSError)):
        asker = Asker(mail)
        asker.client.socket.settimeout(0.3)     # it never comes: the log says why
        asker.one("x.test", A)
    mail.wait_log(r'fatal: .*dns_servers: "localhost": expected address')


# Validation by libunbound, with a signed zone of our own as the only trust anchor

class SignedServer(DnsServer):
    """Answers below island.example are signed; those below forged.island.example by somebody else. plain.island.example
    is a zone of its own without keys, of which the signed absence of a DS record is the proof."""

    def __init__(self):
        super().__init__()
        self.key, self.other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.apex = dns.name.from_text("island.example.")
        self.dnskey = dns.dnssec.make_dnskey(self.key.public_key(), "ECDSAP256SHA256", flags=257)
        self.add(f"island.example. DNSKEY {self.dnskey.to_text()}", "island.example. SOA ns.island.example. h.island.example. 1 2 3 4 60",
                 "island.example. NS ns.island.example.")

    def signature(self, rrset):
        forged = rrset.name.is_subdomain(dns.name.from_text("forged.island.example."))
        sig = dns.dnssec.sign(rrset, self.other if forged else self.key, self.apex, self.dnskey, lifetime=86400)
        return dns.rrset.from_rdata(rrset.name, rrset.ttl, sig)

    def absence(self, name):
        """No record of such a type: SOA and NSEC, with what there is."""
        types = {dns.rdatatype.to_text(rdtype) for owner, rdtype in self.zone.records if owner == name}
        soa = dns.rrset.from_text(self.apex, 60, "IN", "SOA", "ns.island.example. h.island.example. 1 2 3 4 60")
        nsec = dns.rrset.from_text(name, 60, "IN", "NSEC", f"zz.{self.apex} {' '.join(types | {'RRSIG', 'NSEC'})}")
        return [soa, self.signature(soa), nsec, self.signature(nsec)]

    def make_reply(self, query, *args):
        reply, name = dns.message.from_wire(super().make_reply(query, *args)), query.question[0].name
        unsigned = dns.name.from_text("plain.island.example.")
        for rrset in list(reply.answer):
            if rrset.name.is_subdomain(self.apex) and not rrset.name.is_subdomain(unsigned):
                reply.answer.append(self.signature(rrset))
        is_at_cut = name == unsigned and query.question[0].rdtype == dns.rdatatype.DS
        if not reply.answer and name.is_subdomain(self.apex) and (is_at_cut or not name.is_subdomain(unsigned)):
            reply.authority = self.absence(name)
        return reply.to_wire(max_size=65535)

    def anchor(self):
        return f"island.example. IN DNSKEY {self.dnskey.to_text()}\n"


def test_validation(make_instance):
    with SignedServer() as server:
        server.add("www.island.example A 192.0.2.1", "www.forged.island.example A 192.0.2.2", "plain.example A 192.0.2.3",
                   "alias.island.example CNAME www.island.example.", "plain.island.example NS ns.plain.island.example.",
                   "www.plain.island.example A 192.0.2.4")
        server.fault("broken.island.example", rcode="SERVFAIL")
        server.fault("dead.island.example", drop=True)
        anchor = pathlib.Path("/tmp") / f"anchor-{os.getpid()}"
        anchor.write_text(server.anchor())
        try:
            mail = make_instance(services=SERVICE, main={"dns_trust": "validate", "dns_trust_anchor_file": anchor,
                                 "dns_servers": f"127.0.0.1:{server.port}"})
            asker = Asker(mail)
            status, data, answer = asker.one("www.island.example", A)
            assert (status, data, answer.get("is_secure")) == (FOUND, ["192.0.2.1"], "1")
            assert asker.one("alias.island.example", A)[2].get("is_secure") == "1"
            status, _, answer = asker.one("www.island.example", TXT)
            assert (status, answer.get("is_secure")) == (NO_DATA, "1")
            for name, address in ("plain.example", "192.0.2.3"), ("www.plain.island.example", "192.0.2.4"):
                status, data, answer = asker.one(name, A)
                assert (status, data) == (FOUND, [address]) and "is_secure" not in answer, name
            status, _, answer = asker.one("www.forged.island.example", A)
            assert status == BOGUS and answer["text"].startswith("DNSSEC validation failed: ")
            for name in "broken.island.example", "dead.island.example":
                assert asker.one(name, A)[0] == RETRY, name
        finally:
            anchor.unlink()


def test_no_trust_anchor_is_named(make_instance):
    mail = make_instance(services=SERVICE, main={"dns_trust": "validate", "dns_trust_anchor_file": "/nonexistent"})
    with pytest.raises((EOFError, OSError)):
        asker = Asker(mail)
        asker.client.socket.settimeout(0.3)     # it never comes: the log says why
        asker.one("x.test", A)
    mail.wait_log(r"fatal: .*dns_trust_anchor_file /nonexistent")

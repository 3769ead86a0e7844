# SPDX-License-Identifier: ISC
"""A name server for tests: UDP and TCP on a loopback address, records from a list, faults on request.

    with DnsServer(["example.test MX 10 mail.example.test.", "mail.example.test A 127.0.0.2"]) as dns:
        dns.add("example.test TXT \\"v=spf1 -all\\"")
        dns.fault("slow.test", delay=3)                    # answers late
        dns.fault("broken.test", "MX", rcode="SERVFAIL")   # says so
        dns.fault("dead.test", drop=True)                  # never answers
        dns.fault("long.test", truncate=True)              # TC by UDP; whole by TCP ("always": TC there too)
        dns.secure("signed.test")                          # AD bit for this name and all below
        ... dns.host, dns.port, dns.queries ...

It is authoritative for everything: a name that neither exists nor has a name below it gets NXDOMAIN,
a name without such records an empty answer. "*.example.test" stands for names that do not exist.
"""

import collections
import socket
import socketserver
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

TTL = 60
CNAMES_MAX = 8

Query = collections.namedtuple("Query", "name type transport time")
Fault = collections.namedtuple("Fault", "rcode drop delay truncate times")


def as_name(text):
    return dns.name.from_text(text)


class Zone:
    """Records by (name, type). It knows nothing of packets."""

    def __init__(self):
        self.records = {}

    def add(self, line):
        """One record: "name [ttl] TYPE data"."""
        name, rest = line.split(None, 1)
        ttl = TTL
        if rest.split(None, 1)[0].isdigit():
            first, rest = rest.split(None, 1)
            ttl = int(first)
        type_text, data = rest.split(None, 1)
        rdtype = dns.rdatatype.from_text(type_text)
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, data, relativize=False)
        key = (as_name(name), rdtype)
        if key not in self.records:
            self.records[key] = dns.rrset.RRset(key[0], dns.rdataclass.IN, rdtype)
        self.records[key].add(rdata, ttl)

    def remove(self, name, type_text=None):
        for key in list(self.records):
            if key[0] == as_name(name) and type_text in (None, dns.rdatatype.to_text(key[1])):
                del self.records[key]

    def exists(self, name):
        return any(owner.is_subdomain(name) for owner, _ in self.records)

    def wildcard_for(self, name):
        """The owner that answers for name: itself, or the nearest "*" above it."""
        if self.exists(name):
            return name
        while name != dns.name.root:
            name = name.parent()
            star = dns.name.Name((b"*",) + name.labels)
            if any(owner == star for owner, _ in self.records):
                return star
            if self.exists(name):
                return None
        return None

    def get(self, name, rdtype):
        """(rcode, rrsets): follows CNAMEs as a resolver would."""
        found = []
        for _ in range(CNAMES_MAX):
            owner = self.wildcard_for(name)
            if owner is None:
                return dns.rcode.NXDOMAIN, found
            rrset = self.records.get((owner, rdtype))
            alias = self.records.get((owner, dns.rdatatype.CNAME))
            if rrset or not alias:
                return dns.rcode.NOERROR, found + ([renamed(rrset, name)] if rrset else [])
            found.append(renamed(alias, name))
            name = alias[0].target
        return dns.rcode.SERVFAIL, []


def renamed(rrset, name):
    copy = dns.rrset.RRset(name, rrset.rdclass, rrset.rdtype)
    copy.update(rrset)
    return copy


def soa_for(name):
    """For negative answers: a zone cut just above the name."""
    zone = name.parent() if name != dns.name.root else name
    return dns.rrset.from_text(zone, TTL, "IN", "SOA", f"ns.{zone} hostmaster.{zone} 1 3600 600 86400 {TTL}"
                               if zone != dns.name.root else f"ns. hostmaster. 1 3600 600 86400 {TTL}")


class UdpHandler(socketserver.BaseRequestHandler):
    def handle(self):
        wire, sock = self.request
        answer = self.server.owner.answer(wire, "udp")
        if answer is not None:
            sock.sendto(answer, self.client_address)


class TcpHandler(socketserver.BaseRequestHandler):
    def read_exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.request.recv(count - len(data))
            if not piece:
                return None
            data += piece
        return data

    def handle(self):
        self.request.settimeout(30)
        while True:
            head = self.read_exactly(2)
            wire = self.read_exactly(int.from_bytes(head, "big")) if head else None
            if not wire:
                return
            answer = self.server.owner.answer(wire, "tcp")
            if answer is None:
                return
            self.request.sendall(len(answer).to_bytes(2, "big") + answer)


class UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    block_on_close = False


class TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


class UdpServer6(UdpServer):
    address_family = socket.AF_INET6


class TcpServer6(TcpServer):
    address_family = socket.AF_INET6


class DnsServer:
    def __init__(self, records=(), host="127.0.0.1", port=0):
        self.zone = Zone()
        self.faults = {}
        self.secure_names = set()
        self.queries = []
        self.lock = threading.Lock()
        self.host = host
        for line in records:
            self.zone.add(line)
        self.udp, self.tcp = self.bind(host, port)
        self.port = self.udp.server_address[1]

    def bind(self, host, port):
        """One port number for both transports."""
        udp_class, tcp_class = (UdpServer6, TcpServer6) if ":" in host else (UdpServer, TcpServer)
        for _ in range(50):
            udp = udp_class((host, port), UdpHandler)
            try:
                tcp = tcp_class((host, udp.server_address[1]), TcpHandler)
            except OSError:
                udp.server_close()
                continue
            udp.owner = tcp.owner = self
            return udp, tcp
        raise OSError(f"no free port on {host} for both UDP and TCP")

    def add(self, *lines):
        with self.lock:
            for line in lines:
                self.zone.add(line)

    def remove(self, name, type_text=None):
        with self.lock:
            self.zone.remove(name, type_text)

    def fault(self, name, type_text=None, rcode=None, drop=False, delay=0, truncate=False, times=None):
        """What goes wrong with questions for exactly this name (and type); the first `times` of them, or all."""
        rdtype = None if type_text is None else dns.rdatatype.from_text(type_text)
        code = None if rcode is None else dns.rcode.from_text(rcode)
        with self.lock:
            self.faults[as_name(name), rdtype] = Fault(code, drop, delay, truncate, times)

    def heal(self, name, type_text=None):
        rdtype = None if type_text is None else dns.rdatatype.from_text(type_text)
        with self.lock:
            del self.faults[as_name(name), rdtype]

    def secure(self, name):
        with self.lock:
            self.secure_names.add(as_name(name))

    def forget(self):
        """Records, faults, and what was asked: for a server that many tests use."""
        with self.lock:
            for kept in (self.zone.records, self.faults, self.secure_names, self.queries):
                kept.clear()

    def asked(self, name, type_text=None):
        """Questions for a name that have come, oldest first."""
        with self.lock:
            return [q for q in self.queries if q.name == as_name(name) and type_text in (None, q.type)]

    def take_fault(self, name, rdtype):
        for key in ((name, rdtype), (name, None)):
            fault = self.faults.get(key)
            if fault is None or fault.times == 0:
                continue
            if fault.times is not None:
                self.faults[key] = fault._replace(times=fault.times - 1)
            return fault
        return Fault(None, False, 0, False, None)

    def answer(self, wire, transport):
        """The bytes to send back, or None for silence. Called from many threads."""
        try:
            query = dns.message.from_wire(wire)
            question = query.question[0]
        except (dns.exception.DNSException, IndexError):
            return None
        with self.lock:
            self.queries.append(Query(question.name, dns.rdatatype.to_text(question.rdtype), transport, time.time()))
            fault = self.take_fault(question.name, question.rdtype)
            rcode, rrsets = self.zone.get(question.name, question.rdtype)
            is_secure = any(question.name.is_subdomain(name) for name in self.secure_names)
        time.sleep(fault.delay)
        if fault.drop:
            return None
        if fault.rcode is not None:
            rcode, rrsets = fault.rcode, []
        return self.make_reply(query, rcode, rrsets, is_secure, fault.truncate, transport)

    def make_reply(self, query, rcode, rrsets, is_secure, truncate, transport):
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(rcode)
        reply.answer.extend(rrsets)
        if not rrsets and rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            reply.authority.append(soa_for(query.question[0].name))
        if is_secure and (query.flags & dns.flags.AD or query.ednsflags & dns.flags.DO):
            reply.flags |= dns.flags.AD
        if transport == "tcp":
            return truncated(reply) if truncate == "always" else reply.to_wire(max_size=65535)
        if truncate:
            return truncated(reply)
        try:
            return reply.to_wire(max_size=max(512, query.payload))
        except dns.exception.TooBig:
            return truncated(reply)

    def __enter__(self):
        for server in (self.udp, self.tcp):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exc):
        for server in (self.udp, self.tcp):
            server.shutdown()
            server.server_close()


def truncated(reply):
    reply.answer, reply.authority = [], []
    reply.flags |= dns.flags.TC
    return reply.to_wire()

# SPDX-License-Identifier: ISC
"""The same servers with the same faults, delivered to by Debian's Postfix and by us: delivery lines and commands compared.

A case is a destination (servers with rules, DNS records, parameters, a message). All cases are sent at once, to two
equal sets of servers. What differs on purpose stands in ALLOWED, with its reason.
"""

import collections
import contextlib
import pathlib
import random
import re
import tempfile
import time

import pytest

from dns_server import DnsServer
from instance import Instance, Port
from postfix_peer import PostfixPeer, need_postfix
from smtp_client import SmtpClient
from smtp_sink import CLOSE, END_OF_DATA, EXTENSIONS, HANG, SmtpSink

pytestmark = pytest.mark.xdist_group("smtp_like_postfix")      # one process: its fixture serves all cases

HEADER = b"From: ana@sender.test\nTo: box@there.test\nDate: Fri, 20 Nov 2026 12:00:00 +0000\nMessage-ID: <1@sender.test>\nSubject: case\n"
MIME = b"MIME-Version: 1.0\n"
PLAIN = HEADER + b"\none\n.two\n..\nthree\n"
LATIN = HEADER + MIME + b"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\ngr\xfc\xdf dich = 1\t \nend\n"
NESTED = HEADER + MIME + (
    b"Content-Type: multipart/mixed; boundary=one\nContent-Transfer-Encoding: 8bit\n\nbefore\n--one\n"
    b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ncaf\xc3\xa9\n--one\n"
    b"Content-Type: multipart/alternative; boundary=\"two\"\nContent-Transfer-Encoding: 8bit\n\n--two\n\nplain\n--two\n"
    b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<p>a\xc3\xa7\xc3\xa3o</p>\n--two--\n--one--\nafter\n")
NO_8BIT = tuple(word for word in EXTENSIONS if word not in ("8BITMIME", "SMTPUTF8"))

# What differs on purpose, by the beginning of the case's name: why, what our last line holds, what is equal all the same.
NOT_A_REPLY = "a reply that is none, or that makes no sense, bounces nothing: the mail waits", "status=deferred", ""
FAILING_TABLE = "our words for a table that does not answer", "dsn=4.3.0, status=deferred (local data error while talking to", "commands"
NO_8BIT_TEXT = "what is not said to be 7-bit is converted and labelled, so that no 8-bit text reaches a 7-bit server", "status=sent", "lines, commands"
ALLOWED = {
    **{f"{stage}: {what}": NOT_A_REPLY for stage in ("greeting", "MAIL", "RCPT", "DATA", "dot") for what in ("199", "354", "hello")
       if (stage, what) != ("DATA", "354")},
    "EHLO: 199": NOT_A_REPLY,
    "EHLO: hello": NOT_A_REPLY,
    "421 for the second": ("Postfix names DATA, which it had sent too; we name the command whose reply is missing", "while sending RCPT TO", "commands"),
    "keywords' table": FAILING_TABLE,
    "header checks' table": FAILING_TABLE,
    "body checks' table": FAILING_TABLE,
    "generic table": ("Postfix tries again within the process, without a line", "dsn=4.3.0, status=deferred", ""),
    "nested 8 bit": NO_8BIT_TEXT,
    "8 bit without MIME": NO_8BIT_TEXT,
    "8 bit in the header": ("the size is told, since nothing is converted", "status=sent", "lines, data"),
    "TLS policy table": ("our words for a table that does not answer", "dsn=4.7.5, status=deferred (client TLS configuration problem)", "commands"),
    "TLS by a bad table": ("our words for what is wrong in the table", "dsn=4.7.5, status=deferred (client TLS configuration problem)", "commands"),
    "UTF-8 at the second": ("as Postfix since 3.11: another server may offer the extension", "relay=127.0.0.3[127.0.0.3]:PORT, dsn=2.0.0", ""),
    "flags and a loop": ("no server was asked, so there is none to name", "relay=none, dsn=5.4.6, status=bounced (mail forwarding loop for", "commands"),
}

SEARCH = "test second.test"

Case = collections.namedtuple("Case", "name hosts nexthop dns options message recipients sender mail_params rcpt_params service args")
Host = collections.namedtuple("Host", "address rules how")
CASES = []


def host(*rules, address="127.0.0.1", **how):
    """rules: (pattern, action)."""
    return Host(address, rules, how)


def case(name, *hosts, nexthop="[127.0.0.1]:{port}", dns=(), options=None, message=PLAIN, recipients=("box",), sender="ana@sender.test",
         mail_params="", rcpt_params="", service="smtp", args=""):
    """Names of dns and nexthop are written with {d} for the case's own domain, {s} for it without ".test", {port} for its servers' port."""
    CASES.append(Case(name, hosts, nexthop, dns, options or {}, message, recipients, sender, mail_params, rcpt_params, service, args))


def timeouts(**which):
    return {f"smtp_{name}_timeout": value for name, value in which.items()}


# Replies and broken connections at each stage.

for stage, pattern in (("greeting", "CONNECT"), ("EHLO", "EHLO"), ("MAIL", "MAIL"), ("RCPT", "RCPT"), ("DATA", "DATA"), ("dot", END_OF_DATA)):
    for action in ("421 4.3.2 too busy", "450 4.7.1 later", "450 later", "550 5.7.1 never", "554 never", "550 2.1.1 odd", "450 5.1.1 odd",
                   "550-5.1.1 one\n550-5.1.1 two\n550 5.1.1 three", "199 what", "354 what", "hello", CLOSE):
        if not (stage == "dot" and action == "354 what"):
            case(f"{stage}: {action}", host((pattern, action)))
case("dot: 354 what", host((END_OF_DATA, "354 what")))
case("HELO: 550", host(("EHLO", "502 5.5.1 what"), ("HELO", "550 5.7.1 no")))
case("HELO: 450", host(("EHLO", "502 5.5.1 what"), ("HELO", "450 4.7.1 no")))
case("HELO", host(("EHLO", "502 5.5.1 what")))
case("HELO lost", host(("EHLO", "502 5.5.1 what"), ("HELO", CLOSE)))
case("5xx greeting is believed", host(("CONNECT", "550 5.7.1 never")), options={"smtp_skip_5xx_greeting": "no"})
case("5xx greeting of the first", host(("CONNECT", "550 5.7.1 never"), address="127.0.0.2"), host(address="127.0.0.3"),
     nexthop="[127.0.0.2]:{port}, [127.0.0.3]:{port}")
case("never EHLO", host(), options={"smtp_never_send_ehlo": "yes"})
case("no EHLO without ESMTP", host(("CONNECT", "220 old.test hello")), options={"smtp_always_send_ehlo": "no"})
case("own name in HELO", host(), options={"smtp_helo_name": "helo.example.test"})

for stage, pattern, name in (("greeting", "CONNECT", "helo"), ("EHLO", "EHLO", "helo"), ("MAIL", "MAIL", "mail"), ("RCPT", "RCPT", "rcpt"),
                             ("DATA", "DATA", "data_init"), ("dot", END_OF_DATA, "data_done")):
    case(f"silence after {stage}", host((pattern, HANG)), options=timeouts(**{name: "1s"}))

# Recipients.

case("recipients with their own fates", host(("RCPT TO:<two@", "550 5.1.1 unknown"), ("RCPT TO:<three@", "452 4.2.2 full")),
     recipients=("one", "two", "three", "four"))
case("nobody wanted", host(("RCPT", "550 5.1.1 unknown")), recipients=("one", "two"))
case("nobody wanted, one at a time", host(("RCPT", "550 5.1.1 unknown"), extensions=("SIZE",)), recipients=("one", "two"), mail_params="BODY=7BIT")
case("421 for the second recipient", host(("RCPT TO:<b@", "421 4.3.2 enough")), recipients=("a", "b", "c"))
case("lost at the second recipient", host(("RCPT TO:<b@", CLOSE)), recipients=("a", "b", "c"))
case("one at a time", host(extensions=("SIZE 1000000",)), recipients=("one", "two"), mail_params="BODY=7BIT")
case("too big", host(extensions=("SIZE 100",)))
case("SIZE without a number", host(extensions=("SIZE",)), mail_params="BODY=7BIT")

# Where to.

case("refused connection", nexthop="[127.0.0.1]:{port}")
case("refused by all", nexthop="[127.0.0.2]:{port}, [127.0.0.3]:{port}")
case("fallback relay", host(address="127.0.0.3"), nexthop="[127.0.0.2]:{port}", options={"smtp_fallback_relay": "[127.0.0.3]:{port}"})
case("fallback relay after greeting 4xx", host(("CONNECT", "421 4.3.2 busy"), address="127.0.0.2"), host(address="127.0.0.3"),
     nexthop="[127.0.0.2]:{port}", options={"smtp_fallback_relay": "[127.0.0.3]:{port}"})
case("fallback relay after RCPT 4xx", host(("RCPT", "450 4.2.0 grey"), address="127.0.0.2"), host(address="127.0.0.3"),
     nexthop="[127.0.0.2]:{port}", options={"smtp_fallback_relay": "[127.0.0.3]:{port}"})
case("fallback relay after RCPT 5xx", host(("RCPT", "550 5.2.0 no"), address="127.0.0.2"), host(address="127.0.0.3"),
     nexthop="[127.0.0.2]:{port}", options={"smtp_fallback_relay": "[127.0.0.3]:{port}"})
case("MX in order", host(address="127.0.0.2"), host(address="127.0.0.3"), nexthop="{d}:{port}",
     dns=("{d} MX 20 b.{d}.", "{d} MX 10 a.{d}.", "a.{d} A 127.0.0.2", "b.{d} A 127.0.0.3"))
for stage, pattern, action in (("greeting 4xx", "CONNECT", "450 4.3.2 no"), ("greeting 5xx", "CONNECT", "554 5.3.2 no"), ("no greeting", "CONNECT", CLOSE),
                               ("EHLO 4xx", "EHLO", "450 4.3.2 no"), ("MAIL 4xx", "MAIL", "450 4.3.2 no"), ("MAIL 5xx", "MAIL", "554 5.3.2 no"),
                               ("RCPT 4xx", "RCPT", "450 4.3.2 no"), ("RCPT 5xx", "RCPT", "554 5.3.2 no"), ("DATA 4xx", "DATA", "450 4.3.2 no"),
                               ("dot 4xx", END_OF_DATA, "450 4.3.2 no"), ("dot 5xx", END_OF_DATA, "554 5.3.2 no"), ("MAIL lost", "MAIL", CLOSE),
                               ("dot lost", END_OF_DATA, CLOSE)):
    case(f"next MX after {stage}", host((pattern, action), address="127.0.0.2"), host(address="127.0.0.3"), nexthop="{d}:{port}",
         dns=("{d} MX 20 b.{d}.", "{d} MX 10 a.{d}.", "a.{d} A 127.0.0.2", "b.{d} A 127.0.0.3"))
    case(f"both MX: {stage}", host((pattern, action), address="127.0.0.2"), host((pattern, action), address="127.0.0.3"), nexthop="{d}:{port}",
         dns=("{d} MX 20 b.{d}.", "{d} MX 10 a.{d}.", "a.{d} A 127.0.0.2", "b.{d} A 127.0.0.3"))
case("MX hosts not there", nexthop="{d}:{port}", dns=("{d} MX 20 b.{d}.", "{d} MX 10 a.{d}.", "a.{d} A 127.0.0.2", "b.{d} A 127.0.0.3"))
case("session limit", *(host(("MAIL", "450 4.0.0 no"), address=f"127.0.0.{n}") for n in (2, 3, 4)), nexthop="{d}:{port}",
     dns=tuple(f"{{d}} MX {n} mx{n}.{{d}}." for n in (2, 3, 4)) + tuple(f"mx{n}.{{d}} A 127.0.0.{n}" for n in (2, 3, 4)))
case("greetings do not count as sessions", *(host(("CONNECT", "450 4.0.0 no"), address=f"127.0.0.{n}") for n in (2, 3)), host(address="127.0.0.4"),
     nexthop="{d}:{port}", dns=tuple(f"{{d}} MX {n} mx{n}.{{d}}." for n in (2, 3, 4)) + tuple(f"mx{n}.{{d}} A 127.0.0.{n}" for n in (2, 3, 4)))
case("address limit", *(host(address=f"127.0.0.{n}") for n in (4,)), nexthop="{d}:{port}", options={"smtp_mx_address_limit": "2"},
     dns=tuple(f"{{d}} MX {n} mx{n}.{{d}}." for n in (2, 3, 4)) + tuple(f"mx{n}.{{d}} A 127.0.0.{n}" for n in (2, 3, 4)))
case("no MX", host(), nexthop="{d}:{port}", dns=("{d} A 127.0.0.1",))
case("CNAME to a domain with MX", host(), nexthop="{d}:{port}", dns=("{d} CNAME c.{d}.", "c.{d} MX 10 m.c.{d}.", "m.c.{d} A 127.0.0.1"))
case("MX to a CNAME", host(), nexthop="{d}:{port}", dns=("{d} MX 10 m.{d}.", "m.{d} CNAME n.{d}.", "n.{d} A 127.0.0.1"))
case("null MX", nexthop="{d}:{port}", dns=("{d} MX 0 .", "{d} A 127.0.0.1"))
case("no such domain", nexthop="{d}:{port}")
case("no such host", nexthop="[no.{d}]:{port}")
case("no address", nexthop="{d}:{port}", dns=('{d} TXT "x"',))
case("no address of a host", nexthop="[{d}]:{port}", dns=('{d} TXT "x"',))
case("MX without addresses", nexthop="{d}:{port}", dns=("{d} MX 10 no.{d}.",))
case("MX without addresses, deferred", nexthop="{d}:{port}", dns=("{d} MX 10 no.{d}.",), options={"smtp_defer_if_no_mx_address_found": "yes"})
case("one MX without address", host(), nexthop="{d}:{port}", dns=("{d} MX 10 no.{d}.", "{d} MX 20 m.{d}.", "m.{d} A 127.0.0.1"))
case("MX cannot be asked", nexthop="{d}:{port}", dns=("!MX {d}", "{d} A 127.0.0.1"))
case("MX cannot be asked, ignored", host(), nexthop="{d}:{port}", dns=("!MX {d}", "{d} A 127.0.0.1"), options={"ignore_mx_lookup_error": "yes"})
case("address cannot be asked", nexthop="[{d}]:{port}", dns=("!A {d}",))
case("MX host's address cannot be asked", nexthop="{d}:{port}", dns=("{d} MX 10 m.{d}.", "!A m.{d}"))
case("one MX host cannot be asked", host(), nexthop="{d}:{port}", dns=("{d} MX 10 m.{d}.", "!A m.{d}", "{d} MX 20 n.{d}.", "n.{d} A 127.0.0.1"))
case("no such domain, then another hop", host(), nexthop="no.{d}:{port}, [127.0.0.1]:{port}")
case("no such domain, then one that cannot be reached", nexthop="no.{d}:{port}, [127.0.0.1]:{port}")
case("MX is an address", host(), nexthop="{d}:{port}", dns=("{d} MX 10 127.0.0.1.",))
case("no MX host has an address: the last by preference is named", nexthop="{d}:{port}",
     dns=("{d} MX 30 c.{d}.", "{d} MX 10 a.{d}.", "{d} MX 20 b.{d}."))

# Filters of DNS answers, completed names.

TWO_MX = "{d} MX 10 a.{d}.", "{d} MX 20 b.{d}.", "a.{d} A 127.0.0.2", "b.{d} A 127.0.0.3"


def filtered(*rules):
    return {"smtp_dns_reply_filter": "regexp:{{ " + ", ".join(f"{{{{ {rule} }}}}" for rule in rules) + " }}"}


case("filter takes one MX", host(address="127.0.0.2"), host(address="127.0.0.3"), nexthop="{d}:{port}", dns=TWO_MX,
     options=filtered("/^{d}\\. [0-9]+ IN MX 10 a\\./ IGNORE"))
case("filter takes one address", host(address="127.0.0.2"), host(address="127.0.0.3"), nexthop="{d}:{port}", dns=TWO_MX,
     options=filtered("/ IN A 127\\.0\\.0\\.2$$/ ignore"))
case("filter takes all MX", nexthop="{d}:{port}", dns=(*TWO_MX, "{d} A 127.0.0.1"), options=filtered("/ IN MX / IGNORE"))
case("filter takes all addresses", nexthop="{d}:{port}", dns=TWO_MX, options=filtered("/ IN A / IGNORE"))
case("filter takes a host's address", nexthop="[{d}]:{port}", dns=("{d} A 127.0.0.1",), options=filtered("/ IN A / IGNORE"))
case("filter says something else", nexthop="{d}:{port}", dns=TWO_MX, options=filtered("/ IN MX / REJECT"))
case("lmtp filter takes one address", host(address="127.0.0.3", is_lmtp=True), nexthop="inet:{d}:{port}", service="lmtp",
     dns=("{d} A 127.0.0.2", "{d} A 127.0.0.3"), options={"lmtp_dns_reply_filter": filtered("/ IN A 127\\.0\\.0\\.2$$/ IGNORE")["smtp_dns_reply_filter"]})
for resolver_options in ("", "res_defnames", "res_dnsrch", "res_defnames, res_dnsrch"):
    for what, name, hosts in (("name without dot", "{s}", True), ("name with dot", "mx.{s}", True), ("name of the second domain", "sub.{s}", True), ("no name at all", "no.{s}", False)):
        case(f"{what} with smtp_dns_resolver_options = {resolver_options}", *([host()] if hosts else []), nexthop=f"[{name}]:{{port}}",
             dns=("{d} A 127.0.0.1", "mx.{d} A 127.0.0.1", "sub.{d}.second.test A 127.0.0.1", "sub.{s}.second.test A 127.0.0.1"),
             options={"smtp_dns_resolver_options": resolver_options})

# Messages.

case("8 bit", host(), message=LATIN, mail_params="BODY=8BITMIME")
case("8 bit to a 7-bit server", host(extensions=NO_8BIT), message=LATIN, mail_params="BODY=8BITMIME")
case("nested 8 bit to a 7-bit server", host(extensions=NO_8BIT), message=NESTED, mail_params="BODY=8BITMIME")
case("8 bit to a 7-bit server, unchanged", host(extensions=NO_8BIT), message=LATIN, mail_params="BODY=8BITMIME",
     options={"disable_mime_output_conversion": "yes"})
case("8 bit without MIME to a 7-bit server", host(extensions=NO_8BIT), message=HEADER + b"\ngr\xfc\xdf\n")
case("8 bit in the header", host(extensions=NO_8BIT), message=HEADER + b"X-Name: gr\xfc\xdf\n\nplain\n")
case("long lines", host(), message=HEADER + b"\n" + b"x" * 997 + b"\n" + b"y" * 998 + b"\n" + b"z" * 999 + b"\n" + b"." * 2000 + b"\n")
case("short limit", host(), message=HEADER + b"\n" + b"x" * 250 + b"\n", options={"smtp_line_length_limit": "100"})
case("no limit", host(), message=HEADER + b"\n" + b"x" * 1500 + b"\n", options={"smtp_line_length_limit": "0"})
case("no body", host(), message=HEADER + b"\n")
case("dots", host(), message=HEADER + b"\n.\n..\n.x\n" + b"x" * 998 + b".\n")
case("null sender", host(), sender="")
case("quoted recipient", host(), recipients=('"a b"',))
case("quoted sender", host(), sender='"a..b"@sender.test')
case("UTF-8 offered", host(), message=HEADER + "X: ü\n\nü\n".encode(), sender="joão@sender.test", mail_params="SMTPUTF8 BODY=8BITMIME")
case("UTF-8 not offered", host(extensions=("8BITMIME",)), sender="joão@sender.test", mail_params="SMTPUTF8")
case("UTF-8 not needed", host(extensions=("8BITMIME",)), mail_params="SMTPUTF8")
case("DSN", host(), mail_params="RET=HDRS ENVID=a+2Bb+3D1", rcpt_params="NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z.test")
case("DSN never", host(), rcpt_params="NOTIFY=NEVER")
case("DSN not offered", host(extensions=("8BITMIME",)), mail_params="RET=HDRS ENVID=a+2Bb", rcpt_params="NOTIFY=FAILURE ORCPT=rfc822;x+2By@z.test")
case("plus in a recipient", host(), recipients=("box+extension",))
case("discarded keywords", host(), options={"smtp_discard_ehlo_keywords": "dsn, size, pipelining"})
case("keywords by address", host(), options={"smtp_discard_ehlo_keyword_address_maps": "inline:{{ {{ 127.0.0.1=dsn, size }} }}"})
case("keywords' table fails", host(), options={"smtp_discard_ehlo_keyword_address_maps": "fail:x"})
case("header checks' table fails", host(), options={"smtp_header_checks": "fail:x"})
case("body checks' table fails", host(), options={"smtp_body_checks": "fail:x"})
case("generic table fails", host(), options={"smtp_generic_maps": "fail:x"})
case("TLS policy table fails", host(), options={"smtp_tls_policy_maps": "fail:x"})
case("silently discarded keywords", host(), options={"smtp_discard_ehlo_keywords": "dsn, silent-discard"})
case("UTF-8 at the second host", host(extensions=("8BITMIME",), address="127.0.0.2"), host(address="127.0.0.3"), sender="joão@sender.test",
     mail_params="SMTPUTF8", nexthop="[127.0.0.2]:{port}, [127.0.0.3]:{port}")
case("flags", host(), args="flags=DORX")
case("flags and a loop", host(), args="flags=DRX", message=b"Delivered-To: box@d{index}-{letter}.test\n" + PLAIN)
case("header checks", host(), message=HEADER + b"X-Drop: 1\nX-Change: 2\nX-Warn: 3\nX-Before: 4\n\nbody\n", options={
    "smtp_header_checks": "regexp:{{ {{/^X-Drop:/ IGNORE}} {{/^X-Change:/ REPLACE X-Changed: yes}} {{/^X-Warn:/ WARN seen}} {{/^X-Before:/ PREPEND X-New: 1}} }}"})
case("body checks", host(), message=HEADER + b"\none\ntwo\nthree\nfour\n", options={
    "smtp_body_checks": "regexp:{{ {{/^one/ IGNORE}} {{/^two/ REPLACE zwei}} {{/^three/ PREPEND drei}} {{/^four/ INFO look}} }}"})
case("generic", host(), options={"smtp_generic_maps": "inline:{{ ana@sender.test=out@world.test, box@there.test=b@world.test }}"})
case("reply filter", host(("RCPT", "550 5.1.1 unknown")), options={"smtp_reply_filter": "regexp:{{ {{/^550 5(.*)/ 450 4$1}} }}"})
case("status filter", host(("RCPT", "550 5.1.1 unknown")), options={"smtp_delivery_status_filter": "regexp:{{ {{/^5\\.1\\.1 (.*)/ 4.1.1 perhaps}} }}"})
case("PIX", host(("CONNECT", "220 ******** ESMTP")))
case("quoted not", host(), recipients=('"a b"',), options={"smtp_quote_rfc821_envelope": "no"})

# TLS.

TLS = {"smtp_tls_security_level": "may"}
case("TLS when offered", host(tls=True), options=TLS)
case("TLS not offered", host(), options=TLS)
case("TLS demanded, not offered", host(), options={"smtp_tls_security_level": "encrypt"})
case("TLS demanded, refused", host(("STARTTLS", "454 4.7.0 not now"), tls=True), options={"smtp_tls_security_level": "encrypt"})
case("TLS demanded, refused for good", host(("STARTTLS", "554 5.7.0 never"), tls=True), options={"smtp_tls_security_level": "encrypt"})
case("TLS welcome, refused", host(("STARTTLS", "454 4.7.0 not now"), tls=True), options=TLS)
case("TLS lost at STARTTLS", host(("STARTTLS", CLOSE), tls=True), options=TLS)
case("TLS demanded, lost at STARTTLS", host(("STARTTLS", CLOSE), tls=True), options={"smtp_tls_security_level": "encrypt"})
case("TLS demanded, EHLO unknown", host(("EHLO", "502 5.5.1 what")), options={"smtp_tls_security_level": "encrypt"})
case("TLS untrusted", host(tls=True), options={"smtp_tls_security_level": "verify"})
case("TLS by a table", host(), options={"smtp_tls_policy_maps": "inline:{{ {{ [127.0.0.1]:{port}=encrypt protocols=TLSv1.3 }} }}"})
case("TLS by a bad table", host(), options={"smtp_tls_policy_maps": "inline:{{ {{ [127.0.0.1]:{port}=sometimes }} }}"})
case("TLS garbage", host(("STARTTLS", "220 2.0.0 go\nthis is no handshake"), tls=True), options=TLS)

# LMTP.

LMTP = {"service": "lmtp"}
case("LMTP", host(is_lmtp=True), nexthop="inet:127.0.0.1:{port}", recipients=("one", "two"), **LMTP)
case("LMTP fates", host((r"\. <two@", "550 5.2.1 no"), (r"\. <three@", "452 4.2.2 full"), is_lmtp=True), nexthop="inet:127.0.0.1:{port}",
     recipients=("one", "two", "three"), **LMTP)
case("LMTP refused", host(("LHLO", "550 5.7.1 no"), is_lmtp=True), nexthop="inet:127.0.0.1:{port}", **LMTP)
case("LMTP lost", host(("LHLO", CLOSE), is_lmtp=True), nexthop="inet:127.0.0.1:{port}", **LMTP)
case("LMTP dot lost", host((r"\. <b@", CLOSE), is_lmtp=True), nexthop="inet:127.0.0.1:{port}", recipients=("a", "b", "c"), **LMTP)
case("LMTP not there", nexthop="inet:127.0.0.1:{port}", **LMTP)
case("LMTP socket not there", nexthop="unix:/nonexistent/lmtp", **LMTP)


class Side:
    """One of the two systems with its own set of servers."""

    def __init__(self, letter, stack, certificate):
        self.letter, self.servers, self.ports = letter, {}, {}
        for index, c in enumerate(CASES):
            port = Port()
            stack.callback(port.release)
            self.ports[index] = port.number
            self.servers[index] = [self.make_server(h, port.number, stack, certificate) for h in c.hosts]

    @staticmethod
    def make_server(h, port, stack, certificate):
        how = dict(h.how)
        if how.get("tls"):
            how["tls"] = certificate
        server = stack.enter_context(SmtpSink(host=h.address, port=port, **how))
        for pattern, action in h.rules:
            server.on(pattern, action)
        return server

    def domain(self, index):
        return f"d{index}-{self.letter}.test"

    def fill(self, index, text):
        return text.format(d=self.domain(index), s=self.domain(index).removesuffix(".test"), port=self.ports[index])

    def records(self, server):
        for index, c in enumerate(CASES):
            for line in c.dns:
                text = self.fill(index, line)
                if text.startswith("!"):
                    type_text, name = text[1:].split()
                    server.fault(name, type_text, rcode="SERVFAIL")
                else:
                    server.add(text)

    def program(self, index):
        """The end of the case's line in master.cf; cases that have the same share a service."""
        c = CASES[index]
        options = {f"{c.service}_tls_security_level": "none", "syslog_name": "postfix/c", "inet_protocols": "ipv4"} | c.options
        return " ".join([c.service, *(f"-o {{ {name} = {self.fill(index, value)} }}" for name, value in options.items()), c.args])

    def names(self):
        """Program -> name of its service."""
        return {self.program(index): f"c{index}" for index in range(len(CASES))}

    def services(self):
        return "".join(f"{name} unix - - n - - {program}\n" for program, name in self.names().items())

    def transport_maps(self):
        names = self.names()
        text = "".join(f"/@{re.escape(self.domain(i))}$/ {names[self.program(i)]}:{self.fill(i, c.nexthop)}\n" for i, c in enumerate(CASES))
        return text + "/@sender\\.test$/ discard:\n"

    def send_all(self, port):
        with SmtpClient("127.0.0.1", port) as c:
            c.expect("EHLO client.test", 250)
            for index, this in enumerate(CASES):
                c.expect(f"MAIL FROM:<{this.sender}> {this.mail_params}".strip(), 250)
                for local in this.recipients:
                    c.expect(f"RCPT TO:<{local}@{self.domain(index)}> {this.rcpt_params}".strip(), 250)
                c.expect("DATA", 354)
                message = this.message.replace(b"{index}", b"%d" % index).replace(b"{letter}", self.letter.encode())
                c.send_raw(re.sub(rb"(?m)^\.", b"..", message).replace(b"\n", b"\r\n") + b".\r\n")
                assert c.reply().code == 250

    def same(self, index, text):
        """Without what may differ: ports, names, times, process numbers."""
        text = text.replace(self.domain(index), "d.test").replace(self.fill(index, "{s}"), "d").replace(str(self.ports[index]), "PORT")
        for pattern, what in ((r"delay=\S+ delays=\S+ (tls=\S+ )?", ""), (r"message size \d+", "message size N"), (r"(SSL_connect error to \S+): .*", r"\1")):
            text = re.sub(pattern, what, text)
        return text

    def lines(self, index, log):
        """What was said about a case: by queue ID, or by port where there is none."""
        domain, port, ids, lines = self.domain(index), str(self.ports[index]), set(), []
        for line in log.splitlines():
            match = re.search(r" postfix/c/(\w+)\[\d+\]: (?:warning: )?(?:([0-9A-Za-z]{6,}): )?(.*)", line)
            if not match:
                continue
            if match[2] and f"@{domain}>" in match[3]:
                ids.add(match[2])
            lines.append(match.groups())
        lines = [self.same(index, f"{text}") for _, queue_id, text in lines if queue_id in ids or (queue_id is None and (port in text or domain in text))]
        return sorted(lines) if len(CASES[index].recipients) > 1 or "ignoring DNS RR" in "".join(lines) else lines

    def commands(self, index):
        heard = []
        for server in self.servers[index]:
            lines = [re.sub(r" SIZE=\d+", " SIZE=N", self.same(index, line)) for _, line in server.lines]
            lines = [line for line in lines if re.match(r"(EHLO|HELO|LHLO|STARTTLS|MAIL|RCPT|DATA)\b", line)]
            heard.append(sorted(lines) if len(CASES[index].recipients) > 1 else lines)
        return heard

    def data(self, index):
        """What arrived, without the trace fields, which name the two systems."""
        return [[re.sub(rb"(?m)^Received: .*\r\n([ \t].*\r\n)*", b"", message.data.replace(self.domain(index).encode(), b"d.test"))
                 for message in server.messages] for server in self.servers[index]]

    def is_done(self, index, told):
        """told: recipients of whom the log has spoken, without quotes."""
        return all(f"{local}@{self.domain(index)}".replace('"', "") in told for local in CASES[index].recipients)


def allowed(index):
    """Why a case differs, what our last line holds, and what is equal all the same."""
    return next((why for name, why in ALLOWED.items() if CASES[index].name.startswith(name)), (None, "status=", "lines, commands, data"))


def wait_for_all(sides, timeout=180):
    """Until each case is through on our side, and on Postfix's where something of it is compared."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        told = [(side, {to.replace('"', "") for to in re.findall(r"postfix/c/\w+\[\d+\]: \S+: to=<([^>]*)>", system.log())}) for side, system in sides]
        if all(side.is_done(i, names) for side, names in told for i in range(len(CASES)) if side.letter == "o" or allowed(i)[2]):
            return
        time.sleep(0.1)


def port_53(stack):
    """A name server where Postfix can be made to ask it: port 53 of a loopback address of its own."""
    for _ in range(20):
        with contextlib.suppress(OSError):
            return stack.enter_context(DnsServer(host=f"127.{random.randrange(1, 250)}.{random.randrange(250)}.53", port=53))
    return None


@pytest.fixture(scope="module")
def outcome(certificate):
    """(our side, our log, Postfix's side, its log) after all cases."""
    root = need_postfix()
    with contextlib.ExitStack() as stack:
        top = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carteiro-like-", ignore_cleanup_errors=True)))
        top.chmod(0o755)
        dns = port_53(stack)
        if dns is None:
            pytest.skip("no loopback address has a free port 53")
        ours, theirs = Side("o", stack, certificate), Side("t", stack, certificate)
        for side in (ours, theirs):
            side.records(dns)
            (top / side.letter).write_text(side.transport_maps())
        main = {"myhostname": "mail.example.test", "smtp_connection_cache_on_demand": "no", "smtputf8_enable": "yes",
                "default_process_limit": 200, "recipient_delimiter": "+"}
        peer = stack.enter_context(PostfixPeer(top / "peer", root, dns=dns, master=theirs.services(), resolver=dns.host, search=SEARCH,
                                               main=main | {"transport_maps": f"regexp:{top / 't'}"}))
        mail = stack.enter_context(Instance(top / "ours", dns=dns, services=ours.services(),
                                            main=main | {"dns_search_domains": SEARCH, "transport_maps": f"regexp:{top / 'o'}"}))
        ours.send_all(mail.smtp_port)
        theirs.send_all(peer.smtp_port)
        wait_for_all(((ours, mail), (theirs, peer)))
        yield ours, mail.log(), theirs, peer.log()


@pytest.mark.parametrize("index", range(len(CASES)), ids=[c.name.replace("\n", " ") for c in CASES])
def test_case(outcome, index):
    ours, our_log, theirs, their_log = outcome
    want, got = theirs.lines(index, their_log), ours.lines(index, our_log)
    _, last_line, equal = allowed(index)
    assert got and last_line in "\n".join(got), got
    if "lines" in equal:
        assert any("status=" in line for line in want), f"Postfix has not delivered: {want}"
        assert got == want
    if "commands" in equal:
        assert ours.commands(index) == theirs.commands(index)
    if "data" in equal:
        assert ours.data(index) == theirs.data(index)

# SPDX-License-Identifier: ISC
"""The same message into us and into Debian's Postfix, with the same main.cf: what is answered, logged by cleanup and
delivered must be equal, in header, content and envelope. Where it is not and shall not be, DIFFERS says why.
"""

import collections

import pytest

from postfix_sides import make_sides        # noqa: F401: a fixture

HEAD = "From: ana@client.test\nTo: box@far.test\nDate: Fri, 20 Nov 2026 12:00:00 +0000\nMessage-ID: <1@client.test>\n"
MIME = HEAD + "MIME-Version: 1.0\n"
MIXED = MIME + 'Content-Type: multipart/mixed; boundary="b1"\n'

Case = collections.namedtuple("Case", "name text sender recipients params", defaults=("ana@client.test", ("box@far.test",), ""))

# Settings of both sides, and the messages that go through them.
GROUPS = {
    "local client": ({}, [
        Case("plain", HEAD + "Subject: hello\n\nhello\n"),
        Case("nothing at all", ""),
        Case("empty header", "\nbody\n"),
        Case("body only", "no header here\nbody\n"),
        Case("header only", HEAD + "Subject: x\n"),
        Case("header and empty line", HEAD + "Subject: x\n\n"),
        Case("no empty line", HEAD + "Subject: x\nthis is no field\nbody\n"),
        Case("missing fields", "Subject: nothing else\n\nbody\n"),
        Case("missing fields of the null sender", "Subject: nothing else\n\nbody\n", ""),
        Case("missing From of an odd sender", "Subject: nothing else\n\nbody\n", '"a b"@client.test'),
        Case("resent", HEAD + "Resent-To: other@far.test\nSubject: x\n\nbody\n"),
        Case("resent whole", HEAD + "Resent-From: r@client.test\nResent-Date: Fri, 20 Nov 2026 12:00:00 +0000\n"
             "Resent-Message-Id: <2@client.test>\nResent-Bcc: x@far.test\n\nbody\n"),
        Case("dropped fields", HEAD + "Bcc: b@far.test\nReturn-Path: <x@y.test>\nContent-Length: 5\nSubject: x\n\nbody\n"),
        Case("bare names", "From: ana\nTo: box, bob@host, c@far.test\nCc: Name <d>\nReply-To: e@host\n\nbody\n"),
        Case("display names", 'From: "Ana, the" <ana> (comment)\nTo: Bob Q. Public <bob>, =?utf-8?q?J=C3=B6rg?= <joerg>\n\nbody\n'),
        Case("groups", "From: ana\nTo: friends: bob, carl@host; \nCc: undisclosed-recipients:;\n\nbody\n"),
        Case("routes", "From: <@a.test,@b.test:ana@client.test>\nTo: bob%far.test@host, far.test!carl, x!y!z\n\nbody\n"),
        Case("folded addresses", "From: ana\nTo: bob,\n\tcarl,\n  dora@host\nSubject: x\n\nbody\n"),
        Case("comments everywhere", "From: (c1) ana (c2) @ (c3) client.test (c4)\nTo: box (a (nested) comment)\n\nbody\n"),
        Case("broken addresses", "From: <ana\nTo: a b c\nCc: @far.test, ,,\nReply-To:\nSender: \"x\n\nbody\n"),
        Case("quoted local parts", 'From: "a b"@client.test\nTo: "x@y"@far.test, "simple"@far.test, "q\\"q"\n\nbody\n'),
        Case("literals", "From: ana@[127.0.0.1]\nTo: box@[10.0.0.1], x@10.0.0.1\n\nbody\n"),
        Case("trailing dots", "From: ana@client.test.\nTo: box@far.test.\n\nbody\n", "ana@client.test", ("box@far.test",)),
        Case("field without blank", HEAD + "X-A:1\nX-B:\t2\nX-C:\n\nbody\n"),
        Case("blank before the colon", HEAD + "X-A : 1\nSubject : x\n\nbody\n"),
        Case("colon first", HEAD + ": x\nSubject: x\n\nbody\n"),
        Case("name with blank", HEAD + "X A: 1\nSubject: x\n\nbody\n"),
        Case("continuation first", " x\n" + HEAD + "\nbody\n"),
        Case("blank continuation", HEAD + "X-A: 1\n \t\nX-B: 2\n\nbody\n"),
        Case("line of blanks", HEAD + "  \nbody\n"),
        Case("repeated fields", HEAD + "From: two@client.test\nTo: two@far.test\nMessage-ID: <2@client.test>\n\nbody\n"),
        Case("empty Message-ID", "Message-ID:\nFrom: ana\n\nbody\n"),
        Case("folded Message-ID", "Message-ID:\n <1@client.test>\nFrom: ana\n\nbody\n"),
        Case("8 bit without MIME", HEAD + "Subject: grüß\n\nação\n"),
        Case("dots", HEAD + "\n.\n..\n.x\n"),
        Case("no last newline", HEAD + "\nbody"),
        Case("long lines", HEAD + "X-Long: " + "x" * 3000 + "\n\n" + "y" * 3000 + "\nend\n"),
        Case("long folded field", HEAD + "X-Long: a\n" + " bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n" * 100 + "\nbody\n"),
        Case("huge field", HEAD + "X-Huge: a\n" + " bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n" * 4000 + "X-After: 1\n\nbody\n"),
        Case("huge line", HEAD + "X-Huge: " + "b" * 120000 + "\nX-After: 1\n\nbody\n"),
        Case("stray CR", HEAD + "X-A: a\rb\n\nbo\rdy\r\n"),
        Case("many hops", "Received: from a by b; Fri, 20 Nov 2026 12:00:00 +0000\n" * 55 + HEAD + "\nbody\n"),
        Case("49 hops", "Received: from a by b; Fri, 20 Nov 2026 12:00:00 +0000\n" * 49 + HEAD + "\nbody\n"),
        Case("same recipients", HEAD + "\nbody\n", "ana@client.test", ("box@far.test", "box@far.test", "BOX@far.test", "x@far.test")),
        Case("recipients without domain", HEAD + "\nbody\n", "ana", ("box", "bob@host", "c%far.test")),
        Case("DSN options", HEAD + "\nbody\n", "ana@client.test", ("box@far.test",), "RET=HDRS ENVID=abc"),
        Case("MIME 8 bit", MIME + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nação\n", params="BODY=8BITMIME"),
        Case("Delivered-To and others", HEAD + "Delivered-To: x@y.test\nX-Original-To: z@y.test\nErrors-To: e\nReturn-Receipt-To: r\n"
             "Disposition-Notification-To: d\nApparently-To: a\nMail-Followup-To: m\n\nbody\n"),
        Case("Require-TLS-ESMTP", HEAD + "TLS-Required: No\n\nbody\n"),
        Case("nested message", MIME + "Content-Type: message/rfc822\n\nSubject: inner\nFrom: x\n\ninner body\n"),
        Case("UTF-8 header", HEAD + "Subject: grüß dich\n\nbody\n", params="SMTPUTF8 BODY=8BITMIME"),
        Case("UTF-8 addresses", "From: joão@client.test\nTo: jörg\n\nbody\n", "joão@client.test", ("jörg@far.test",), "SMTPUTF8 BODY=8BITMIME"),
    ]),
    "strange client": ({"local_header_rewrite_clients": "", "message_size_limit": "20000"}, [
        Case("missing fields", "Subject: nothing else\n\nbody\n"),
        Case("bare names", "From: ana\nTo: box, bob@host\n\nbody\n"),
        Case("envelope without domain", HEAD + "\nbody\n", "ana", ("box",)),
        Case("too big", HEAD + "\n" + "0123456789\n" * 2000),
    ]),
    "completed strange client": ({"local_header_rewrite_clients": "", "remote_header_rewrite_domain": "domain.invalid",
                                  "always_add_missing_headers": "yes", "undisclosed_recipients_header": "To: undisclosed-recipients:;"}, [
        Case("missing fields", "Subject: nothing else\n\nbody\n"),
        Case("bare names", "From: ana\nTo: box, bob@host\nCc: c%d@e.test, f!g, @a.test:h@i.test\n\nbody\n"),
        Case("only Cc", "Cc: box@far.test\n\nbody\n"),
        Case("only Bcc", "Bcc: box@far.test\n\nbody\n"),
        Case("Resent without To", "Resent-From: x@y.test\n\nbody\n"),
    ]),
    "form of addresses": ({"append_dot_mydomain": "yes", "swap_bangpath": "no", "allow_percent_hack": "no", "myorigin": "origin.test"}, [
        Case("bare names", "From: ana\nTo: box, bob@host, x%y, x!y, x%y@z.test, a!b@c.test\n\nbody\n"),
        Case("envelope", HEAD + "\nbody\n", "ana@host", ("box", "bob@host", "x%y@far.test", "far.test!box")),
    ]),
    "canonical and masquerade": ({
        "recipient_delimiter": "+",
        "canonical_maps": "inline:{ {old@client.test = new@client.test}, {@olddomain.test = @newdomain.test}, {both@client.test = both2@client.test},"
                          " {chain1@client.test = chain2@client.test}, {chain2@client.test = chain3@client.test}, {bare = full.name@client.test},"
                          " {loop1@client.test = loop2@client.test}, {loop2@client.test = loop1@client.test}, {multi@client.test = m1@client.test m2@client.test} }",
        "sender_canonical_maps": "inline:{ {both@client.test = sender@client.test}, {s@client.test = sx@client.test} }",
        "recipient_canonical_maps": "inline:{ {both@client.test = recipient@client.test}, {r@far.test = rx@far.test} }",
        "masquerade_domains": "!keep.big.test big.test !more.test", "masquerade_exceptions": "root",
    }, [
        Case("headers", "From: old@client.test\nTo: old@client.test, User <old+ext@client.test>, any@olddomain.test\n\nbody\n",
             "old+x@client.test", ("old@client.test", "any+e@olddomain.test")),
        Case("sender before general", "From: both@client.test\nTo: both@client.test\nReply-To: s@client.test\nSender: s@client.test\nCc: r@far.test\n\nx\n",
             "both@client.test", ("both@client.test", "r@far.test", "s@client.test")),
        Case("chain", "From: chain1@client.test\nTo: x@far.test\n\nbody\n", "chain1@client.test", ("x@far.test",)),
        Case("loop", "From: x@client.test\nTo: x@far.test\n\nbody\n", "loop1@client.test", ("x@far.test",)),
        Case("loop in the header", "From: loop1@client.test\nTo: x@far.test\n\nbody\n"),
        Case("several", "From: multi@client.test\nTo: x@far.test\n\nbody\n", "multi@client.test"),
        Case("bare", "From: bare\nTo: bare@mail.example.test\n\nbody\n", "bare", ("bare@mail.example.test",)),
        Case("masquerade", "From: a@h.big.test\nTo: b@h.big.test, root@h.big.test, c@x.keep.big.test, d@h.more.test, e@big.test\n\nbody\n",
             "a@h.big.test", ("b@h.big.test", "root@h.big.test", "c@x.keep.big.test")),
        Case("masqueraded root", "From: root@h.big.test\nTo: x@far.test\n\nbody\n", "root@h.big.test"),
        Case("null sender", "From: old@client.test\nTo: x@far.test\n\nbody\n", ""),
    ]),
    "classes": ({"canonical_maps": "inline:{ {old@client.test = new@client.test} }", "canonical_classes": "header_sender, envelope_recipient",
                 "masquerade_domains": "big.test", "masquerade_classes": "envelope_recipient",
                 "propagate_unmatched_extensions": "", "recipient_delimiter": "+"}, [
        Case("canonical", "From: old@client.test\nTo: old@client.test\n\nbody\n", "old@client.test", ("old@client.test",)),
        Case("masquerade", "From: a@h.big.test\nTo: a@h.big.test\n\nbody\n", "a@h.big.test", ("a@h.big.test",)),
        Case("extension", "From: old+x@client.test\nTo: x@far.test\n\nbody\n", "old+x@client.test", ("old+y@client.test",)),
    ]),
    "aliases and copies": ({
        "recipient_delimiter": "+-", "virtual_alias_domains": "alias.test",
        "virtual_alias_maps": "inline:{ {one@alias.test = x@far.test}, {two@alias.test = x@far.test, y@far.test}, {deep@alias.test = two@alias.test},"
                              " {self@far.test = self@far.test other@far.test}, {bare@alias.test = user}, {@catch.test = box@far.test},"
                              " {@moved.test = @new.test}, {dup@alias.test = box@far.test, box@far.test}, {quoted@alias.test = \"a b\"@far.test},"
                              " {ext@alias.test = ext@far.test}, {ring1@alias.test = ring2@alias.test}, {ring2@alias.test = ring1@alias.test z@far.test},"
                              " {named@alias.test = Some One <some@far.test>} }",
        "always_bcc": "archive@far.test",
        "sender_bcc_maps": "inline:{ {boss@client.test = sent@far.test}, {@watched.test = watch@far.test} }",
        "recipient_bcc_maps": "inline:{ {one@alias.test = copy@far.test}, {v@far.test = two@alias.test} }",
    }, [
        Case("one", HEAD + "\nbody\n", recipients=("one@alias.test",)),
        Case("two", HEAD + "\nbody\n", recipients=("two@alias.test",)),
        Case("deep", HEAD + "\nbody\n", recipients=("deep@alias.test",)),
        Case("itself", HEAD + "\nbody\n", recipients=("self@far.test",)),
        Case("bare result", HEAD + "\nbody\n", recipients=("bare@alias.test",)),
        Case("catch-all", HEAD + "\nbody\n", recipients=("any@catch.test", "other@catch.test")),
        Case("domain to domain", HEAD + "\nbody\n", recipients=("any@moved.test", "a+b@moved.test")),
        Case("duplicates", HEAD + "\nbody\n", recipients=("dup@alias.test", "box@far.test")),
        Case("quoted", HEAD + "\nbody\n", recipients=("quoted@alias.test",)),
        Case("extension goes on", HEAD + "\nbody\n", recipients=("ext+a@alias.test", "ext-b@alias.test")),
        Case("ring", HEAD + "\nbody\n", recipients=("ring1@alias.test",)),
        Case("display name", HEAD + "\nbody\n", recipients=("named@alias.test",)),
        Case("unknown in the domain", HEAD + "\nbody\n", recipients=("nobody@alias.test",)),
        Case("copies of the sender", HEAD + "\nbody\n", "boss@client.test"),
        Case("copies of a domain", HEAD + "\nbody\n", "x+y@watched.test"),
        Case("copy that is an alias", HEAD + "\nbody\n", recipients=("v@far.test",)),
        Case("with DSN", HEAD + "\nbody\n", recipients=("two@alias.test",), params="ENVID=e1"),
    ]),
    "no address mappings": ({"receive_override_options": "no_address_mappings", "canonical_maps": "inline:{ {old@client.test = new@client.test} }",
                             "virtual_alias_maps": "inline:{ {one@far.test = two@far.test} }", "always_bcc": "archive@far.test",
                             "masquerade_domains": "big.test"}, [
        Case("nothing is mapped", "From: old@client.test\nTo: x@h.big.test, bare\n\nbody\n", "old@client.test", ("one@far.test",)),
    ]),
    "no header and body checks": ({"receive_override_options": "no_header_body_checks", "header_checks": "regexp:{{/^Subject:/ REJECT}}",
                                   "body_checks": "regexp:{{/./ REJECT}}"}, [Case("passes", HEAD + "Subject: x\n\nbody\n")]),
    "alias limits": ({"virtual_alias_domains": "alias.test", "virtual_alias_expansion_limit": "5", "virtual_alias_recursion_limit": "5",
                      "virtual_alias_maps": "regexp:{{/^n([0-9]*)@alias/ n1$$1@alias.test}, {/^many/ a@far.test b@far.test c@far.test d@far.test e@far.test f@far.test},"
                                            " {/^five/ a@far.test b@far.test c@far.test d@far.test e@far.test}, {/^long@/ " + "x" * 1100 + "@far.test y@far.test}}"}, [
        Case("endless", HEAD + "\nbody\n", recipients=("n@alias.test",)),
        Case("too many", HEAD + "\nbody\n", recipients=("many@alias.test",)),
        Case("just enough", HEAD + "\nbody\n", recipients=("five@alias.test",)),
        Case("too long", HEAD + "\nbody\n", recipients=("long@alias.test",)),
    ]),
    "header checks": ({"header_checks": "regexp:{{/^X-Reject:/ REJECT}, {/^X-Text:/ REJECT no such thing}, {/^X-Code:/ REJECT 5.7.9 with code},"
                       " {/^X-Temp:/ REJECT 4.2.2 with another class}, {/^X-Warn:/ WARN a warning}, {/^X-Bare-Warn:/ WARN}, {/^X-Info:/ INFO some facts},"
                       " {/^X-Discard:/ DISCARD gone}, {/^X-Hold:/ HOLD look at it}, {/^X-Ignore:/ IGNORE}, {/^X-Strip:/ STRIP taken out},"
                       " {/^X-Prepend:/ PREPEND X-Before: yes}, {/^X-Prepend-Text:/ PREPEND only text}, {/^X-Prepend-None:/ PREPEND},"
                       " {/^X-Replace:/ REPLACE X-Instead: yes}, {/^X-Replace-Text:/ REPLACE only text}, {/^X-Replace-None:/ REPLACE},"
                       " {/^X-Redirect:/ REDIRECT other@far.test}, {/^X-Bad-Redirect:/ REDIRECT nobody}, {/^X-Bcc:/ BCC copy@far.test}, {/^X-Bad-Bcc:/ BCC nobody},"
                       " {/^X-Filter:/ FILTER smtp:[127.0.0.1]:@PORT@}, {/^X-Bad-Filter:/ FILTER nothing}, {/^X-Dunno:/ DUNNO}, {/^X-Ok:/ OK},"
                       " {/^X-Pass:/ PASS trusted}, {/^X-Unknown:/ SOMETHING else}, {/^X-Folded: a\\n +b$$/ INFO folded}, {/^X-Long:/ INFO long},"
                       " {/^X-Delay:/ DELAY 5}, {/^Subject: +INFO/ INFO}}",
                       "body_checks": "regexp:{{/^reject/ REJECT not this}, {/^warn/ WARN body}, {/^ignore/ IGNORE}, {/^strip/ STRIP}, {/^prepend/ PREPEND before},"
                       " {/^replace/ REPLACE instead}, {/^redirect/ REDIRECT other@far.test}, {/^bcc/ BCC copy@far.test}, {/^hold/ HOLD}, {/^discard/ DISCARD},"
                       " {/^prepend-none/ PREPEND}, {/^long/ INFO long}, {/^pass/ PASS}, {/^filter/ FILTER smtp:[127.0.0.1]:@PORT@}, {/^$$/ INFO empty}}"},
                      [Case(name, HEAD + f"{name}: value\nX-After: 1\n\nbody\n") for name in (
                          "X-Reject", "X-Text", "X-Code", "X-Temp", "X-Warn", "X-Bare-Warn", "X-Info", "X-Discard", "X-Hold", "X-Ignore", "X-Strip", "X-Prepend",
                          "X-Prepend-Text", "X-Prepend-None", "X-Replace", "X-Replace-Text", "X-Replace-None", "X-Redirect", "X-Bad-Redirect", "X-Bcc", "X-Bad-Bcc",
                          "X-Filter", "X-Bad-Filter", "X-Dunno", "X-Ok", "X-Unknown", "X-Delay")]
                      + [Case(f"body {word}", HEAD + f"Subject: x\n\nfirst\n{word} it\nlast\n") for word in (
                          "reject", "warn", "ignore", "strip", "prepend", "prepend-none", "replace", "redirect", "bcc", "hold", "discard", "pass", "filter")] + [
        Case("folded", HEAD + "X-Folded: a\n  b\n\nbody\n"),
        Case("long", HEAD + "X-Long: " + "x" * 400 + "\n\nlong " + "y" * 400 + "\n"),
        Case("two of them", HEAD + "X-Warn: 1\nX-Info: 2\nX-Warn: 3\n\nbody\n"),
        Case("reject after a hold", HEAD + "X-Hold: 1\nX-Reject: 2\n\nbody\n"),
        Case("two rejects", HEAD + "X-Text: 1\nX-Code: 2\n\nreject\n"),
        Case("warn after a reject", HEAD + "X-Text: 1\nX-Warn: 2\n\nwarn\n"),
        Case("reject after a discard", HEAD + "X-Discard: 1\nX-Reject: 2\n\nreject\n"),
        Case("pass", HEAD + "X-Pass: 1\nX-Reject: 2\n\nreject\n"),
        Case("two holds", HEAD + "X-Hold: 1\nX-Hold: 2\n\nhold\n"),
        Case("reject after a redirect", HEAD + "X-Redirect: 1\nX-Reject: 2\n\nreject\n"),
        Case("two redirects", HEAD + "X-Redirect: 1\nX-Redirect: 2\n\nbody\n", recipients=("a@far.test", "b@far.test")),
        Case("copy of many", HEAD + "X-Bcc: 1\nX-Bcc: 2\n\nbody\n", recipients=("a@far.test", "b@far.test")),
        Case("folded prepend", HEAD + "X-Prepend: a\n  b\nX-After: 1\n\nbody\n"),
        Case("empty line", HEAD + "\nfirst\n\nlast\n"),
    ]),
    "small limits": ({"header_size_limit": "300", "header_address_token_limit": "20", "line_length_limit": "512", "body_checks_size_limit": "60",
                      "hopcount_limit": "3", "header_checks": "regexp:{{/^X-/ INFO}}", "body_checks": "regexp:{{/./ INFO}}"}, [
        Case("long field", HEAD + "X-Long: " + "x" * 500 + "\nX-After: 1\n\nbody\n"),
        Case("long folded field", HEAD + "X-Long: a\n" + "  bbbbbbbbbbbbbbbbbbbb\n" * 40 + "X-After: 1\n\nbody\n"),
        Case("long line", HEAD + "X-Line: " + "x" * 250 + "\n\n" + "y" * 1200 + "\n"),
        Case("many addresses", "From: ana\nTo: " + ", ".join(f"u{n}" for n in range(30)) + "\n\nbody\n"),
        Case("long address field", "From: ana\nTo: " + ",\n ".join(f"user{n}" for n in range(60)) + "\n\nbody\n"),
        Case("much body", HEAD + "\n" + "0123456789\n" * 20),
        Case("long body line", HEAD + "\nfirst\n" + "z" * 90 + "\nlast\n"),
        Case("exact field", HEAD + "X-Exact: " + "x" * (300 - 9) + "\n\nbody\n"),
        Case("one more", HEAD + "X-Exact: " + "x" * (301 - 9) + "\n\nbody\n"),
        Case("hops", "Received: from a\n" * 2 + HEAD + "\nbody\n"),
        Case("too many hops", "Received: from a\n" * 3 + HEAD + "\nbody\n"),
    ]),
    "MIME classes": ({"header_checks": "regexp:{{/./ INFO h}}", "mime_header_checks": "regexp:{{/./ INFO m}}",
                      "nested_header_checks": "regexp:{{/./ INFO n}}", "body_checks": "regexp:{{/./ INFO b}}"}, [
        Case("all kinds", MIXED + "\nPreamble: x\n--b1\nContent-Type: text/plain\nX-Part: 1\n\npart\n--b1\nContent-Type: message/rfc822\n\n"
             "Subject: nested\nContent-Type: text/plain\n\ninner\n--b1--\nepilogue\n"),
        Case("digest", MIME + "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\nbody\n--d--\n"),
        Case("delivery status", MIME + "Content-Type: multipart/report; boundary=d\n\n--d\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n--d--\n"),
        Case("no boundary", MIME + "Content-Type: multipart/mixed\n\n--b1\nX-Part: 1\n\nbody\n"),
        Case("unterminated", MIXED + "\n--b1\nX-Part: 1\n"),
        Case("bad part header", MIXED + "\n--b1\nno field\nX-Part: 1\n\nbody\n--b1--\n"),
        Case("partial", MIME + "Content-Type: message/partial; id=x; number=1\n\nSubject: nested\n\nbody\n"),
        Case("external body", MIME + "Content-Type: message/external-body; access-type=x\n\nContent-Type: text/plain\n\nphantom\n"),
    ]),
    "no MIME": ({"disable_mime_input_processing": "yes", "header_checks": "regexp:{{/./ INFO h}}"}, [
        Case("parts", MIXED + "\n--b1\nX-Part: 1\n\nbody\n--b1--\n")]),
    "strict 7 bit header": ({"strict_7bit_headers": "yes"}, [
        Case("8 bit header", HEAD + "Subject: grüß\n\nx\n"), Case("8 bit body", HEAD + "\ngrüß\n"),
        Case("UTF-8 mail", HEAD + "Subject: grüß\n\nx\n", params="SMTPUTF8 BODY=8BITMIME")]),
    "strict 8 bit body": ({"strict_8bitmime_body": "yes"}, [
        Case("8 bit body", HEAD + "\ngrüß\n"), Case("declared", MIME + "Content-Transfer-Encoding: 8bit\n\ngrüß\n", params="BODY=8BITMIME"),
        Case("part", MIXED + "Content-Transfer-Encoding: 8bit\n\n--b1\n\ngrüß\n--b1--\n", params="BODY=8BITMIME")]),
    "strict encoding domain": ({"strict_mime_encoding_domain": "yes"}, [
        Case("multipart in base64", MIXED + "Content-Transfer-Encoding: base64\n\n--b1\n\nx\n--b1--\n"),
        Case("message in qp", MIME + "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\nSubject: x\n\nx\n"),
        Case("7bit multipart with 8bit part", MIXED + "Content-Transfer-Encoding: 7bit\n\n--b1\nContent-Transfer-Encoding: 8bit\n\nx\n--b1--\n")]),
    "nesting": ({"mime_nesting_limit": "3"}, [
        Case("too deep", MIME + "".join(f'Content-Type: multipart/mixed; boundary="n{n}"\n\n--n{n}\n' for n in range(6)) + "\nx\n")]),
    "characters": ({"message_strip_characters": "\\0", "message_reject_characters": "\\1"}, [
        Case("strip", HEAD + "X-Nul: a\0b\n\nbo\0dy\n"), Case("reject", HEAD + "\nbo\1dy\n")]),
    "without original recipient": ({"enable_original_recipient": "no", "virtual_alias_maps": "inline:{ {a@far.test = z@far.test}, {b@far.test = z@far.test} }"}, [
        Case("aliases meet", HEAD + "\nbody\n", recipients=("a@far.test", "b@far.test", "z@far.test"))]),
    "drop headers": ({"message_drop_headers": "x-secret, received"}, [Case("dropped", HEAD + "X-Secret: 1\nReceived: x\nBcc: b@far.test\n\nbody\n")]),
}

LOCAL, MAPS = "local client", "canonical and masquerade"
REJECT_LINE = "the line says no sample of what was found, but who said it"
EXTENT = "an address field keeps the form that its writer gave it, except for what must be changed"

TOKENS = "addresses beyond the limit are kept as they are, not lost"

# Group and case: why the two are not equal.
DIFFERS = {
    ("small limits", "many addresses"): TOKENS, ("small limits", "long address field"): TOKENS,
    ("completed strange client", "bare names"): EXTENT,
    (LOCAL, "display names"): EXTENT, (LOCAL, "groups"): EXTENT, (LOCAL, "routes"): EXTENT, (LOCAL, "broken addresses"): EXTENT,
    (LOCAL, "quoted local parts"): EXTENT,
    (LOCAL, "blank before the colon"): "signatures over the field stay valid",
    (LOCAL, "line of blanks"): "the value is logged without blanks at its end",
    (LOCAL, "nothing at all"): "the empty line behind the header is always sent",
    (LOCAL, "header only"): "the empty line behind the header is always sent",
    (LOCAL, "missing fields of the null sender"): "the address in From: has a domain",
    (LOCAL, "UTF-8 addresses"): "RFC 6533: the address type of such an original recipient is utf-8",
    (MAPS, "loop"): "what the log says is true: the message is not accepted",
    (MAPS, "loop in the header"): "what the log says is true: the message is not accepted",
    ("aliases and copies", "ring"): "an alias that leads back to itself is met once, and the others get their mail",
    ("strange client", "too big"): "smtpd refuses it before cleanup has seen all of it",
    ("MIME classes", "external body"): "the fields of an external body are a header",
    ("strict encoding domain", "multipart in base64"): REJECT_LINE, ("strict encoding domain", "message in qp"): REJECT_LINE,
    ("strict encoding domain", "7bit multipart with 8bit part"): "a part may not need more than its whole says (RFC 2045 6.4)",
    ("strict 8 bit body", "8 bit body"): REJECT_LINE, ("strict 8 bit body", "part"): REJECT_LINE,
    ("strict 7 bit header", "8 bit header"): REJECT_LINE,
    ("strict 7 bit header", "UTF-8 mail"): "mail with SMTPUTF8 may have such a header",
    ("nesting", "too deep"): "postconf(5): mail that is nested deeper is refused",
    ("characters", "reject"): "it is refused as soon as it is seen, before the header is complete",
}


def difference(case, ours, theirs):
    if ours == theirs:
        return []
    lines = [f"--- {case.name}"]
    for part in ours:
        if ours[part] != theirs[part]:
            lines += [f"  {part}:", f"    ours   {ours[part]!r}", f"    theirs {theirs[part]!r}"]
    return lines


@pytest.mark.parametrize("group", GROUPS)
def test_equal(make_sides, group):
    settings, cases = GROUPS[group]
    ours, theirs = make_sides(settings)
    found = []
    for case in cases:
        lines = difference(case, ours.deliver(case), theirs.deliver(case))
        if (group, case.name) in DIFFERS:
            assert lines, f"{case.name}: equal by now: take it out of DIFFERS"
        else:
            found += lines
    assert not found, "\n".join(found)

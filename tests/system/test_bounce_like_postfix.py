# SPDX-License-Identifier: ISC
"""The notices that we and Debian's Postfix send about the same message, with the same main.cf: envelope, header, text for
people and fields for programs must be equal but for identifiers and dates.
"""

import collections
import os
import pathlib
import re
import tempfile
import time

import pytest

from postfix_sides import make_sides        # noqa: F401: a fixture
from queue_rest import wait_rest
from smtp_client import SmtpClient

HEAD = "From: ana@sender.test\nTo: box@far.test\nDate: Fri, 20 Nov 2026 12:00:00 +0000\nMessage-ID: <1@client.test>\nSubject: x\n"
MIME = HEAD + "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
TRANSPORTS = ("inline:{ {error.test = error:5.1.1 nobody is here}, {bare.test = error:nobody is here}, {retry.test = retry:4.2.0 try later},"
              " {ok.test = discard:thrown away}, {long.test = error:5.7.9 " + "many words " * 30 + "} }")
ALIASES = "inline:{ {alias@far.test = a@error.test, b@error.test}, {one@far.test = c@error.test} }"
MAIN = {"transport_maps": TRANSPORTS, "virtual_alias_maps": ALIASES, "maximal_queue_lifetime": "5d", "smtpd_reject_unlisted_recipient": "no", "myorigin": "origin.test"}

Case = collections.namedtuple("Case", "name text recipients params notices sender", defaults=("", 1, "ana@sender.test"))
FAILURES = [
    Case("one", HEAD + "\nbody\n", ["a@error.test"]),
    Case("two", HEAD + "\nbody\n", ["a@error.test", "b@bare.test"]),
    Case("long reason", HEAD + "\nbody\n", ["a@long.test"]),
    Case("alias", HEAD + "\nbody\n", ["alias@far.test", "one@far.test"]),
    Case("DSN options", HEAD + "\nbody\n", [("a@error.test", "NOTIFY=FAILURE ORCPT=rfc822;o+2Bp@far.test")], "RET=HDRS ENVID=abc"),
    Case("whole", HEAD + "\nbody\n", [("a@error.test", "NOTIFY=FAILURE,DELAY")], "RET=FULL ENVID=a+2Bb"),
    Case("8 bit", MIME + "\nação\n", ["a@error.test"], "BODY=8BITMIME"),
    Case("big", HEAD + "\n" + "long line\n" * 6000, ["a@error.test"]),
    Case("quoted", HEAD + "\nbody\n", ['"a b"@error.test']),
]
SUCCESSES = [
    Case("success", HEAD + "\nbody\n", [("a@ok.test", "NOTIFY=SUCCESS")]),
]
# Aliases of local (games and daemon are users of every Debian, the others are nobody) and of cleanup.
LOCAL = {
    "mydestination": "local.test", "myorigin": "local.test", "virtual_alias_domains": "va.test", "mail_spool_directory": "@SPOOL@",
    "alias_maps": "inline:{ {all = who1, who2, games}, {one = who3}, {cmd = \"|exit 1\"}, {deep = one, cmd, games}, {inc = :include:@SPOOL@/list},"
                  " {good = games, daemon}, {list = games, who4}, {owner-list = own@far.test}, {out = x@far.test}, {out2 = x@far.test, games},"
                  " {mixed = games, who5}, {file = @SPOOL@/file} }",
    "virtual_alias_maps": "inline:{ v@va.test=games@local.test, {v2@va.test=games@local.test, x@far.test}, v3@va.test=all@local.test,"
                          " {v4@va.test=who9@local.test, games@local.test} }",
}
SUCCESS, BOTH = "NOTIFY=SUCCESS", "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;orig@x.test"
ALIASED = [Case(f"{name} {params}", HEAD + "\nbody\n", [(name, params)], notices=notices) for name, params, notices in [
    ("all@local.test", "", 1), ("one@local.test", "", 1), ("one@local.test", "NOTIFY=FAILURE ORCPT=rfc822;orig@x.test", 1),
    ("cmd@local.test", "", 1), ("deep@local.test", "", 1), ("inc@local.test", "", 1), ("list@local.test", "", 1), ("mixed@local.test", "", 1),
    ("v3@va.test", "", 1), ("v4@va.test", "", 1), ("one@local.test", "NOTIFY=NEVER", 0),
    ("games@local.test", SUCCESS, 1), ("x@far.test", SUCCESS, 1),
    ("good@local.test", SUCCESS, 1), ("out@local.test", SUCCESS, 2), ("out2@local.test", SUCCESS, 2), ("mixed@local.test", BOTH, 2),
    ("mixed@local.test", SUCCESS, 1), ("deep@local.test", BOTH, 2), ("list@local.test", BOTH, 2), ("inc@local.test", BOTH, 2),
    ("file@local.test", SUCCESS, 1), ("cmd@local.test", BOTH, 2),
    ("v@va.test", SUCCESS, 1), ("v@va.test", BOTH, 1), ("v2@va.test", SUCCESS, 2), ("v3@va.test", BOTH, 2), ("v4@va.test", BOTH, 2), ("v4@va.test", SUCCESS, 1),
]]


def mask(text, queue_ids):
    """Without identifiers and dates, the words for people, and Postfix's habit of calling all it returns 8bit."""
    text = re.sub(r"(?s)(Content-Description: Notification\r\n.*?\r\n\r\n).*?( +The mail system\r\n)", r"\1WORDS\r\n\2", text)
    text = re.sub(r"\r\n[ \t]+", " ", text)             # where lines are folded is a matter of taste
    text = text.replace("X-Postfix-Sender: rfc822; MAILER-DAEMON@mail.example.test\r\n", "")      # the null sender has no address here
    text = text.replace("<MAILER-DAEMON@mail.example.test>", "<>")
    text = text.replace("Content-Transfer-Encoding: 8bit\r\n", "").replace("charset=us-ascii", "charset=utf-8")
    for queue_id in queue_ids:
        text = text.replace(queue_id, "QID")
    text = re.sub(r"\b20\d{12}\.", "STAMP.", text)
    text = re.sub(r"QID\.\d+/", "QID.TIME/", text)
    return re.sub(r"\w{3}, [ \d]?\d \w{3} 20\d\d \d\d:\d\d:\d\d [-+]\d{4}(?: \(\w+\))?",
                  lambda found: found[0] if found[0].startswith("Fri, 20 Nov 2026 12:00:00") else "DATE", text)


def submit(side, case):
    with SmtpClient("127.0.0.1", side.port) as client:
        client.ehlo()
        client.expect(f"MAIL FROM:<{case.sender}> {case.params}".rstrip(), 250)
        for recipient in case.recipients:
            address, params = recipient if isinstance(recipient, tuple) else (recipient, "")
            client.expect(f"RCPT TO:<{address}> {params}".rstrip(), 250)
        client.expect("DATA", 354)
        client.send_raw(case.text.replace("\n", "\r\n").encode() + b".\r\n")
        return re.search(r"queued as (\w+)", client.reply().text)[1]


def notices(side, case):
    """The notices about one message, and what is logged about them."""
    mark, seen = len(side.server.log()), len(side.sink.messages)
    queue_id = submit(side, case)
    deadline = time.monotonic() + 20
    while len(side.sink.messages) < seen + case.notices and time.monotonic() < deadline:
        time.sleep(0.05)
    wait_rest(side.server.queue_dir)        # one too many would have come now
    got, log = side.sink.messages[seen:], side.server.log()[mark:]
    ids = [queue_id, *re.findall(r"(?:notification:|forwarded as) (\w+)", log)]
    return {
        "log": sorted(mask(line, ids) for line in re.findall(r"/bounce\[\d+\]: (.*)", log) if not line.startswith("warning: ")),
        "mail": sorted((m.sender, m.recipients, sorted(p for p in m.mail_params if not p.startswith(("SIZE=", "BODY="))), m.rcpt_params,
                        mask(m.data.decode("utf-8", "surrogateescape"), ids)) for m in got),
    }


def check(sides, cases):
    found = []
    for case in cases:
        ours, theirs = (notices(side, case) for side in sides)
        assert len(theirs["mail"]) == case.notices, f"{case.name}: {theirs}"
        if ours != theirs:
            found += [f"--- {case.name}", *(f"  ours   {ours[part]!r}\n  theirs {theirs[part]!r}" for part in ours if ours[part] != theirs[part])]
    assert not found, "\n".join(found)


def test_failures(make_sides):
    check(make_sides(MAIN), FAILURES)


def test_successes(make_sides):
    check(make_sides(MAIN), SUCCESSES)


def test_aliases(make_sides):
    """Who is named when members of an alias fail, and what is told of aliases to those who want to hear of success."""
    with tempfile.TemporaryDirectory(prefix="carteiro-spool-") as spool:
        os.chmod(spool, 0o1777)
        (pathlib.Path(spool) / "list").write_text("inc1\n")
        check(make_sides(MAIN | {name: value.replace("@SPOOL@", spool) for name, value in LOCAL.items()}), ALIASED)


@pytest.mark.parametrize("notify", ["", "NOTIFY=DELAY,FAILURE"])
def test_delay(make_sides, notify):
    sides = make_sides(MAIN | {"delay_warning_time": "1s", "queue_run_delay": "1s", "minimal_backoff_time": "1s", "maximal_backoff_time": "1s"})
    check(sides, [Case("delay", HEAD + "\nbody\n", [("a@retry.test", notify)])])


def test_postmaster_copies(make_sides):
    sides = make_sides(MAIN | {"notify_classes": "bounce, 2bounce"})
    check(sides, [Case("copy", HEAD + "\nbody\n", ["a@error.test"], notices=2),
                  Case("double bounce", HEAD + "\nbody\n", ["a@error.test"], sender="")])

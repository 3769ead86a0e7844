# SPDX-License-Identifier: ISC
"""The queue manager with much to do: a backlog, and reloads in the midst of work."""

import collections
import os
import re
import time

from queue_file import put

BACKLOG = int(os.environ.get("CARTEIRO_BACKLOG", "2000"))       # more of it on request


def files(mail, *queues):
    """Names of queue files; those with a dot are qmgr's own."""
    return [name for queue in queues for _, _, names in os.walk(mail.queue_dir / queue) for name in names if not name.startswith(".")]


def qmgr_kb(mail):
    """Resident memory of qmgr."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace").read()
            if "(qmgr)" in text and int(text.rpartition(")")[2].split()[1]) == mail.master_pid():
                return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status", encoding="ascii").read())[1])
        except OSError:
            pass
    return 0


def test_new_mail_does_not_wait_for_a_backlog(make_instance):
    """Most of it is deferred and due, the rest lies in incoming; what is in active stays within the limit."""
    limit = 50
    mail = make_instance(main={"default_transport": "discard:thrown away", "qmgr_message_active_limit": str(limit),
                               "queue_run_delay": "1000s"})
    put(mail, count=BACKLOG * 4 // 5, queue="deferred")
    put(mail, count=BACKLOG // 5)
    began, before, most = time.monotonic(), qmgr_kb(mail), 0
    with mail.smtp() as client:
        client.ehlo()
        client.expect("MAIL FROM:<new@client.test>", 250)
        client.expect("RCPT TO:<new@ok.test>", 250)
        mail.command("postqueue", "-f")
        mail.wait_log(r"status=sent \(thrown away\)")
        assert client.data(b"Subject: new\n\nnew\n").code == 250
        accepted = mail.log().count("(thrown away)")
    deadline = time.monotonic() + 60 + BACKLOG / 20
    while left := files(mail, "deferred", "incoming", "active"):
        most = max(most, len(files(mail, "active")))
        assert time.monotonic() < deadline, f"{len(left)} are left\n{mail.log_tail()}"
        time.sleep(0.02)
    mail.wait_log(r"to=<new@ok.test>.* status=sent")
    done = mail.log().partition("to=<new@ok.test>")[0].count("(thrown away)")
    assert done < BACKLOG * 3 // 4, f"accepted behind {accepted}, delivered behind {done}"
    assert 0 < most <= limit
    print(f"new mail behind {done - accepted} others; all {BACKLOG} after {time.monotonic() - began:.1f} s; "
          f"qmgr {before} kB, then {qmgr_kb(mail)} kB; at most {most} active")


def test_reloads_lose_and_repeat_nothing(make_instance, sink):
    """Five reloads while 500 messages go out, half of them by SMTP: each is delivered once."""
    mail = make_instance(main={"default_transport": "discard:thrown away", "transport_maps": f"inline:{{ {{far.test = smtp:[127.0.0.1]:{sink.port}}} }}",
                               "smtp_tls_security_level": "none"})
    for part in range(5):
        with mail.smtp() as client:
            client.ehlo()
            for number in range(part * 100, part * 100 + 100):
                domain = "far.test" if number % 2 else "ok.test"
                client.mail("s@client.test", [f"r{number}@{domain}"], b"Subject: x\n\nx\n")
                if number % 100 == 50:
                    mail.reload()
    deadline = time.monotonic() + 30
    while left := files(mail, "deferred", "incoming", "active"):
        assert time.monotonic() < deadline, "\n".join(line for line in mail.log().splitlines() if any(name in line for name in left))
        time.sleep(0.1)
    assert mail.log().count("reload -- version") == 5
    sent = collections.Counter(re.findall(r"to=<r(\d+)@[\w.]+>.*status=sent", mail.log()))
    assert sent == {str(number): 1 for number in range(500)}
    got = collections.Counter(m.recipients[0] for m in sink.messages)
    assert got == {f"r{number}@far.test": 1 for number in range(1, 500, 2)}

# SPDX-License-Identifier: ISC
"""What each daemon could reach if it were taken over: asked of the kernel by the test build, compared with ARCHITECTURE's table."""

import collections
import os
import pathlib
import re
import socket

import pytest

from instance import prefix

ARCHITECTURE = pathlib.Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"
HEADING = "| program | may |"


def expectations():
    """Program -> what it may do, of the attempts that the probe makes; nothing else is allowed to anybody."""
    lines = ARCHITECTURE.read_text().splitlines()
    table = {}
    for line in lines[lines.index(HEADING) + 2:]:
        if not line.startswith("|"):
            break
        programs, allowed = (cell.strip() for cell in line.strip("|").split("|"))
        for program in programs.split(", "):
            table[program] = set() if allowed == "nothing of this" else set(allowed.split(", "))
    return table


def is_probe_build():
    library = prefix() and prefix() / "lib" / "carteiro" / "libcarteiro_sys.so"
    return library and b"probe: %s: allowed" in library.read_bytes()


@pytest.fixture
def probed(make_instance, dns, tmp_path, monkeypatch):
    """An instance in which nearly every kind of daemon has run."""
    if os.geteuid() != 0:
        pytest.skip("only root has users and root directories to separate")
    if not is_probe_build():
        pytest.skip("not a build with --enable-probe")
    listener = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("CARTEIRO_PROBE_PORT", str(listener.getsockname()[1]))
    mail = make_instance(dns=dns, main={
        "queue_sync": "batch",
        "mydestination": "local.test", "relay_domains": "example.test refused.test", "relay_transport": "discard", "local_recipient_maps": "",
        "transport_maps": "inline:{ {refused.test=error:5.7.1 no}, far.test=smtp:[127.0.0.1]:1, lm.test=lmtp:[127.0.0.1]:1, v.test=virtual }",
        "virtual_mailbox_domains": "v.test", "virtual_mailbox_maps": "static:x/", "virtual_mailbox_base": tmp_path,
        "virtual_uid_maps": "static:5", "virtual_gid_maps": "static:60", "mail_spool_directory": tmp_path,
        "smtpd_peername_lookup": "yes", "virtual_alias_maps": "inline:{ games@to-error.test=games@refused.test }", "virtual_alias_domains": "to-error.test"})
    with mail.smtp(timeout=60) as c:
        c.ehlo()
        for domain in ("example.test", "to-error.test", "far.test", "lm.test", "v.test", "local.test"):
            c.mail("games@local.test", [f"games@{domain}"], b"Subject: x\n\nx\n")
    mail.command("mailq")
    mail.wait_log(r"bounce\[\d+\]: .*sender non-delivery notification", timeout=60)
    mail.wait_log(r"far\.test>.*status=deferred", timeout=60)
    yield mail
    listener.close()


def probes(mail):
    found = collections.defaultdict(dict)
    for program, attempt, answer in re.findall(r"postfix[^ ]*/([a-z]+)\[\d+\]: probe: (.*?): (allowed|refused)", mail.log()):
        found[program][attempt] = answer == "allowed"
    return found


def test_daemons_reach_what_the_table_says(probed):
    wanted, found = expectations(), probes(probed)
    assert set(found) >= {"smtpd", "cleanup", "qmgr", "commit", "smtp", "discard", "error", "bounce", "dnsd", "pickup",
                          "showq", "postlogd", "local", "virtual"}, sorted(found)
    for program, attempts in sorted(found.items()):
        assert {what for what, is_allowed in attempts.items() if is_allowed} == wanted[program], program

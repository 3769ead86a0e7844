# SPDX-License-Identifier: ISC
"""virtual alone: tables, mailboxes, limits, and whose rights are used."""

import os
import pwd
import re
import tempfile
import time

import pytest

from agent_driver import BOUNCED, DEFERRED, DELIVERABLE, SENT, Agent
from instance import prefix

pytestmark = pytest.mark.skipif(prefix() is None or not (prefix() / "libexec" / "carteiro" / "virtual").exists(),
                                reason="virtual is not installed")

IS_ROOT = os.geteuid() == 0
OWNER = pwd.getpwnam("nobody") if IS_ROOT else pwd.getpwuid(os.geteuid())


@pytest.fixture
def make_virtual():
    """An agent with mailboxes of OWNER below .base."""
    with tempfile.TemporaryDirectory(prefix="carteiro-", ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)
        base = os.path.join(directory, "vmail")
        os.mkdir(base, 0o755)
        os.chown(base, OWNER.pw_uid, OWNER.pw_gid)

        def make(**main):
            agent = Agent(directory, "virtual", main={
                "virtual_mailbox_domains": "example.test",
                "virtual_mailbox_base": base,
                "virtual_mailbox_maps": "inline:{ a@example.test=example/a/, b@example.test=example-b, "
                                        "bad@example.test=x/, noid@example.test=y/ }",
                "virtual_uid_maps": f"inline:{{ a@example.test={OWNER.pw_uid}, b@example.test={OWNER.pw_uid}, "
                                    "bad@example.test=1 }",
                "virtual_gid_maps": f"static:{OWNER.pw_gid}",
                "virtual_minimum_uid": min(OWNER.pw_uid, 100) or 1 if IS_ROOT else OWNER.pw_uid,
                "recipient_delimiter": "+",
                "deliver_lock_attempts": 2, "deliver_lock_delay": "1s",
            } | main)
            agent.base = base
            return agent
        yield make


def test_maildir(make_virtual):
    with make_virtual() as agent:
        result, = agent.deliver([("a+ext@example.test", "orig@example.test")], body=b"hello\n")
        assert result["status"] == SENT and result["dsn"] == "2.0.0" and result["action"] == "delivered"
        name, = os.listdir(agent.base + "/example/a/new")
        assert re.fullmatch(r"\d+\.V[0-9a-f]+I[0-9a-f]+M\d+\.mail\.example\.test,S=\d+", name)
        path = agent.base + "/example/a/new/" + name
        status = os.stat(path)
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (OWNER.pw_uid, OWNER.pw_gid, 0o600)
        assert open(path).read() == ("Return-Path: <sender@example.test>\nX-Original-To: orig@example.test\n"
                                     "Delivered-To: a+ext@example.test\nSubject: test\n\nhello\n")
        assert re.search(r"TEST1: to=<a\+ext@example.test>, orig_to=<orig@example.test>, relay=virtual, delay=[0-9.]+, "
                         r"delays=[0-9./]+, dsn=2.0.0, status=sent \(delivered to maildir\)", agent.log())
        assert agent.deliver(["a@example.test"])[0]["status"] == SENT
        assert len(os.listdir(agent.base + "/example/a/new")) == 2


def test_mailbox(make_virtual):
    with make_virtual() as agent:
        result, = agent.deliver(["b@example.test"], sender="", body=b"From x\n")
        assert result["status"] == SENT and result["text"] == "delivered to mailbox"
        text = open(agent.base + "/example-b").read()
        assert re.fullmatch(r"From MAILER-DAEMON \w{3} \w{3} [ \d]\d [\d:]{8} \d{4}\nReturn-Path: <>\n"
                            r"Delivered-To: b@example.test\nSubject: test\n\n>From x\n\n", text)


def test_refusals(make_virtual):
    with make_virtual() as agent:
        unknown, bad, noid = agent.deliver(["x@example.test", "bad@example.test", "noid@example.test"])
        assert (unknown["status"], unknown["dsn"]) == (BOUNCED, "5.1.1")
        assert unknown["text"] == 'unknown user: "x@example.test"'
        assert (bad["status"], bad["dsn"], bad["text"]) == (DEFERRED, "4.3.5", "mail system configuration error")
        assert (noid["status"], noid["dsn"]) == (DEFERRED, "4.3.5")
        assert "warning: recipient bad@example.test: bad uid 1 in virtual_uid_maps" in agent.log()
        assert "warning: recipient noid@example.test: not found in virtual_uid_maps" in agent.log()


def test_limit_and_probe(make_virtual):
    with make_virtual(virtual_mailbox_limit=500, message_size_limit=400) as agent:
        result, = agent.deliver(["b@example.test"], body=b"x" * 900)
        assert (result["status"], result["dsn"]) == (BOUNCED, "5.3.4")
        agent.deliver(["b@example.test"], body=b"x" * 200)
        result, = agent.deliver(["b@example.test"], body=b"x" * 200)
        assert (result["status"], result["dsn"]) == (BOUNCED, "5.2.2")
        size = os.stat(agent.base + "/example-b").st_size
        assert agent.deliver(["b@example.test"], is_verify=True)[0]["status"] == DELIVERABLE
        assert os.stat(agent.base + "/example-b").st_size == size


def test_symbolic_link_is_not_followed(make_virtual):
    with make_virtual() as agent:
        victim = os.path.join(os.path.dirname(agent.base), "victim")
        open(victim, "w").close()
        os.chmod(victim, 0o666)
        os.symlink(victim, agent.base + "/example-b")
        result, = agent.deliver(["b@example.test"])
        assert (result["status"], result["dsn"]) == (DEFERRED, "4.2.0")
        assert os.stat(victim).st_size == 0


def test_landlock_confines_to_base(make_virtual):
    """The owner may write there by the system's rules, but the worker's tree is another."""
    with make_virtual() as agent:
        outside = os.path.join(os.path.dirname(agent.base), "outside")
        os.mkdir(outside)
        os.chmod(outside, 0o777)
        os.symlink(outside, agent.base + "/example")
        result, = agent.deliver(["a@example.test"])
        assert result["status"] == DEFERRED and "Permission denied" in result["text"]
        assert os.listdir(outside) == []


@pytest.mark.skipif(not IS_ROOT, reason="needs root")
def test_ordinary_user_cannot_write_for_others(make_virtual):
    agent = make_virtual()
    owner = pwd.getpwnam("daemon")
    os.chmod(agent.instance.log_path.parent, 0o777)
    agent.uid, agent.gid = owner.pw_uid, owner.pw_gid
    with agent:
        result, = agent.deliver(["a@example.test"])
        assert (result["status"], result["dsn"]) == (DEFERRED, "4.3.5")
        assert "not started by root" in result["text"]


def test_dead_worker_is_replaced(make_virtual):
    with make_virtual(max_idle="1s") as agent:
        for count in range(1, 3):
            assert agent.deliver(["a@example.test"])[0]["status"] == SENT
            assert len(os.listdir(agent.base + "/example/a/new")) == count
            time.sleep(1.5)


def test_repeated_attempt_is_recognised(make_virtual):
    with make_virtual() as agent:
        for _ in range(2):
            assert agent.deliver(["a@example.test"], queue_id="SAME")[0]["status"] == SENT
        assert len(os.listdir(agent.base + "/example/a/new")) == 1
        assert agent.deliver(["a@example.test"], queue_id="OTHER")[0]["status"] == SENT
        assert len(os.listdir(agent.base + "/example/a/new")) == 2


def test_status_filter(make_virtual):
    with make_virtual(virtual_delivery_status_filter="inline:{ {2.0.0 delivered to maildir=2.1.5 fine} {5.1.1 unknown user: \"x@example.test\"=4.1.1 later} }") as agent:
        fine, later = agent.deliver(["a@example.test", "x@example.test"])
        assert (fine["status"], fine["dsn"], fine["text"]) == (SENT, "2.1.5", "fine")
        assert (later["status"], later["dsn"], later["text"]) == (DEFERRED, "4.1.1", "later")


def test_path_that_climbs(make_virtual):
    with make_virtual(virtual_mailbox_maps="inline:{ a@example.test=sub/../../other, b@example.test=..b }") as agent:
        climbs, fine = agent.deliver(["a@example.test", "b@example.test"])
        assert (climbs["status"], climbs["dsn"], climbs["text"]) == (DEFERRED, "4.3.5", "mail system configuration error")
        assert 'path sub/../../other in virtual_mailbox_maps has a ".." in it' in agent.log()
        assert fine["status"] == SENT


@pytest.mark.skipif(not IS_ROOT, reason="needs root")
def test_mailbox_of_somebody_else(make_virtual):
    with make_virtual() as agent:
        with open(agent.base + "/example-b", "w"):
            pass
        os.chmod(agent.base + "/example-b", 0o666)
        result, = agent.deliver(["b@example.test"])
        assert (result["status"], result["dsn"]) == (DEFERRED, "4.2.0") and result["text"].endswith("is not owned by recipient")
    with make_virtual(strict_mailbox_ownership="no") as agent:
        assert agent.deliver(["b@example.test"])[0]["status"] == SENT

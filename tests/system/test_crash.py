# SPDX-License-Identifier: ISC
"""No message that was accepted is lost, whatever process dies.

The full test is CARTEIRO_CRASH=5000, which is to pass before a release; without it a flood has 300 messages, so that it fits into every run.
Either goes on until each daemon was killed at least once. CARTEIRO_CRASH_SEED=N repeats a run.
"""

import collections
import os
import pathlib
import pwd
import random
import tempfile

import pytest

from crash import SENDER, Asker, Flood, Kill, Killer, Sent, find_copies, judge, wait_empty
from instance import prefix

COUNT = int(os.environ.get("CARTEIRO_CRASH", "300"))
SEED = int(os.environ.get("CARTEIRO_CRASH_SEED", random.SystemRandom().randrange(10 ** 6)))
BOXES = [f"b{n}" for n in range(4)]
# One message in ten goes each of these ways: by alias, to files of local, by MX and TLS, and back to its sender.
WAYS = ["v@alias.test", "l@local.test", "l@local.test", "m@local.test", "b0@far.test", "gone@bad.test"]
DAEMONS = {"smtpd", "cleanup", "qmgr", "smtp", "virtual", "local", "error", "bounce", "showq", "proxymap", "dnsd", "anvil", "tlsmgr"}
DRAIN_S = 120

# Nothing waits long for a second attempt.
QUICK = {"queue_run_delay": "1s", "minimal_backoff_time": "1s", "maximal_backoff_time": "2s", "transport_retry_time": "1s",
         "service_throttle_time": "1s", "smtpd_error_sleep_time": "0", "smtpd_peername_lookup": "no"}


def owner():
    user = pwd.getpwnam("games") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return user.pw_uid, user.pw_gid


@pytest.fixture(params=["file"])
def pair(make_instance, dns, certificate, request):
    """near delivers example.test and local.test and relays far.test to far; the directories of their Maildirs."""
    if prefix() and not (prefix() / "libexec" / "carteiro" / "virtual").exists():
        pytest.skip("virtual is not installed")
    uid, gid = owner()
    dns.add("far.test MX 10 mail.far.test.", "mail.far.test A 127.0.0.1")
    with tempfile.TemporaryDirectory(prefix="carteiro-mail-", ignore_cleanup_errors=True) as directory:
        root = pathlib.Path(directory)
        root.chmod(0o755)

        def one(name, domain, more):
            (root / name).mkdir()
            os.chown(root / name, uid, gid)
            boxes = " ".join(f"{{ {box}@{domain} = {box}/ }}" for box in BOXES + ["bounces"])
            return make_instance(dns=dns, main=QUICK | {
                "myhostname": f"mail.{domain}", "virtual_mailbox_domains": domain, "virtual_mailbox_maps": f"inline:{{ {boxes} }}",
                "virtual_mailbox_base": root / name, "virtual_uid_maps": f"static:{uid}", "virtual_gid_maps": f"static:{gid}",
                "virtual_minimum_uid": 1} | more)
        cert, key = certificate
        tls = {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": cert, "smtpd_tls_key_file": key}
        far = one("far", "far.test", tls)
        near = one("near", "example.test", tls | {
            "queue_sync": request.param,
            "mydestination": "local.test",
            "alias_maps": f"proxy:inline:{{ l={root}/near/l/, m={root}/near/m/ }}",
            "default_privs": pwd.getpwuid(uid).pw_name,
            "virtual_alias_domains": "alias.test",
            "virtual_alias_maps": "proxy:inline:{ v@alias.test=b1@example.test }",
            "transport_maps": f"inline:{{ {{far.test=smtp:far.test:{far.smtp_port}}}, {{bad.test=error:5.1.1 nobody is there}} }}",
            "smtp_tls_security_level": "may",
            "smtpd_client_event_limit_exceptions": "",
            "import_environment": "MAIL_CONFIG TZ LANG=C CARTEIRO_PROBE_LOSE=lost@client.test"})
        yield near, far, root


def addresses():
    return [f"{box}@example.test" for box in BOXES] + WAYS


def shoot_at(pair, count, programs, kills, spread=0, **how):
    """Until count messages were answered, each of the programs was killed, and so many kills were made; between two kills, `spread`
    messages are answered."""
    near, far, root = pair
    killer = Killer([near, near, near, far], SEED, is_due=lambda done: len(flood.sent) >= (done + 1) * spread, **how)
    flood = Flood(near, count, addresses(), is_enough=lambda: len(killer.kills) >= kills and not killer.spared(programs))
    with Asker(near), killer:
        flood.run()
    wait_empty([near, far], DRAIN_S)
    copies = collections.ChainMap(find_copies(root / "near"), find_copies(root / "far"))
    twice = sum(len(times) - 1 for times in copies.values())
    print(f"{len(flood.sent)} of {flood.tried} messages answered with 250; {len(copies)} found, {twice} of them again")
    assert judge(flood.sent, copies, killer.kills) == []
    return killer


@pytest.mark.parametrize("pair, more", [("file", set()), ("batch", {"commit"})], indirect=["pair"], ids=["file", "batch"])
def test_daemons_die(pair, more):
    killer = shoot_at(pair, COUNT, DAEMONS | more, COUNT // 20)
    assert len(killer.kills) >= COUNT // 20
    assert killer.spared(DAEMONS | more) == set(), f"seed {SEED}: none of them lived when a shot was due"


def test_master_dies(pair):
    """A start takes longer than many messages, so it is by these that the next kill comes."""
    kills = max(3, COUNT // 100)
    killer = shoot_at(pair, COUNT // 5, {"master"}, kills, spread=COUNT // 5 // (kills + 1), kills_master=True)
    assert len(killer.kills) >= kills


def test_a_lost_message_is_found(pair):
    """The test build loses what a certain sender sends, after the 250: the checker must name just that. In the full test one in 1,000."""
    near, far, root = pair
    if b"CARTEIRO_PROBE_LOSE" not in (near.prefix / "libexec" / "carteiro" / "cleanup").read_bytes():
        pytest.skip("not a build with --enable-probe")
    count = min(COUNT, 1000)
    lost = random.Random(SEED).randrange(1, count)
    flood = Flood(near, count, addresses(), sender=lambda number: "lost@client.test" if number == lost else SENDER,
                  per_second=1000)
    flood.run()
    wait_empty([near, far], DRAIN_S)
    copies = collections.ChainMap(find_copies(root / "near"), find_copies(root / "far"))
    assert judge(flood.sent, copies, []) == [f"message {lost} was answered with 250 and is lost"]


@pytest.mark.parametrize("times, kills, wrong", [
    pytest.param([12], [], None, id="once"),
    pytest.param([], [11], "lost", id="none"),
    pytest.param([12, 14], [13], None, id="again after a kill"),
    pytest.param([12, 14], [9, 15], "2 times", id="again without a reason"),
    pytest.param([12, 14, 20], [13], "3 times", id="thrice after one kill"),
])
def test_judge(times, kills, wrong):
    problems = judge({1: Sent(10, 11)}, {1: times} if times else {}, [Kill(when, "qmgr", 1) for when in kills])
    assert [wrong in problem for problem in problems] == ([True] if wrong else [])

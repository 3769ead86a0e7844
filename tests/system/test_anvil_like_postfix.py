# SPDX-License-Identifier: ISC
"""Counts and rates of clients: the same connections to Debian's Postfix and to us, replies, warnings and statistics compared."""

import re
import signal

import pytest

from smtp_client import SmtpClient
from smtp_script import normalise, play
from test_smtpd_like_postfix import STRANGER, TLS, normalise_log, run_both

pytestmark = pytest.mark.xdist_group("anvil_like_postfix")      # one process: its fixture serves all cases

OTHER = "127.0.0.3"
MAIN = {"max_idle": "1s", "ipc_idle": "1s", "anvil_rate_time_unit": "600s", "smtpd_client_connection_count_limit": 50}
NOTHING = ["EHLO client.test", "QUIT"]
MAIL = ["EHLO client.test", "MAIL FROM:", "MAIL FROM:<a b>", "MAIL FROM:<a@x.test>", "MAIL FROM:<a@x.test>", "RSET",
        "MAIL FROM:<a@x.test> FOO=1", "MAIL FROM:<a@x.test>", "RSET", "MAIL FROM:<>", "QUIT"]
RCPT = ["EHLO client.test", "RCPT TO:<user@example.test>", "MAIL FROM:<a@x.test>", "RCPT TO:", "RCPT TO:<a b>", "RCPT TO:<user@example.test>",
        "RCPT TO:<no@example.test>", "RCPT TO:<other@example.test> FOO=1", "RCPT TO:<other@example.test>", "RCPT TO:<x@else.test>", "QUIT"]
NEW_TLS = ["EHLO client.test", "~ STARTTLS", "EHLO client.test", "QUIT"]
NO_TLS = ["EHLO client.test", "STARTTLS", "STARTTLS", "NOOP", "QUIT"]

# name: (parameters, sessions as (source, script))
WORLDS = {
    "count": ({"smtpd_client_connection_count_limit": 2}, [(STRANGER, NOTHING)]),
    "connections": ({"smtpd_client_connection_rate_limit": 2}, [(STRANGER, NOTHING)] * 2 + [(OTHER, NOTHING)] + [(STRANGER, NOTHING)] * 2),
    "mail": ({"smtpd_client_message_rate_limit": 2}, [(STRANGER, MAIL), (OTHER, NOTHING), (STRANGER, MAIL)]),
    "rcpt": ({"smtpd_client_recipient_rate_limit": 2}, [(STRANGER, RCPT), (STRANGER, RCPT)]),
    "tls": (TLS | {"smtpd_client_new_tls_session_rate_limit": 2, "smtpd_tls_loglevel": 0},
            [(STRANGER, NEW_TLS), (STRANGER, NEW_TLS), (STRANGER, NO_TLS), (STRANGER, NEW_TLS), (OTHER, NEW_TLS)]),
    "tls early": (TLS | {"smtpd_client_new_tls_session_rate_limit": 1, "smtpd_tls_loglevel": 0}, [(STRANGER, NEW_TLS)] * 2),
    "auth": ({"smtpd_client_auth_rate_limit": 1}, [(STRANGER, ["EHLO client.test", "AUTH PLAIN", "AUTH PLAIN", "QUIT"])]),
    "exceptions": ({"smtpd_client_connection_rate_limit": 1, "smtpd_client_message_rate_limit": 1,
                    "smtpd_client_event_limit_exceptions": "127.0.0.0/31, !127.0.0.2, 127.0.0.2/31"},
                   [(STRANGER, MAIL), (STRANGER, NOTHING), (OTHER, MAIL), (OTHER, NOTHING)]),
    "networks": ({"smtpd_client_connection_rate_limit": 1, "smtpd_client_message_rate_limit": 1}, [("127.0.0.1", MAIL), ("127.0.0.1", MAIL)]),
    "xclient": ({"smtpd_authorized_xclient_hosts": STRANGER, "smtpd_client_connection_rate_limit": 1, "smtpd_client_message_rate_limit": 1},
                [(STRANGER, ["EHLO client.test", "XCLIENT ADDR=192.0.2.1 NAME=a.test", "EHLO client.test", *MAIL[1:]])] * 2),
}


@pytest.fixture(scope="module")
def both(certificate):
    with run_both(certificate, {name: parameters for name, (parameters, _) in WORLDS.items()}, MAIN) as pair:
        yield pair


def outcome(pair, side, world):
    """What was said in the sessions of a world, and what was warned of."""
    server = (pair.theirs, pair.ours)[side]
    mark, said = len(server.log()), []
    held = []
    if world == "count":
        held = [SmtpClient("127.0.0.1", pair.ports[world][side].number, source=STRANGER) for _ in range(2)]
    for i, (source, script) in enumerate(WORLDS[world][1]):
        said += play(pair.ports[world][side].number, script, source=source)
        pair.wait_disconnects(server, mark, i + 1)
    for client in held:
        client.close()
    pair.wait_disconnects(server, mark, len(WORLDS[world][1]) + len(held))
    warned = [line for line in pair.logged(server, mark) if re.search("limit exceeded|^warning: Refusing", line) or line.startswith("disconnect")]
    if world == "xclient":                      # XCLIENT counts when it worked; Postfix says 0/1
        warned = [line for line in warned if not line.startswith("disconnect")]
    return [normalise(line) for line in said], [normalise_log(line) for line in warned]


@pytest.fixture(scope="module")
def outcomes(both):
    """By world: (Postfix's replies and warnings, ours). All are played, so that the statistics are of all."""
    return {world: (outcome(both, 0, world), outcome(both, 1, world)) for world in WORLDS}


@pytest.mark.parametrize("world", WORLDS)
def test_limits(outcomes, world):
    (theirs, their_log), (ours, our_log) = outcomes[world]
    assert ours == theirs
    assert our_log == their_log


def statistics(server):
    """The lines that anvil writes at its end, without times."""
    server.wait_log(r"anvil\[\d+\]: statistics: max cache size")
    return [re.sub(r"127\.0\.0\.1:\d+:", "SERVICE:", re.sub(r" at \w+ +\d+ [\d:]+$", "", line))
            for line in re.findall(r"anvil\[\d+\]: (statistics: .*)", server.log())]


def test_statistics(both, outcomes):
    both.ours.reload()
    both.theirs.master.send_signal(signal.SIGHUP)
    assert statistics(both.ours) == statistics(both.theirs)

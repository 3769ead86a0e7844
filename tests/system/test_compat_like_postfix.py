# SPDX-License-Identifier: ISC
"""compatibility_level = 0: what the SMTP server says of old defaults when it uses them, compared with Debian's Postfix."""

import pytest

from smtp_script import play
from test_smtpd_like_postfix import OURS, STRANGER, run_both

pytestmark = pytest.mark.xdist_group("compat_like_postfix")      # one process: its fixture serves all cases

UNSET = ("mynetworks", "relay_domains", "relay_recipient_maps", "smtpd_relay_restrictions", "parent_domain_matches_subdomains")
MAIN = {name: None for name in UNSET} | {"compatibility_level": 0, "inet_interfaces": "127.0.0.1"}
RCPT = ["EHLO client.test", "MAIL FROM:<a@x.test>", "RCPT TO:<user@example.test>", "RCPT TO:<user@sub.example.test>", "RCPT TO:<u@else.test>",
        "RCPT TO:<box@box.test>", "RCPT TO:<user>", "QUIT"]
STRICT = "permit_mynetworks, reject_unauth_destination"
WORLDS = {
    "recipient": {"smtpd_recipient_restrictions": STRICT},
    "auth_destination": {"smtpd_recipient_restrictions": "permit_auth_destination, reject"},
    "open": {"smtpd_recipient_restrictions": "check_recipient_access inline:{ u@else.test=OK }, reject_unauth_destination"},
    "relay": {"smtpd_relay_restrictions": STRICT},
    "relay_defer": {"smtpd_relay_restrictions": "permit_mynetworks, defer_unauth_destination"},
    "set": {"mynetworks": OURS, "relay_domains": "sub.example.test", "smtpd_relay_restrictions": STRICT},
    "level": {"compatibility_level": "3.6", "smtpd_recipient_restrictions": STRICT},
}
SESSIONS = [(STRANGER, RCPT), (OURS, RCPT)]


@pytest.fixture(scope="module")
def both(certificate):
    with run_both(certificate, WORLDS, MAIN) as pair:
        yield pair


def notes(pair, side, world):
    """What is said of old defaults, session by session; not of the order of the two lists, which postconf tells."""
    server, said = (pair.theirs, pair.ours)[side], []
    for source, script in SESSIONS:
        mark = len(server.log())
        play(pair.ports[world][side].number, script, source=source)
        said += [line for line in pair.logged(server, mark) if "backwards-compatible" in line and "before_recipient" not in line] + ["--"]
    return said


@pytest.mark.parametrize("world", WORLDS)
def test_old_defaults(both, world):
    theirs = notes(both, 0, world)
    assert notes(both, 1, world) == theirs
    assert ("backwards-compatible" in "".join(theirs)) == (world not in ("set", "level"))

# SPDX-License-Identifier: ISC
"""The same sessions against Debian's Postfix and against us: replies and log lines must be alike.

smtpd_scripts.txt holds the sessions. WORLDS are services of one master.cf, each with parameters of its own. Where the two
differ on purpose stands in ALLOWED, with the reason; nothing else may.
"""

import contextlib
import difflib
import itertools
import pathlib
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from instance import Instance, Port
from postfix_peer import PostfixPeer, need_postfix
from smtp_script import normalise, parse_scripts, play

pytestmark = pytest.mark.xdist_group("smtpd_like_postfix")      # one process: its fixture serves all cases

SCRIPTS = parse_scripts((pathlib.Path(__file__).parent / "smtpd_scripts.txt").read_text(encoding="utf-8"))
STRANGER, OURS = "127.0.0.2", "127.0.0.1"

TABLES = {
    "access": """\
ok@ OK
relay@ RELAY
digits@ 1234
dunno@ DUNNO
reject@ REJECT
reject-text@ REJECT because we say so
reject-dsn@ REJECT 5.7.3 with a code
defer@ DEFER
defer-text@ DEFER come back later
code550@ 550 not here
code450@ 450 not now
code-bare@ 550
code-dsn@ 550 5.2.1 mailbox disabled
code-dsn-bare@ 550 5.2.1
dsn-recipient@ 550 5.1.7 bad sender
dsn-4for5@ 550 4.2.1 mixed
code421@ 421 go away
code521@ 521 never again
code600@ 600 no such class
code-long@ 5500 no such code
lower@ reject lower case
dip@ DEFER_IF_PERMIT
dip-text@ DEFER_IF_PERMIT maybe later
dir@ DEFER_IF_REJECT
warn@ WARN
warn-text@ WARN look at this
info@ INFO
unknown-action@ FROBNICATE
class@ loose_class
class-reject@ strict_class
list@ permit_mynetworks, reject
wir@ warn_if_reject reject_unauth_destination, reject
hold@ HOLD
discard@ DISCARD away with it
redirect@ REDIRECT other@example.test
redirect-bad@ REDIRECT nodomain
bcc@ BCC other@example.test
bcc-bad@ BCC nodomain
filter@ FILTER discard:somewhere
filter-bad@ FILTER nocolon
filter-none@ FILTER
prepend@ PREPEND X-Seen: yes
prepend-bad@ PREPEND no header
hangup@ HANGUP
strict@ strict_class
loop@ loop_class
""",
    "senders": """\
<> REJECT null sender
bad.test REJECT bad domain
.dot.test REJECT below dot
exact@good.test REJECT exact address
anywhere@ REJECT this local part
codes.test 550 5.1.1 no such user
dsn2@ 550 5.1.2 x
dsn3@ 550 5.1.3 x
dsn4@ 550 5.1.4 x
dsn6@ 550 5.1.6 x
""",
    "clients": "127.0.0.2 REJECT this address\n",
    "networks": "127.0 REJECT this network\n",
    "helos": "bad.test REJECT bad helo\n127.0.0.9 REJECT literal\n[127.0.0.9] REJECT literal with brackets\n",
    "etrn": "example.test REJECT no etrn here\nother.test OK\n",
    "commands": "/^PING$/ NOOP\n/^(MAIL FROM:)([^<> ]+)(.*)$/ ${1}<${2}>${3}\n/^BROKEN/ XBROKEN\n",
    "footers": "/^554/ \\c. See https://mail.test/\n/^550/ line one\\nline two\n",
    "deferral": "dip@x.test DEFER_IF_PERMIT wait\ndir@x.test DEFER_IF_REJECT wait\n",
    "keywords": "127.0.0.2 chunking, dsn, pipelining\n",
    "transport": "refused.test error:5.7.1 not any more\nretried.test retry:4.3.1 not now\nmoved@example.test error:moved away\n",
}

BASE = {
    "compatibility_level": "3.6", "myhostname": "mail.test", "mydomain": "test", "mail_name": "Test", "myorigin": "mail.test",
    "mydestination": "example.test", "local_recipient_maps": "inline:{ user=x, other=x, moved=x, strict=x, loose=x, loop=x }",
    "virtual_alias_domains": "alias.test", "virtual_alias_maps": "inline:{ known@alias.test=user@example.test }",
    "virtual_mailbox_domains": "box.test", "virtual_mailbox_maps": "inline:{ box@box.test=x }",
    "relay_domains": "relay.test, refused.test, retried.test",
    "relay_recipient_maps": "inline:{ r@relay.test=x, refused@refused.test=x, retried@retried.test=x }",
    "transport_maps": "texthash:{dir}/transport", "mynetworks": OURS, "message_size_limit": 100000, "recipient_delimiter": "+",
    "local_transport": "discard:", "virtual_transport": "discard:", "relay_transport": "discard:", "default_transport": "discard:",
    "smtpd_peername_lookup": "no", "requiretls_enable": "no", "parent_domain_matches_subdomains": "smtpd_access_maps",
    "smtpd_error_sleep_time": 0, "smtpd_hard_error_limit": 1000, "smtpd_soft_error_limit": 1000, "smtpd_client_connection_count_limit": 0,
    "smtpd_forbid_bare_newline": "normalize", "smtpd_forbid_bare_newline_exclusions": "", "smtpd_forbid_unauth_pipelining": "no",
    "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination", "strict_rfc821_envelopes": "no",
    "smtpd_tls_loglevel": 1, "smtpd_forbidden_commands": "CONNECT GET POST",
    "smtpd_restriction_classes": "strict_class, loose_class, loop_class", "strict_class": "permit_mynetworks, reject",
    "loose_class": "permit", "loop_class": "loop_class", "notify_classes": "",
}

ACCESS = "check_recipient_access texthash:{dir}/access"
UNLISTED = {"smtpd_reject_unlisted_recipient": "no"}
TLS = {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": "{dir}/cert.pem", "smtpd_tls_key_file": "{dir}/key.pem"}
WORLDS = {
    "plain": {},
    "etrn": {"smtpd_etrn_restrictions": "check_etrn_access texthash:{dir}/etrn, reject"},
    "strict": {"strict_smtputf8": "yes", "strict_rfc821_envelopes": "yes", "smtpd_helo_required": "yes", "disable_vrfy_command": "yes"},
    "pipelining": {"smtpd_forbid_unauth_pipelining": "yes"},
    "bare_reject": {"smtpd_forbid_bare_newline": "reject"},
    "bare_allow": {"smtpd_forbid_bare_newline": "no"},
    "limits": {"smtpd_hard_error_limit": 5, "smtpd_junk_command_limit": 4, "smtpd_recipient_limit": 3, "smtpd_recipient_overshoot_limit": 2},
    "timeout": {"smtpd_timeout": "1s"},
    "discard_ehlo": {"smtpd_discard_ehlo_keywords": "8bitmime, chunking, dsn, enhancedstatuscodes, etrn, pipelining, size, smtputf8, vrfy, silent-discard"},
    "discard_ehlo_maps": {"smtpd_discard_ehlo_keyword_address_maps": "texthash:{dir}/keywords"},
    "filters": {"smtpd_noop_commands": "EXPN, foo", "smtpd_command_filter": "regexp:{dir}/commands", "smtpd_forbidden_commands": "EVIL"},
    "footer": {"smtpd_reject_footer": "For $recipient from $client_address\\nhelo $helo_name; $server_name; ${sender}"},
    "footer_c": {"smtpd_reject_footer": "\\c; call +1 for help"},
    "footer_maps": {"smtpd_reject_footer": "default", "smtpd_reject_footer_maps": "regexp:{dir}/footers"},
    "soft_bounce": {"soft_bounce": "yes"},
    "nodelay_client": {"smtpd_delay_reject": "no", "smtpd_client_restrictions": "check_client_access texthash:{dir}/clients"},
    "nodelay": {"smtpd_delay_reject": "no", "smtpd_helo_restrictions": "check_helo_access inline:{ bad.helo.test=REJECT }",
                "smtpd_sender_restrictions": "check_sender_access inline:{ bad@sender.test=REJECT }"},
    "delay": {"smtpd_helo_restrictions": "check_helo_access inline:{ bad.helo.test=REJECT }",
              "smtpd_sender_restrictions": "check_sender_access inline:{ bad@sender.test=REJECT, <>=DEFER }"},
    "helo": {"smtpd_helo_restrictions": "reject_invalid_helo_hostname"},
    "helo_fqdn": {"smtpd_helo_restrictions": "reject_non_fqdn_helo_hostname"},
    "fqdn": {"smtpd_sender_restrictions": "reject_non_fqdn_sender", "smtpd_recipient_restrictions": "reject_non_fqdn_recipient"},
    "access": {"smtpd_recipient_restrictions": ACCESS, **UNLISTED},
    "access_sender": {"smtpd_sender_restrictions": "check_sender_access texthash:{dir}/senders"},
    "access_client": {"smtpd_client_restrictions": "check_client_access texthash:{dir}/clients"},
    "access_network": {"smtpd_client_restrictions": "texthash:{dir}/networks"},
    "access_helo": {"smtpd_helo_restrictions": "check_helo_access texthash:{dir}/helos"},
    "log_permit": {"smtpd_recipient_restrictions": ACCESS, "smtpd_log_access_permit_actions": "static:all", **UNLISTED},
    "reject": {"smtpd_recipient_restrictions": "reject", "smtpd_etrn_restrictions": "reject", "smtpd_data_restrictions": "reject"},
    "defer": {"smtpd_recipient_restrictions": "defer"},
    "generic_client": {"smtpd_client_restrictions": "reject"},
    "generic_helo": {"smtpd_helo_restrictions": "reject"},
    "generic_sender": {"smtpd_sender_restrictions": "defer"},
    "data": {"smtpd_data_restrictions": "reject"},
    "end_of_data": {"smtpd_end_of_data_restrictions": "reject"},
    "end_actions": {"smtpd_end_of_data_restrictions": "check_sender_access texthash:{dir}/access"},
    "data_recipient": {"smtpd_data_restrictions": ACCESS, **UNLISTED},
    "multi_bounce": {"smtpd_data_restrictions": "reject_multi_recipient_bounce"},
    "plaintext": {"smtpd_client_restrictions": "reject_plaintext_session"},
    "unauth_pipelining": {"smtpd_recipient_restrictions": "reject_unauth_pipelining"},
    "warn": {"smtpd_relay_restrictions": "permit_mynetworks, warn_if_reject, reject_unauth_destination",
             "smtpd_recipient_restrictions": "warn_if_reject reject_non_fqdn_recipient, warn_if_reject check_client_access texthash:{dir}/clients, "
                                             "reject_unauth_destination"},
    "defer_if": {"smtpd_sender_restrictions": "check_sender_access texthash:{dir}/deferral"},
    "classes": {"smtpd_recipient_restrictions": ACCESS, **UNLISTED},
    "unknown": {"smtpd_recipient_restrictions": "no_such_restriction, permit"},
    "unlisted": {"smtpd_reject_unlisted_sender": "yes"},
    "hidden_table": {"show_user_unknown_table_name": "no"},
    "codes": {"access_map_reject_code": 571, "access_map_defer_code": 471, "relay_domains_reject_code": 572, "non_fqdn_reject_code": 573,
              "unknown_local_recipient_reject_code": 574, "unknown_relay_recipient_reject_code": 450, "unknown_virtual_alias_reject_code": 575,
              "unknown_virtual_mailbox_reject_code": 576, "smtpd_sender_restrictions": "reject_non_fqdn_sender",
              "smtpd_recipient_restrictions": ACCESS},
    "broken_table": {"smtpd_recipient_restrictions": "check_recipient_access fail:broken"},
    "mynetworks": {"mynetworks": "127.0.0.0/8"},
    "auth_destination": {"smtpd_relay_restrictions": "permit_auth_destination, reject"},
    "xclient": {"smtpd_authorized_xclient_hosts": STRANGER},
    "verp": {"smtpd_authorized_verp_clients": STRANGER, "default_verp_delimiters": "-=", "verp_delimiter_filter": "-=+#"},
    "xforward": {"smtpd_authorized_xforward_hosts": STRANGER},
    "tls": TLS,
    "tls_encrypt": TLS | {"smtpd_tls_security_level": "encrypt"},
    "tls_hidden": TLS | {"smtpd_discard_ehlo_keywords": "starttls"},
    "tls_req_ccert": TLS | {"smtpd_tls_security_level": "encrypt", "smtpd_tls_req_ccert": "yes"},
    "tls_ask_ccert": TLS | {"smtpd_tls_ask_ccert": "yes", "smtpd_relay_restrictions": "permit_tls_all_clientcerts, reject_unauth_destination"},
}

# (pattern of script names, of Postfix's line, of ours, reason). A None pattern: that side says nothing there.
ALLOWED = [
    # What later versions of Postfix do
    ("", r"^(lost connection|timeout|too many errors) after", r"^(QID|NOQUEUE): (lost connection|timeout|too many errors) after",
     "3.10 names the message"),
    ("", r"^500 5\.5\.2 Error: command not recognized", r"^214 2\.0\.0 Commands: ", "HELP came with 3.9"),
    ("", r"key-exchange X25519 ", r"key-exchange x25519 ", "OpenSSL's newer names"),
    ("long line", r"^500 5\.5\.2 Error: command not recognized", r"^500 5\.5\.2 Error: command too long", "3.12 reads no such line"),
    ("bdat too large at once", r"^C: \$|^lost connection", None, "3.12 does not read what is too large anyway"),
    ("bdat too large at once", None, r"^521 5\.3\.4 Chunk exceeds|^C: \$|^closed", "it says so at once, and hangs up"),
    ("bdat mixed|reject footer", r"", r"^503 5\.5\.1 Error: MAIL transaction in progress$", "3.12: VRFY leaves a transaction alone"),
    ("vrfy|smtputf8|delayed|reject everything", r"", r"^503 5\.5\.1 Error: MAIL transaction in progress$", "as above"),
    ("vrfy|smtputf8|delayed|reject everything|bdat mixed|reject footer", r"reject: VRFY from .* from=<", None, "as above"),
    ("end of data", r"503 5\.5\.1 Error: nested MAIL", r"250 2\.1\.0 Ok", "3.12: a refusal at the end of data ends the transaction"),
    ("end of data", r"reject: END-OF-MESSAGE", r"reject: END-OF-MESSAGE", "as above"),
    # What we do better
    ("sender syntax|recipient syntax", r"^250 2\.1\.[05] Ok", r"^501 5\.1\.[37] Bad (sender|recipient) address syntax",
     "text around an address, or a comment in it, is no address"),
    ("sender syntax|recipient syntax|strict envelopes|soft bounce", None, r"Illegal address syntax from", "each is logged"),
    ("recipient syntax", r"^QID: reject: .*<user@\[IPv6:::1\]>: Relay access denied", None, "the peer has no IPv6"),
    ("recipient syntax", r"<user@\[IPv6:::1\]>: Relay access denied", r"^250 2\.1\.5 Ok", "the peer has no IPv6"),
    ("strict envelopes", r"^250 2\.1\.[05] Ok", r"^501 5\.1\.[37] Bad", "RFC 5321: no blank behind the colon"),
    ("mail parameters|rcpt parameters", r"^501 5\.5\.4 .*Bad (RET|ENVID|NOTIFY|ORCPT) parameter syntax", r"^501 5\.5\.4 Duplicate ", "clearer"),
    ("mail parameters", r"exceeds file system imposed limit", r"exceeds fixed limit", "no number is larger than our limit"),
    ("mail parameters", None, r"reject: MAIL .* exceeds fixed limit", "and it is logged as such"),
    ("mail parameters", r"^250 2\.1\.0 Ok", r"^555 5\.5\.4 Unsupported option: AUTH=<>", "AUTH is not offered"),
    ("rcpt parameters", r"^250 2\.1\.5 Ok", r"^501 5\.5\.4 Error: Bad (NOTIFY|ORCPT) parameter syntax", "RFC 3461: no word twice, no empty address"),
    ("rcpt parameters", r"unknown DSN NOTIFY command value", None, "the client is told"),
    ("helo required", r"improper command pipelining after BDAT", None, "a chunk's bytes are no pipelined command"),
    ("nul in a command|binary rubbish", r"^(250|500) ", r"^500 5\.5\.2 Error: bad syntax", "a zero byte does not end a command"),
    ("discarded keywords", r"^501 5\.7\.1 DSN support is disabled", r"^555 5\.5\.4 Unsupported option", "as any option that is not offered"),
    ("", r"^discarding EHLO keywords: ", r"^discarding EHLO keywords: ", "in another order"),
    ("reject footer", r"5\.[17]\.1 For  from", r" For [^ ]+@.* from", "$recipient is known"),
    ("reject footer", r"^550 5\.1\.1 ", r"^503 5\.5\.1 ", "VRFY as above, with its footer"),
    ("unauth pipelining", r"proto=ESMTP", r"proto=SMTP", "HELO was said last"),
    ("access: ", r"^250 2\.1\.5 Ok", r"^451 4\.3\.5 Server configuration error", "an action that cannot be done must not be passed over"),
    ("access: ", r"^warning: access table .*(requires|without value)", None, "the same in our words"),
    ("access: ", None, r"^warning: .* needs |^QID: reject: RCPT .* 451 4\.3\.5", "the same in our words"),
    ("actions at the end", r"^warning: access table texthash:", r"^warning: access table smtpd_end_of_data", "the parameter is named"),
    ("permitted actions", r" from texthash:", r" from smtpd_recipient_restrictions", "the parameter is named"),
    ("unlisted sender", r"550 5\.1\.7 <nobody@alias", r"550 5\.1\.0 <nobody@alias", "one code for all classes"),
    ("unlisted sender", r"^mapping DSN status", None, "as above"),
    ("table name", r"User unknown in virtual alias table", r"User unknown(;|$)", "show_user_unknown_table_name = no holds for all"),
    ("lookup that fails", r"451 4\.3\.5 .*Server configuration error", r"451 4\.3\.0 .*Temporary lookup failure", "it is no fault in main.cf"),
    ("lookup that fails", r"^warning: fail:broken lookup error", r"^warning: restriction: ", "our words"),
    ("unknown restriction", None, r"unknown or unsupported restriction: no_such", "said at the start too"),
    ("fqdn|fully qualified|access by sender", r"<[^\"<>]* [^\"<>]*@", r"<\"[^<>]*\"@", "addresses are shown as they must be written"),
    ("recipient syntax", r"<user@x\.test@example\.test>: ", r"<\"user@x\.test\"@example\.test>: ", "addresses are shown as they must be written"),
    ("xclient", r"^503 5\.5\.1 Error: MAIL transaction", r"^550 5\.7\.0 Error: insufficient", "who may not is told nothing else"),
]

# How often a command came and succeeded, as the line at a session's end counts it: script -> why, counter -> (Postfix's, ours).
HELP_CAME = "HELP came with 3.9"
FORGED_TEXT = "text around an address, or a comment in it, is no address"
COUNTS = {
    "unknown commands": (HELP_CAME, {"unknown": ("0/7", "0/5"), "help": (None, "2")}),
    "helo required": (HELP_CAME, {"unknown": ("0/1", None), "help": (None, "1")}),
    "starttls demanded": (HELP_CAME, {"unknown": ("0/3", "0/2"), "help": (None, "1")}),
    "bdat mixed with others": ("the same; and 3.12: VRFY leaves a transaction alone",
                               {"unknown": ("0/1", None), "help": (None, "1"), "vrfy": ("1", "0/1")}),
    "vrfy": ("3.12: VRFY leaves a transaction alone", {"vrfy": ("8/17", "7/17")}),
    "long line": ("3.12: what is too long is no unknown command", {"unknown": ("0/1", None)}),
    "end of data restrictions": ("3.12: a refusal at the end of data ends the transaction", {"mail": ("1/2", "2")}),
    "sender syntax": (FORGED_TEXT, {"mail": ("30/48", "22/48")}),
    "recipient syntax": (FORGED_TEXT, {"rcpt": ("18/35", "15/35")}),
    "strict envelopes": ("RFC 5321: no blank behind the colon", {"mail": ("5/9", "4/9"), "rcpt": ("2/3", "1/3")}),
    "mail parameters": ("AUTH is not offered", {"mail": ("15/39", "14/39")}),
    "rcpt parameters": ("RFC 3461: no word twice, no empty address", {"rcpt": ("9/22", "7/22")}),
    "binary rubbish": ("what holds a zero byte is no command", {"unknown": ("0/1", None)}),
    "nul in a command": ("what holds a zero byte is no command", {"unknown": ("0/1", None), "noop": ("1", None)}),
    **dict.fromkeys(("access: redirect", "access: bcc", "access: prepend"),
                    ("an action that cannot be done must not be passed over", {"rcpt": ("2", "1/2")})),
    "access: filter": ("an action that cannot be done must not be passed over", {"rcpt": ("3", "1/3")}),
    "xclient": ("XCLIENT counts when it worked", {"xclient": ("0/17", "1/17")}),
    "client certificate demanded": ("the command that got the 421 is counted", {"ehlo": ("1", "1/2")}),
}

SERVER = re.compile(r"postfix/smtpd\[\d+\]: (.*)")


class Both:
    """Postfix and we, side by side, with a port for each world."""

    def __init__(self, top, stack_dir, root, certificate, worlds=None, main=None):
        self.worlds = worlds or WORLDS
        self.dir = pathlib.Path(top)
        for name, text in TABLES.items():
            (self.dir / name).write_text(text, encoding="utf-8")
        for path, name in zip(certificate, ("cert.pem", "key.pem")):
            (self.dir / name).write_bytes(pathlib.Path(path).read_bytes())
        self.ports = {world: (Port(), Port()) for world in self.worlds}
        base = {name: self.fill(value) for name, value in (BASE | (main or {})).items() if value is not None}
        unset = {name: None for name, value in (main or {}).items() if value is None}
        self.theirs = PostfixPeer(self.dir / "peer", root, main=base | unset, master=self.services(0))
        self.ours = Instance(stack_dir, main=base | unset, services=self.services(1))

    def fill(self, value):
        return str(value).replace("{dir}", str(self.dir))

    def services(self, side):
        lines = ""
        for world, parameters in self.worlds.items():
            lines += f"127.0.0.1:{self.ports[world][side].number} inet n - n - - smtpd\n"
            for name, value in parameters.items():
                lines += f"    -o {{ {name} = {self.fill(value)} }}\n"
        return lines

    def play(self, side, world, script):
        """What was said, and what was logged about it."""
        server = (self.theirs, self.ours)[side]
        mark = len(server.log())
        said = play(self.ports[world][side].number, script, source=STRANGER)
        return said, self.logged(server, mark)

    def release(self):
        for ports in self.ports.values():
            for port in ports:
                port.release()

    @staticmethod
    def wait_disconnects(server, mark, count=1):
        deadline = time.monotonic() + 10
        while len(re.findall(r"disconnect from .*\n", server.log()[mark:])) < count and time.monotonic() < deadline:
            time.sleep(0.01)

    def logged(self, server, mark):
        self.wait_disconnects(server, mark)
        return [match.group(1) for match in map(SERVER.search, server.log()[mark:].splitlines()) if match]


@contextlib.contextmanager
def run_both(certificate, worlds=None, main=None):
    root = need_postfix()
    with tempfile.TemporaryDirectory(prefix="carteiro-peer-", ignore_cleanup_errors=True) as top, \
            tempfile.TemporaryDirectory(prefix="carteiro-", ignore_cleanup_errors=True) as own:
        pathlib.Path(top).chmod(0o755)
        pair = Both(top, own, root, certificate, worlds, main)
        with pair.theirs, pair.ours:
            yield pair
        pair.release()


@pytest.fixture(scope="module")
def both(certificate):
    with run_both(certificate) as pair:
        yield pair


def normalise_log(line):
    """Queue IDs become QID."""
    line = re.sub(r"^(warning: )?[0-9A-F]{8,20}: ", r"\1QID: ", line)
    line = re.sub(r"for service 127\.0\.0\.1:\d+", "for service SERVICE", line)
    return normalise(line)


def different_counts(theirs, ours):
    """Of two lines at the end of a session: counter -> (Postfix's, ours); the sum follows from the others."""
    left, right = (dict(re.findall(r"(\w+)=(\S+)", line)) for line in (theirs, ours))
    return {name: (left.get(name), right.get(name)) for name in left.keys() | right.keys() if left.get(name) != right.get(name) and name != "commands"}


def allowed(name, theirs, ours):
    if all(line and line.startswith("disconnect from") for line in (theirs, ours)):
        return name in COUNTS and different_counts(theirs, ours) == COUNTS[name][1]
    return any(re.search(script, name) and matches(want_theirs, theirs) and matches(want_ours, ours)
               for script, want_theirs, want_ours, _ in ALLOWED)


def matches(pattern, line):
    return line is None if pattern is None else line is not None and re.search(pattern, line) is not None


def differences(name, theirs, ours):
    """Lines that differ and may not, each behind the command before it."""
    found = []
    for kind, i, i_end, j, j_end in difflib.SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        lefts = [line for line in theirs[i:i_end] if not allowed(name, line, None)]
        rights = [line for line in ours[j:j_end] if not allowed(name, None, line)]
        for left, right in itertools.zip_longest(lefts, rights):
            if not allowed(name, left, right):
                after = next((line for line in reversed(theirs[:i]) if line.startswith("C: ")), "")
                found.append(f"{after}\n    Postfix: {left}\n    we:      {right}")
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_like_postfix(both, name):
    world, script = SCRIPTS[name]
    with ThreadPoolExecutor(2) as pool:
        (theirs, their_log), (ours, our_log) = pool.map(lambda side: both.play(side, world, script), (0, 1))
    wrong = differences(name, list(map(normalise, theirs)), list(map(normalise, ours)))
    wrong += differences(name, list(map(normalise_log, their_log)), list(map(normalise_log, our_log)))
    assert not wrong, "\n" + "\n".join(wrong)

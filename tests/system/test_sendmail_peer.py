# SPDX-License-Identifier: ISC
"""sendmail, postdrop and pickup beside Debian's Postfix: the same options and input, what is said, and what arrives."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from instance import Instance
from postfix_peer import PostfixPeer, need_postfix
from queue_rest import wait_rest

UID = 65534
TEXT = "Subject: x\n\nbody\n"

# name: (arguments, standard input)
CASES = {
    "plain": (["to@v.test"], TEXT),
    "no input": (["to@v.test"], ""),
    "no header": (["to@v.test"], "hello\nthere\n"),
    "no final newline": (["to@v.test"], "Subject: x\n\nbody"),
    "dot ends": (["to@v.test"], "Subject: x\n\none\n.\ntwo\n"),
    "dot kept -i": (["-i", "to@v.test"], "Subject: x\n\none\n.\n..two\n"),
    "dot kept -oi": (["-oi", "to@v.test"], "Subject: x\n\none\n.\ntwo\n"),
    "dot at end without newline": (["to@v.test"], "Subject: x\n\none\n."),
    "CRLF": (["to@v.test"], "Subject: x\r\n\r\none\r\n.\r\ntwo\r\n"),
    "From line": (["to@v.test"], "From a@b Thu Jan  1\n>From c\nSubject: x\n\nbody\n"),
    "From line later": (["to@v.test"], "Subject: x\n\nFrom here\n"),
    "NUL": (["to@v.test"], "Subject: x\n\na\0b\n"),
    "8 bit": (["to@v.test"], "Subject: x\n\ngr\u00fc\u00df\n"),
    "long line": (["to@v.test"], "Subject: x\n\n" + "y" * 5000 + "\n"),
    "long header": (["to@v.test"], "Subject: x\nX-Long: " + "z" * 3000 + "\n\nbody\n"),
    "sender -f": (["-f", "who@else.test", "to@v.test"], TEXT),
    "sender -r": (["-rwho@else.test", "to@v.test"], TEXT),
    "sender null": (["-f", "", "to@v.test"], TEXT),
    "sender <>": (["-f", "<>", "to@v.test"], TEXT),
    "sender with name": (["-f", "Who Else <who@else.test>", "to@v.test"], TEXT),
    "sender two": (["-f", "a@b.test, c@d.test", "to@v.test"], TEXT),
    "sender bad": (["-f", "a b c", "to@v.test"], TEXT),
    "full name": (["-F", "Full \"Q\" Name", "-f", "who@else.test", "to@v.test"], TEXT),
    "full name with 8 bit": (["-F", "J\u00f6rg", "-f", "who@else.test", "to@v.test"], TEXT),
    "two recipients": (["to@v.test", "too@v.test"], TEXT),
    "comma recipients": (["to@v.test, too@v.test"], TEXT),
    "recipient with name": (["To Me <to@v.test>"], TEXT),
    "recipient twice": (["to@v.test", "to@v.test"], TEXT),
    "recipient without domain": (["to"], TEXT),
    "recipient empty": ([""], TEXT),
    "recipient <>": (["<>"], TEXT),
    "recipient bad": (["a b c@"], TEXT),
    "recipient with newline": (["to@v.test\nx@v.test"], TEXT),
    "recipient with dash": (["--", "-to@v.test"], TEXT),
    "no recipient": ([], TEXT),
    "-t": (["-t"], "To: to@v.test\nCc: \"A, B\" <too@v.test>,\n third@v.test\nBcc: hidden@v.test\nSubject: x\n\nbody\n"),
    "-t and argument": (["-t", "more@v.test"], "To: to@v.test\nSubject: x\n\nbody\n"),
    "-t group": (["-t"], "To: friends: a@v.test, b@v.test;\nSubject: x\n\nbody\n"),
    "-t undisclosed": (["-t"], "To: undisclosed-recipients:;\nSubject: x\n\nbody\n"),
    "-t comment": (["-t"], "To: to@v.test (the, one), (x) too@v.test\nSubject: x\n\nbody\n"),
    "-t resent": (["-t"], "To: to@v.test\nResent-To: re@v.test\nResent-Bcc: rb@v.test\nSubject: x\n\nbody\n"),
    "-t nobody": (["-t"], "Subject: x\n\nbody\n"),
    "-t no input": (["-t"], ""),
    "-t 8 bit name": (["-t"], "To: J\u00f6rg <to@v.test>\nSubject: x\n\nbody\n"),
    "-t From": (["-t"], "From: other@else.test\nTo: to@v.test\nSubject: x\n\nbody\n"),
    "-t body To": (["-t", "arg@v.test"], "Subject: x\n\nTo: not@v.test\n"),
    "-t bad": (["-t"], "To: a b c\nSubject: x\n\nbody\n"),
    "-B 8BITMIME": (["-B", "8BITMIME", "to@v.test"], TEXT),
    "-B 7BIT": (["-B7BIT", "to@v.test"], TEXT),
    "-B bad": (["-B", "X", "to@v.test"], TEXT),
    "-N": (["-N", "success,delay", "to@v.test"], TEXT),
    "-N never": (["-N", "never", "to@v.test"], TEXT),
    "-N bad": (["-N", "sometimes", "to@v.test"], TEXT),
    "-N never and": (["-N", "never,success", "to@v.test"], TEXT),
    "-N empty": (["-N", "", "to@v.test"], TEXT),
    "-R": (["-R", "hdrs", "to@v.test"], TEXT),
    "-R bad": (["-R", "some", "to@v.test"], TEXT),
    "-V": (["-V", "id", "to@v.test"], TEXT),
    "-V bad": (["-V", "i+ZZ", "to@v.test"], TEXT),
    "-V long": (["-V", "i" * 101, "to@v.test"], TEXT),
    "-XV": (["-XV", "-f", "who@else.test", "to@v.test"], TEXT),
    "-XV+=": (["-XV+=", "-f", "who@else.test", "to@v.test"], TEXT),
    "-XV bad": (["-XVab", "to@v.test"], TEXT),
    "-XV one": (["-XV+", "to@v.test"], TEXT),
    "-XV null sender": (["-XV", "-f", "<>", "to@v.test"], TEXT),
    "-X log": (["-X", "/tmp/x", "to@v.test"], TEXT),
    "-G": (["-G", "to@v.test"], "From: short\nSubject: x\n\nbody\n"),
    "-O": (["-O", "x=y", "to@v.test"], TEXT),
    "-O smtputf8": (["-O", "smtputf8=yes", "to@v.test"], TEXT),
    "-O bad smtputf8": (["-O", "smtputf8=maybe", "to@v.test"], TEXT),
    "-o letters": (["-om", "-oem", "-oQ/x", "-o7", "to@v.test"], TEXT),
    "-om alone": (["-o", "m", "to@v.test"], TEXT),
    "ignored": (["-Am", "-h", "5", "-m", "-n", "-U", "-L", "x", "-ex", "-p", "x", "-c", "-x", "to@v.test"], TEXT),
    "-bm": (["-bm", "to@v.test"], TEXT),
    "-bt": (["-bt", "to@v.test"], TEXT),
    "-bx": (["-bx"], ""),
    "-bh": (["-bh"], ""),
    "-bi": (["-bi"], ""),
    "-bi with argument": (["-bi", "x"], ""),
    "-I": (["-I"], ""),
    "-bp empty": (["-bp"], ""),
    "-bp with argument": (["-bp", "x"], ""),
    "-bv": (["-bv", "to@v.test"], ""),
    "-bv nobody": (["-bv"], ""),
    "-bv -t": (["-bv", "-t"], "To: to@v.test\n\n"),
    "-v": (["-v", "-f", "report@v.test", "to@v.test"], TEXT),
    "-q": (["-q"], ""),
    "-q10m": (["-q10m"], ""),
    "-q with argument": (["-q", "to@v.test"], TEXT),
    "-qR": (["-qR"], ""),
    "-qI": (["-qI"], ""),
    "-qRv.test": (["-qRv.test"], ""),
    "-qIABCDEF": (["-qIABCDEF"], ""),
    "-qS": (["-qSx"], ""),
    "unknown option": (["-Z", "to@v.test"], TEXT),
    "unknown option -k": (["-k"], ""),
    "option without value": (["-f"], ""),
    "options behind": (["to@v.test", "-i"], TEXT),
    "-bs": (["-bs"], "EHLO me\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<to@v.test>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n"),
    "-bs errors": (["-bs"], "RCPT TO:<x@v.test>\r\nMAIL\r\nMAIL FROM:a b\r\nDATA\r\nFOO\r\nSTARTTLS\r\nAUTH PLAIN\r\nHELP\r\nNOOP\r\nNOOP x\r\nRSET\r\n"
                           "RSET x\r\nHELO\r\nHELO me\r\nVRFY to@v.test\r\nVRFY\r\nEXPN x\r\nETRN v.test\r\nMAIL FROM:<a@b.test> SIZE=999999999\r\n"
                           "MAIL FROM:<a@b.test> FOO=1\r\nMAIL FROM:<a@b.test> BODY=X\r\nMAIL FROM:<a@b.test>\r\nMAIL FROM:<a@b.test>\r\nDATA\r\n"
                           "RCPT TO:<>\r\nRCPT TO:<to@v.test> X=Y\r\nRCPT TO:to@v.test\r\nQUIT\r\n"),
    "-bs dsn": (["-bs"], "EHLO me\r\nMAIL FROM:<a@b.test> RET=HDRS ENVID=x\r\nRCPT TO:<to@v.test> NOTIFY=NEVER ORCPT=rfc822;z@v.test\r\nDATA\r\n.\r\nQUIT\r\n"),
    "-bs bdat": (["-bs"], "EHLO me\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<to@v.test>\r\nBDAT 12 LAST\r\nSubject: y\r\nQUIT\r\n"),
    "-bs breaks off": (["-bs"], "EHLO me\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<to@v.test>\r\nDATA\r\nSubject: x\r\n"),
    "-bs LF": (["-bs"], "HELO me\nMAIL FROM:<a@b.test>\nRCPT TO:<to@v.test>\nDATA\nSubject: x\n\nbody\n.\nQUIT\n"),
    "-bs too many errors": (["-bs"], "FOO\r\n" * 25),
}


class Side:
    """One system; everything for @v.test comes into one Maildir."""

    def __init__(self, system, box):
        self.system, self.box = system, box

    def names(self, text):
        text = text.replace(str(self.system.dir), "SYSTEM").replace(str(self.box.parent), "SYSTEM")
        text = re.sub(r"^\w{3} +\d+ [\d:]{8} \S+ postfix/", "", text, flags=re.M)
        text = re.sub(r"\w{3}, +\d+ \w{3} \d{4} [\d:]+ [+-]\d{4}( \(\w+\))?", "DATE", text)
        text = re.sub(r"\b(id|as|ID:) [0-9A-F]{8,}\b", r"\1 QID", text)
        text = re.sub(r"X-Postfix-Queue-ID: \w+", "X-Postfix-Queue-ID: QID", text)
        text = re.sub(r"\b[0-9A-F]{9,}\.\d+/", "BOUNDARY/", text)
        text = re.sub(r"(fatal: )\w*\(\d+\): ", r"\1", text)       # Postfix names the user in some messages, we in all
        return re.sub(r"Message-Id: <\d+\.\w+@", "Message-Id: <MID@", text, flags=re.I)

    def settle(self, start):
        """Until nothing is in hand and the log has said so; of one that was broken off it never does."""
        wait_rest(self.system.queue_dir)
        deadline = time.monotonic() + 0.5
        while time.monotonic() < deadline:
            log = self.system.log()[start:]
            ids = set(re.findall(r": (\w+): (?:uid=|client=)|notification: (\w+)", log))
            if all(re.search(rf": {a or b}: (?:removed|to=.*status=deferred)", log) for a, b in ids):
                return
            time.sleep(0.01)

    def sendmail(self, args, text):
        if isinstance(self.system, Instance):
            return self.system.command("sendmail", *args, stdin=text, check=False)
        return subprocess.run([self.system.root / "usr" / "sbin" / "sendmail", *args], input=text, capture_output=True,
                              env=self.system.environment(), check=False, timeout=60)

    def play(self, args, text):
        shutil.rmtree(self.box, ignore_errors=True)
        start = len(self.system.log())
        done = self.sendmail(args, text.encode())
        self.settle(start)
        log = self.system.log()[start:]
        mail = sorted(self.names(p.read_text(errors="backslashreplace")) for p in self.box.glob("new/*"))
        return {"status": done.returncode, "stdout": self.names(done.stdout.decode(errors="replace")),
                "stderr": self.names(done.stderr.decode(errors="replace")), "mail": mail,
                "log": sorted(re.findall(r"(uid=\d+ from=<.*>)", log) + [" ".join(x) for x in re.findall(r"(from=<.*>), size=\d+, (nrcpt=\d+)", log)] +
                              [" ".join(x) for x in re.findall(r"(to=<.*?>,).*(dsn=\S+, status=\w+ \(.*\))", log)])}


# Where we do something else, on purpose: why, and in which parts of the result; of each, what ours has in it. All else is the same.
ADDRESS = "an address with blanks is not taken apart"
REFUSED = "refused at once, with the reason (DEVIATIONS)"
WORDS = "the same in other words"
FROM_NULL = ("an address of this system's header has a domain (DEVIATIONS)", {"mail": "From: root <MAILER-DAEMON@host.test>"})
VERP = "the option that is meant is named"
IGNORED = "options of Sendmail's are ignored, as later Postfix does"
USAGE = "in one line; Postfix has getopt say it, and often twice"
STANDALONE = "pickup's Received: field says it all; no ETRN"
NO_ETRN, ONE_RECEIVED = "250-SIZE 10240000\r\n250-VRFY\r\n250-ENHANCEDSTATUSCODES", "Received: by host.test (Postfix, from userid 0)\n\tid QID; DATE\n"
ALLOWED = {
    "no input": ("a message has an empty line between header and body", {"mail": "From: root <root@host.test>\n\n"}),
    "sender null": FROM_NULL, "sender <>": FROM_NULL,
    "sender bad": (ADDRESS, {"stderr": "", "mail": 'Return-Path: <"a b c"@host.test>', "log": 'from=<"a b c"@host.test>'}),
    "-t bad": (ADDRESS, {"log": 'to=<"a b c"@host.test>'}),
    "recipient bad": (REFUSED, {"status": "75", "stderr": "malformed recipient address: a b c@", "log": ""}),
    "recipient empty": (REFUSED, {"status": "75", "stderr": "empty recipient address", "log": ""}),
    "recipient with newline": (REFUSED, {"status": "75", "stderr": "recipient has malformed address: control characters", "mail": "", "log": ""}),
    "-N bad": (WORDS, {"stderr": "warning: bad -N option value -- ignored"}),
    "-v": ("the report's own words", {"mail": "Subject: Mail Delivery Status Report"}),
    "-V": ("-V takes a value, as its manual says", {"stderr": "", "mail": "Return-Path: <root@host.test>", "log": "nrcpt=1"}),
    **dict.fromkeys(("-XV bad", "-XV one"), (VERP, {"stderr": "fatal: -XV requires two characters from -=+"})),
    "-XV null sender": (VERP, {"stderr": "fatal: -XV option requires non-null sender address"}),
    "-qS": (WORDS, {"stderr": "fatal: -qSx is not implemented"}),
    **dict.fromkeys(("-X log", "ignored"), (IGNORED, {"status": "0", "stderr": "", "mail": "Subject: x", "log": "to=<to@v.test>, dsn=2.0.0, status=sent"})),
    **{name: (USAGE, {"stderr": f"sendmail: fatal: {what}; usage: sendmail [options]"}) for name, what in (
        ("unknown option", "invalid option -- 'Z'"), ("unknown option -k", "invalid option -- 'k'"),
        ("option without value", "option requires an argument -- 'f'"))},
    "full name with 8 bit": ("as Postfix 3.10: an encoded word", {"mail": "From: =?utf-8?Q?J=C3=B6rg?= <who@else.test>"}),
    **dict.fromkeys(("-bs", "-bs dsn", "-bs bdat"), (STANDALONE, {"stdout": NO_ETRN, "mail": ONE_RECEIVED})),
    "-bs errors": (STANDALONE + "; HELP, as in 3.9", {"stdout": "502 5.5.1 Error: command not implemented"}),
    "-bs breaks off": (STANDALONE, {"stdout": NO_ETRN}),
    "-bs LF": (STANDALONE, {"mail": ONE_RECEIVED}),
}


def text_of(part):
    return "\n".join(part) if isinstance(part, list) else str(part)


def explain(name, ours, theirs):
    """Sentences on what differs and may not, and on what may and does not."""
    _, allowed = ALLOWED.get(name, (None, {}))
    for part in ours:
        if (ours[part] != theirs[part]) != (part in allowed):
            yield f"{name}: {part}\n  ours   {ours[part]}\n  theirs {theirs[part]}"
        elif part in allowed and (allowed[part] not in text_of(ours[part]) or not allowed[part] and ours[part]):
            yield f"{name}: {part}: wanted {allowed[part]!r}, got {ours[part]}"


def main_of(box):
    return {"virtual_mailbox_domains": "v.test", "virtual_mailbox_maps": "static:box/", "virtual_mailbox_base": box.parent,
            "virtual_uid_maps": f"static:{UID}", "virtual_gid_maps": f"static:{UID}", "myhostname": "host.test", "myorigin": "host.test",
            "mail_name": "Postfix", "default_transport": "discard", "relay_transport": "discard", "notify_classes": "", "mydestination": "",
            "local_transport": "discard", "compatibility_level": "3.6"}


def play_all(make_system, directory):
    """The results of all cases."""
    base = directory / "mail"
    base.mkdir()
    os.chown(base, UID, UID)
    for path in (directory, base):
        path.chmod(0o755)
    (directory / "system").mkdir(mode=0o755)
    with make_system(directory / "system", main_of(base / "box")) as system:
        side = Side(system, base / "box")
        return {name: side.play(*CASES[name]) for name in CASES}


def test_as_postfix_does():
    root = need_postfix()
    exported = {"export_environment": "TZ MAIL_CONFIG LANG LD_LIBRARY_PATH"}
    with tempfile.TemporaryDirectory(prefix="carteiro-", ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)
        for name in ("theirs", "ours"):
            os.mkdir(f"{directory}/{name}", 0o755)
        with ThreadPoolExecutor() as pool:
            theirs = pool.submit(play_all, lambda path, main: PostfixPeer(path, root, main=main | exported), pathlib.Path(directory) / "theirs")
            ours = pool.submit(play_all, lambda path, main: Instance(path, main=main), pathlib.Path(directory) / "ours")
        theirs, ours = theirs.result(), ours.result()
    assert not [sentence for name in CASES for sentence in explain(name, ours[name], theirs[name])]


def test_allowed_differences_are_cases():
    assert set(ALLOWED) <= set(CASES)

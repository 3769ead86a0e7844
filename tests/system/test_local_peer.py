# SPDX-License-Identifier: ISC
"""local and virtual beside Debian's Postfix: the same aliases, .forward files and settings, the same mail."""

import collections
import os
import pathlib
import tempfile

import pytest

from local_world import World, case, groups, run_ours, run_postfix
from postfix_peer import need_postfix


def forward(text, owner="anna", mode=0o644, name=".forward"):
    return {f"home/anna/{name}": (text, owner, mode)}


def rcpt(user):
    return f"{user}@host.test"


ENVIRONMENT = "sh -c 'env | grep -v ^_= | grep -v ^PWD= | sort > WORLD/box/env; pwd >> WORLD/box/env; id -u >> WORLD/box/env; id -G >> WORLD/box/env'"

CASES = [
    # Mailboxes.
    case("mailbox", rcpt("anna"), body="From x\n>From y\nend"),
    case("extension", rcpt("Anna+Ext")),
    case("second delimiter", rcpt("anna-ext+more")),
    case("unknown", rcpt("who")),
    case("unknown with extension", rcpt("who+x")),
    case("postmaster", rcpt("postmaster")),
    case("8 bit body", rcpt("anna"), body="gr\u00fc\u00df\n"),
    case("mailbox of another user", rcpt("anna"), files={"mail/anna": ("x\n", "bert", 0o600)}),
    case("mailbox is a directory", rcpt("anna"), files={"mail/anna": (None, "anna", 0o700)}),
    case("mailbox is a link", rcpt("anna"), before=lambda d: os.symlink(d / "box" / "x", d / "mail" / "anna")),
    case("mailbox has two names", rcpt("anna"), files={"mail/anna": ("x\n", "anna", 0o600)},
         before=lambda d: os.link(d / "mail" / "anna", d / "box" / "second")),
    case("stale lock", rcpt("anna"), files={"mail/anna.lock": ("", None, 0o600)}, before=lambda d: os.utime(d / "mail" / "anna.lock", (1, 1))),
    case("held lock", rcpt("anna"), files={"mail/anna.lock": ("", None, 0o600)}),
    case("loop", rcpt("anna"), header="Delivered-To: ANNA@host.test\nSubject: x\n"),
    case("loop with extension", rcpt("anna+x"), header="Delivered-To: anna@host.test\nSubject: x\n"),
    case("null sender", rcpt("anna"), sender=""),
    case("full", rcpt("anna"), files={"mail/anna": ("x" * 3000, "anna", 0o600)}, main={"mailbox_size_limit": "3001", "message_size_limit": "2000"}),
    case("home maildir", rcpt("anna"), main={"home_mailbox": "Maildir/"}),
    case("home mailbox", rcpt("anna"), main={"home_mailbox": "Mailbox"}),
    case("home is gone", rcpt("anna"), before=lambda d: os.rename(d / "home" / "anna", d / "home" / "gone"), main={"home_mailbox": "Mailbox"}),
    case("maildir home is gone", rcpt("anna"), before=lambda d: os.rename(d / "home" / "anna", d / "home" / "gone"), main={"home_mailbox": "Maildir/"}),
    case("home is required", rcpt("anna"), before=lambda d: os.rename(d / "home" / "anna", d / "home" / "gone"), main={"require_home_directory": "yes"}),
    case("spool of maildirs", rcpt("anna"), main={"mail_spool_directory": "WORLD/box/"}),
    case("open spool", rcpt("anna"), main={"mail_spool_directory": "WORLD/box"}),
    case("not strict", rcpt("anna"), files={"mail/anna": ("x\n", "bert", 0o666)}, main={"strict_mailbox_ownership": "no"}),
    case("delivered to command only", rcpt("cmd"), aliases="cmd: |\"cat >> WORLD/box/out\"\n", main={"prepend_delivered_header": "file"}),

    # Aliases.
    case("alias", rcpt("team"), aliases="team: anna, bert, Out <out@out.test>\n"),
    case("alias with extension", rcpt("ext1+foo"), aliases="ext1: anna\n"),
    case("alias with extension in it", rcpt("ext2+foo"), aliases="ext2+foo: bert\n"),
    case("alias propagates", rcpt("ext3+foo"), aliases="ext3: anna, bert+own, x@out.test\n",
         main={"propagate_unmatched_extensions": "canonical,virtual,alias,forward,include"}),
    case("alias to itself", rcpt("rosa"), aliases="rosa: rosa, bert\n"),
    case("alias loop", rcpt("loop1"), aliases="loop1: loop2\nloop2: loop1\n"),
    case("alias backslash", rcpt("back"), aliases="back: \\anna\n", files=forward("bert\n")),
    case("alias backslash list", rcpt("back2"), aliases="back2: \\anna, \\bert@host.test, \\who\n"),
    case("alias to nobody known", rcpt("dead"), aliases="dead: nowhere-here\n"),
    case("alias null value", rcpt("null"), aliases="null: /dev/null\n"),
    case("alias bad address", rcpt("bad1"), aliases="bad1: <>\n"),
    case("alias with quotes", rcpt("quo"), aliases='quo: "anna", "Bert X" <bert>\n'),
    case("alias with owner", rcpt("list1"), aliases="list1: anna, one@out.test, two@out.test\nowner-list1: bert\n"),
    case("alias with owner and notify", rcpt("list2"), notify="SUCCESS", aliases="list2: anna, one@out.test\nowner-list2: bert\n"),
    case("alias with notify", rcpt("list3"), notify="SUCCESS", aliases="list3: anna, bert\n"),
    case("alias to one with notify", rcpt("list4"), notify="SUCCESS", aliases="list4: one@out.test\n"),
    case("alias to dead with notify", rcpt("list5"), notify="SUCCESS,FAILURE", aliases="list5: anna, nowhere-here\n"),
    case("mailbox with notify", rcpt("anna"), notify="SUCCESS"),
    case("unknown with notify", rcpt("who"), notify="FAILURE"),
    case("never notify", rcpt("who"), notify="NEVER"),
    case("expanded owner", rcpt("list6"), aliases="list6: anna, one@out.test\nowner-list6: bert@out.test\n", main={"expand_owner_alias": "yes"}),
    case("nested owners", rcpt("outer"), aliases="outer: inner, anna\nowner-outer: bert\ninner: one@out.test\n"),
    case("nested owners reset", rcpt("outer2"), aliases="outer2: inner2, anna\nowner-outer2: bert\ninner2: one@out.test\n", main={"reset_owner_alias": "yes"}),
    case("no special owners", rcpt("list7"), aliases="list7: anna\nowner-list7: bert\n", main={"owner_request_special": "no"}),
    case("owner name with delimiter", rcpt("owner-list8"), aliases="list8: anna\nowner-list8: bert\n"),
    case("alias of root to file", rcpt("file1"), aliases="file1: WORLD/box/file\n"),
    case("alias of root to maildir", rcpt("file2"), aliases="file2: WORLD/box/dir/\n"),
    case("alias file not writable", rcpt("file3"), aliases="file3: WORLD/home/anna/file\n"),
    case("alias quoted file", rcpt("file4"), aliases='file4: "WORLD/box/a file"\n'),
    case("alias file loop of names", rcpt("file5"), aliases="file5: WORLD/box/same, WORLD/box/same\n"),

    # Lists.
    case("include", rcpt("inc1"), aliases="inc1: :include:WORLD/box/list\n", files={"box/list": ("# comment\nanna, bert\n\nx@out.test\n", "anna", 0o644)}),
    case("include of root", rcpt("inc2"), aliases="inc2: :include:WORLD/box/list\n", files={"box/list": ("anna\n", None, 0o644)}),
    case("include of root, private", rcpt("inc3"), aliases="inc3: :include:WORLD/box/list\n", files={"box/list": ("anna\n", None, 0o600)}),
    case("include missing", rcpt("inc4"), aliases="inc4: :include:WORLD/box/none\n"),
    case("include unreadable", rcpt("inc5"), aliases="inc5: :include:WORLD/box/list\n", files={"box/list": ("anna\n", "anna", 0o000)}),
    case("include of itself", rcpt("inc6"), aliases="inc6: :include:WORLD/box/list\n", files={"box/list": ("anna, :include:WORLD/box/list\n", "anna", 0o644)}),
    case("include with command", rcpt("inc7"), aliases="inc7: :include:WORLD/box/list\n", files={"box/list": ("|cat\n", "anna", 0o644)}),
    case("include with file", rcpt("inc8"), aliases="inc8: :include:WORLD/box/list\n", files={"box/list": ("WORLD/box/f\n", "anna", 0o644)}),
    case("include with command allowed", rcpt("inc9"), aliases="inc9: :include:WORLD/box/list\n",
         files={"box/list": ('"|id -u >> WORLD/box/uid; cat > /dev/null"\n', "anna", 0o644)}, main={"allow_mail_to_commands": "alias,forward,include"}),
    case("include relative", rcpt("inc10"), aliases="inc10: :include:list\n"),
    case("include empty", rcpt("inc11"), aliases="inc11: :include:WORLD/box/list\n", files={"box/list": ("\n", "anna", 0o644)}),
    case("include world writable", rcpt("inc12"), aliases="inc12: :include:WORLD/box/list\n", files={"box/list": ("bert\n", "anna", 0o666)}),
    case("include with owner", rcpt("inc13"), aliases="inc13: :include:WORLD/box/list\nowner-inc13: bert\n", files={"box/list": ("anna, x@out.test\n", "anna", 0o644)}),
    case("include notify", rcpt("inc14"), notify="SUCCESS", aliases="inc14: :include:WORLD/box/list\n", files={"box/list": ("anna, x@out.test\n", "anna", 0o644)}),

    # Commands.
    case("command environment", rcpt("env1+x"), aliases='env1: "|' + ENVIRONMENT.replace('"', '\\"') + '"\n', notify="FAILURE"),
    case("command of user", rcpt("anna+y"), files=forward('"|' + ENVIRONMENT + '"\n')),
    case("command fails 1", rcpt("cmd1"), aliases='cmd1: "|echo one; echo two; exit 1"\n'),
    case("command 75", rcpt("cmd2"), aliases='cmd2: "|echo later; exit 75"\n'),
    case("command 67", rcpt("cmd3"), aliases='cmd3: "|exit 67"\n'),
    case("command 69 with text", rcpt("cmd4"), aliases='cmd4: "|echo no; exit 69"\n'),
    case("command code", rcpt("cmd5"), aliases='cmd5: "|echo 5.7.9 my reason; exit 1"\n'),
    case("command code 4", rcpt("cmd6"), aliases='cmd6: "|echo 4.7.9 my reason; exit 1"\n'),
    case("command code 2", rcpt("cmd7"), aliases='cmd7: "|echo 2.7.9 my reason; exit 1"\n'),
    case("command code alone", rcpt("cmd8"), aliases='cmd8: "|echo 5.7.9; exit 1"\n'),
    case("command killed", rcpt("cmd9"), aliases='cmd9: "|kill -9 $$"\n'),
    case("command output and success", rcpt("cmd10"), aliases='cmd10: "|echo fine"\n'),
    case("command missing", rcpt("cmd11"), aliases='cmd11: "|/nonexistent/program"\n'),
    case("command missing in path", rcpt("cmd12"), aliases='cmd12: "|nonexistent-program x"\n'),
    case("command long output", rcpt("cmd13"), aliases='cmd13: "|yes 0123456789 | head -2000; exit 1"\n'),
    case("command binary output", rcpt("cmd14"), aliases='cmd14: "|printf \'a\\\\033b\\\\001\\\\377c\'; exit 1"\n'),
    case("command 127", rcpt("cmd15"), aliases='cmd15: "|exit 127"\n'),
    case("command 126", rcpt("cmd16"), aliases='cmd16: "|exit 126"\n'),
    case("command all codes 65", rcpt("cmd17"), aliases='cmd17: "|exit 65"\n'),
    case("command all codes 64", rcpt("cmd18"), aliases='cmd18: "|exit 64"\n'),
    case("command all codes 71", rcpt("cmd19"), aliases='cmd19: "|exit 71"\n'),
    case("command all codes 73", rcpt("cmd20"), aliases='cmd20: "|exit 73"\n'),
    case("command all codes 77", rcpt("cmd21"), aliases='cmd21: "|exit 77"\n'),
    case("command all codes 78", rcpt("cmd22"), aliases='cmd22: "|exit 78"\n'),
    case("command time limit", rcpt("cmd23"), aliases='cmd23: "|sleep 60"\n', main={"command_time_limit": "1s"}),
    case("commands restricted", rcpt("cmd24"), aliases='cmd24: "|true", WORLD/box/x\n', main={"allow_mail_to_commands": "", "allow_mail_to_files": ""}),
    case("command shell", rcpt("cmd25"), aliases='cmd25: "|true"\n', main={"local_command_shell": "/bin/echo -n"}),
    case("mailbox command", rcpt("anna+z"), main={"mailbox_command": "cat > WORLD/box/$USER-$EXTENSION; chmod 644 WORLD/box/$USER-$EXTENSION"}),
    case("mailbox command maps", rcpt("anna+z"), main={"mailbox_command_maps": "inline:{ {anna=cat > WORLD/box/of-map} }"}),
    case("mailbox command of root", rcpt("root"), main={"mailbox_command": "id -u > WORLD/box/uid"}),
    case("command directory", rcpt("anna"), main={"command_execution_directory": "$home", "mailbox_command": "pwd > WORLD/box/pwd"}),
    case("command directory missing", rcpt("anna"), main={"command_execution_directory": "/nonexistent/$user", "mailbox_command": "pwd"}),
    case("command directory filter", rcpt("anna+a#b"), main={"command_execution_directory": "WORLD/box/$extension", "mailbox_command": "pwd"}),
    case("root mailbox", rcpt("root")),

    # .forward files.
    case("forward", rcpt("anna"), files=forward("bert, x@out.test\n")),
    case("forward notify", rcpt("anna"), notify="SUCCESS", files=forward("bert, x@out.test\n")),
    case("forward to self", rcpt("anna"), files=forward("anna, bert\n")),
    case("forward to backslash self", rcpt("anna"), files=forward("\\anna, bert\n")),
    case("forward to self with domain", rcpt("anna"), files=forward("anna@host.test\n")),
    case("forward with extension", rcpt("anna+x"), files=forward("bert\n")),
    case("forward of extension", rcpt("anna+x"), files=forward("bert\n", name=".forward+x")),
    case("forward of extension, other delimiter", rcpt("anna-x"), files=forward("bert\n", name=".forward-x")),
    case("forward propagates", rcpt("anna+x"), files=forward("bert\n"), main={"propagate_unmatched_extensions": "forward"}),
    case("forward empty", rcpt("anna"), files=forward("")),
    case("forward comment", rcpt("anna"), files=forward("# nothing\n\n")),
    case("forward of root", rcpt("anna"), files=forward("bert\n", owner=None)),
    case("forward of another", rcpt("anna"), files=forward("bert\n", owner="bert")),
    case("forward world writable", rcpt("anna"), files=forward("bert\n", mode=0o666)),
    case("forward group writable", rcpt("anna"), files=forward("bert\n", mode=0o664)),
    case("forward unreadable", rcpt("anna"), files=forward("bert\n", owner=None, mode=0o600)),
    case("forward directory", rcpt("anna"), files=forward(None, mode=0o755)),
    case("forward link", rcpt("anna"), files={"box/f": ("bert\n", "anna", 0o644)}, before=lambda d: os.symlink(d / "box" / "f", d / "home" / "anna" / ".forward")),
    case("forward dangling link", rcpt("anna"), before=lambda d: os.symlink(d / "box" / "f", d / "home" / "anna" / ".forward")),
    case("forward in closed home", rcpt("anna"), files=forward("bert\n"), before=lambda d: os.chmod(d / "home" / "anna", 0)),
    case("forward to file", rcpt("anna"), files=forward("WORLD/home/anna/in\n")),
    case("forward to foreign file", rcpt("anna"), files=forward("WORLD/home/bert/in\n")),
    case("forward to link", rcpt("anna"), files=forward("WORLD/home/anna/in\n"), before=lambda d: os.symlink("/etc/x", d / "home" / "anna" / "in")),
    case("forward to maildir", rcpt("anna"), files=forward("WORLD/home/anna/Maildir/\n")),
    case("forward to bad command", rcpt("anna"), files=forward("|\n")),
    case("forward bad syntax", rcpt("anna"), files=forward("a b c, <\n")),
    case("forward long line", rcpt("anna"), files=forward(", ".join(f"x{n}@out.test" for n in range(60)) + "\n")),
    case("forward no newline", rcpt("anna"), files=forward("bert")),
    case("forward CRLF", rcpt("anna"), files=forward("bert\r\n")),
    case("forward folded", rcpt("anna"), files=forward("bert,\n x@out.test\n")),
    case("forward include", rcpt("anna"), files={**forward(":include:WORLD/home/anna/list\n"), "home/anna/list": ("bert\n", "anna", 0o644)}),
    case("forward include of another", rcpt("anna"), files={**forward(":include:WORLD/home/bert/list\n"), "home/bert/list": ("bert\n", "bert", 0o600)}),
    case("forward mutual", rcpt("anna"), files={**forward("bert\n"), "home/bert/.forward": ("anna\n", "bert", 0o644)}),
    case("forward path", rcpt("anna+x"), files={"box/anna.x": ("bert\n", "anna", 0o644)}, main={"forward_path": "WORLD/box/$user.$extension, $home/.forward"}),
    case("forward duplicate", rcpt("anna"), files=forward("bert, bert, BERT@host.test\n")),
    case("forward discard", rcpt("anna"), files=forward("/dev/null\n")),
    case("frozen no", rcpt("dl"), aliases="dl: anna\n", files=forward("bert\n"), main={"frozen_delivered_to": "no"}),

    # Transports and the unknown.
    case("mailbox transport", rcpt("anna"), main={"mailbox_transport": "discard:gone"}),
    case("mailbox transport unknown user", rcpt("who"), main={"mailbox_transport": "discard:gone"}),
    case("mailbox transport maps", rcpt("anna"), main={"mailbox_transport_maps": "inline:{ anna=error:no-anna }"}),
    case("fallback transport", rcpt("who"), main={"fallback_transport": "error:no such person"}),
    case("fallback maps", rcpt("who"), main={"fallback_transport_maps": "inline:{ who=discard:out }"}),
    case("luser", rcpt("who+x"), main={"luser_relay": "anna+$local"}),
    case("luser outside", rcpt("who+x"), main={"luser_relay": "$user.$extension@out.test"}),
    case("luser recipient", rcpt("who"), main={"luser_relay": "$recipient.out.test"}),
    case("luser unknown", rcpt("who"), main={"luser_relay": "whoelse"}),
    case("luser bad", rcpt("who"), main={"luser_relay": "<>"}),
    case("filtered bounce", rcpt("who"), main={"local_delivery_status_filter": "regexp:{{/^5(\\.1\\.1 unknown.*)/ 4$$1}}"}),
    case("duplicates limited", rcpt("dup"), aliases="dup: anna, bert, anna\n", main={"duplicate_filter_limit": "1"}),

]

# Each mailbox of v.test by its user's name, so that few systems are needed: user -> path, and whose user or group is no plain one.
MAILBOXES = {"dir": "dir/", "deepdir": "v.test/a/b/", "file": "file", "deepfile": "v.test/a/file", "parent": "../home/anna/x", "x": "x",
             "small": "x", "bad": "x", "root": "x"}


def inline(values, others=""):
    return "inline:{ " + " ".join(f"{{{user}@v.test={value}}}" for user, value in values.items()) + " }" + others


VIRTUAL = {"virtual_mailbox_domains": "v.test", "virtual_mailbox_base": "WORLD/box", "virtual_mailbox_maps": inline(MAILBOXES),
           "virtual_uid_maps": inline({"small": "99", "bad": "a"}, ", static:61001"), "virtual_gid_maps": inline({"root": "0"}, ", static:61001"),
           "smtpd_reject_unlisted_recipient": "no"}


def virtual(name, user, files=None, before=None, notify="", **main):
    return case(name, f"{user}@v.test", files=files, before=before, notify=notify, main=VIRTUAL | main)


CASES += [
    virtual("virtual maildir", "dir"),
    virtual("virtual maildir deep", "deepdir"),
    virtual("virtual mbox", "file"),
    virtual("virtual mbox deep", "deepfile"),
    virtual("virtual extension", "file+x"),
    virtual("virtual notify", "file", notify="SUCCESS"),
    virtual("virtual unknown", "who"),
    virtual("virtual parent", "parent"),
    virtual("virtual no uid", "x", virtual_uid_maps=""),
    virtual("virtual small uid", "small"),
    virtual("virtual bad uid", "bad"),
    virtual("virtual gid 0", "root"),
    virtual("virtual no gid", "x", virtual_gid_maps=""),
    virtual("virtual foreign file", "x", files={"box/x": ("x\n", "bert", 0o666)}),
    virtual("virtual foreign file, not strict", "x", files={"box/x": ("x\n", "bert", 0o666)}, strict_mailbox_ownership="no"),
    virtual("virtual link", "x", before=lambda d: os.symlink(d / "box" / "y", d / "box" / "x")),
    virtual("virtual full", "x", files={"box/x": ("x" * 3000, "anna", 0o600)}, virtual_mailbox_limit="3001", message_size_limit="2000"),
    virtual("virtual base may not be written", "dir", virtual_mailbox_base="WORLD/mail"),
    virtual("virtual base may not be written, mbox", "x", virtual_mailbox_base="WORLD/mail"),
    virtual("virtual filter", "x", virtual_delivery_status_filter="regexp:{{/^2(.*)/ 5$$1 no}}"),
    virtual("virtual regexp substitution", "anna", virtual_mailbox_maps="regexp:{{/^(anna)@v.test$$/ $$1}}"),
]

# Where we do something else, on purpose: why; what we log of each delivery (code, status, beginning of the text), or None when that is the
# same; and the files that differ. All else is the same.
Allowed = collections.namedtuple("Allowed", "why lines files", defaults=[None, ()])
WAITS = "mail waits until the administrator has mended it (DEVIATIONS)"
WORDS = "the same in other words"
NOTICE = ("mail/coll",)                 # it comes from one of the two only
CONFIG = Allowed(WAITS, [("4.3.5", "deferred", "mail system configuration error")], NOTICE)
NOT_OPENED = [("4.2.0", "deferred", "cannot update mailbox")]
NO_FILE = Allowed(WAITS, [("4.2.0", "deferred", "cannot append message to file")], NOTICE)
MAILDIR_OF_NOTICE = tuple(f"home/coll/Maildir{name}" for name in ("", "/cur", "/new", "/new/MAILFILE", "/tmp"))
ALLOWED = {
    # Postfix's notice is longer than the limit of these cases.
    "full": Allowed(WORDS, [("5.2.2", "bounced", "cannot update mailbox WORLD/mail/anna for user anna: mailbox WORLD/mail/anna is full")], NOTICE),
    "virtual full": Allowed(WORDS, [("5.2.2", "bounced", "delivery failed to mailbox WORLD/box/x: mailbox WORLD/box/x is full")], NOTICE),
    "home is gone": Allowed(WAITS, NOT_OPENED, ("home/coll/Mailbox",)),
    "maildir home is gone": Allowed(WAITS, [("4.2.0", "deferred", "maildir delivery failed")], MAILDIR_OF_NOTICE),
    **dict.fromkeys(("mailbox of another user", "mailbox is a directory", "mailbox is a link", "mailbox has two names"), Allowed(WAITS, NOT_OPENED, NOTICE)),
    **dict.fromkeys(("stale lock", "held lock"), Allowed(WORDS, NOT_OPENED)),
    **dict.fromkeys(("alias file not writable", "forward to foreign file", "forward to link"), NO_FILE),
    **dict.fromkeys(("include missing", "include unreadable", "include relative", "include world writable", "forward include of another"), CONFIG),
    "virtual parent": Allowed("no way out of virtual_mailbox_base (DEVIATIONS)", CONFIG.lines, ("home/anna/x",)),
    "virtual link": Allowed(WORDS, [("4.2.0", "deferred", "delivery failed to mailbox WORLD/box/x")]),
    "virtual base may not be written": Allowed(WORDS, [("4.2.0", "deferred", "maildir delivery failed")]),
    "command directory missing": Allowed(WORDS, [("4.3.0", "deferred", "cannot change directory to /nonexistent/anna")]),
    "command directory filter": Allowed(WORDS, [("4.3.0", "deferred", "cannot change directory to WORLD/box/a_b")]),
    "command missing": Allowed(WORDS, [("4.3.0", "deferred", "execute /nonexistent/program: No such file")]),
    "command code 2": Allowed("a code of success does not belong to a failure (DEVIATIONS)", [("5.3.0", "bounced", "Command died with status 1")], NOTICE),
    "command code alone": Allowed("a reason is better than none (DEVIATIONS)", [("5.7.9", "bounced", "delivery failed")]),
    "command long output": Allowed("Postfix's line is longer than its log takes (DEVIATIONS)", [("5.3.0", "bounced", "Command died with status 1")]),
    "command environment": Allowed("ENVID came with Postfix 3.9", None, ("box/env",)),
    "duplicates limited": Allowed("one message is written once into a mailbox (DEVIATIONS)", None, ("mail/anna",)),
    "null sender": Allowed("an address of this system's header has a domain (DEVIATIONS)", None, ("mail/anna",)),
    "alias backslash": Allowed("the backslash is obeyed (DEVIATIONS)", [("2.0.0", "sent", "delivered to mailbox")], ("mail/anna", "mail/bert")),
    "include empty": Allowed("mail that goes to nobody is not lost in silence (DEVIATIONS)", [("5.3.0", "bounced", "inc11@host.test stands for no address")], NOTICE),
    "luser bad": Allowed("mail that goes to nobody is not lost in silence (DEVIATIONS)", [("4.3.5", "deferred", "bad value of luser_relay: <>")]),
    "forward to bad command": Allowed("mail that goes to nobody is not lost in silence (DEVIATIONS)", [("5.1.3", "bounced", "bad recipient address syntax")], NOTICE),
    "forward bad syntax": Allowed("what is no address is told (DEVIATIONS)", [
        ("5.1.1", "bounced", 'unknown user: "a"'), ("2.0.0", "sent", "forwarded as"), ("5.1.3", "bounced", 'bad recipient address syntax: "<"'),
        ("5.1.1", "bounced", 'unknown user: "b"'), ("5.1.1", "bounced", 'unknown user: "c"')], NOTICE),
}

CHUNKS = 4


def chunk_of(number):
    """Cases that share a configuration stay together."""
    return [case for index, group in enumerate(groups(CASES)) if index % CHUNKS == number for case in group]


def without_notices(result):
    return [line for line in result["lines"] if line[0] != "<coll@host.test>"]


def is_as_allowed(lines, wanted):
    return len(lines) == len(wanted) and all(line[3:5] == list(w[:2]) and line[5].startswith(w[2]) for line, w in zip(lines, wanted))


def explain(name, ours, theirs):
    """What differs and may not, or does not differ although it is allowed to; or None."""
    allowed = ALLOWED.get(name, Allowed(None))
    if (ours["lines"] != theirs["lines"]) != (allowed.lines is not None):
        return f"{name}: log lines\n  ours   {ours['lines']}\n  theirs {theirs['lines']}"
    if allowed.lines is not None and not is_as_allowed(without_notices(ours), allowed.lines):
        return f"{name}: expected {allowed.lines}, got {without_notices(ours)}"
    different = [path for path in sorted(ours["files"].keys() | theirs["files"].keys()) if ours["files"].get(path) != theirs["files"].get(path)]
    if different != sorted(allowed.files):
        return f"{name}: {different} differ\n" + "".join(f"  {path}\n    ours   {ours['files'].get(path)}\n    theirs {theirs['files'].get(path)}\n"
                                                       for path in different)
    return None


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_as_postfix_does(chunk):
    root = need_postfix()
    cases = chunk_of(chunk)
    with tempfile.TemporaryDirectory(prefix="carteiro-", ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)
        worlds = [World(pathlib.Path(directory) / name) for name in ("one", "two")]
        wait_theirs = run_postfix(worlds[0], cases, root, directory)
        wait_ours = run_ours(worlds[1], cases, directory)
        theirs, ours = wait_theirs(), wait_ours()
    differences = [text for case in cases if (text := explain(case.name, ours[case.name], theirs[case.name]))]
    assert not differences, "\n".join(differences)


def test_allowed_differences_are_cases():
    assert set(ALLOWED) <= {case.name for case in CASES}

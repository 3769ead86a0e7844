# SPDX-License-Identifier: ISC
"""local alone, with a cleanup and other transports that only take notes."""

import os
import re
import shutil
import signal
import stat
import tempfile

import pytest

from agent_driver import BOUNCED, DEFERRED, DELIVERABLE, SENT, Agent, FakeAgent, FakeCleanup
from instance import prefix

pytestmark = [
    pytest.mark.skipif(prefix() is None or not (prefix() / "libexec" / "carteiro" / "local").exists(),
                       reason="local is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to have users"),
]

UIDS = {"anna": 61001, "bert": 61002}


class World:
    """Users with homes, alias tables, and an agent that sees them."""

    def __init__(self, directory):
        self.dir = directory
        self.cleanup, self.lmtp = FakeCleanup(), FakeAgent()
        self.spool = os.path.join(directory, "spoolmail")
        os.mkdir(self.spool, 0o775)
        with open("/etc/passwd") as passwd, open(os.path.join(directory, "passwd"), "w") as ours:
            ours.write(passwd.read())
            for name, uid in UIDS.items():
                os.mkdir(self.home(name), 0o755)
                os.chown(self.home(name), uid, uid)
                ours.write(f"{name}:x:{uid}:{uid}:{name}:{self.home(name)}:/bin/sh\n")

    def home(self, name):
        return os.path.join(self.dir, name)

    def write(self, path, text, owner=None, mode=0o644):
        path = os.path.join(self.dir, path)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        if owner:
            os.chown(path, UIDS[owner], UIDS[owner])
        return path

    def agent(self, aliases="", **main):
        return Agent(self.dir, "local", main={
            "mydestination": "example.test", "myorigin": "example.test", "default_transport": "smtp",
            "alias_maps": f"texthash:{self.write('aliases', aliases)}", "mail_spool_directory": self.spool,
            "recipient_delimiter": "+", "deliver_lock_attempts": 2, "biff": "no",
        } | main, services={"cleanup": self.cleanup, "lmtp": self.lmtp}, passwd=os.path.join(self.dir, "passwd"))

    def read(self, path):
        with open(os.path.join(self.dir, path)) as file:
            return file.read()

    def sent_to(self):
        """(sender, recipients) of each message that went to cleanup."""
        return [(m[0]["sender"], [r["address"] for r in m[0]["recipients"]]) for m in self.cleanup.messages]


@pytest.fixture
def world():
    with tempfile.TemporaryDirectory(prefix="carteiro-", ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)
        yield World(directory)


def one(agent, recipient, **more):
    result, = agent.deliver([recipient + "@example.test"], **more)
    return result


def test_mailbox_in_closed_spool(world):
    with world.agent() as agent:
        assert one(agent, "anna", body=b"From x\n")["text"] == "delivered to mailbox"
        status = os.stat(world.spool + "/anna")
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (61001, 61001, 0o600)
        assert os.listdir(world.spool) == ["anna"]
        assert re.fullmatch(r"From sender@example.test \w{3} .*\nReturn-Path: <sender@example.test>\n"
                            r"Delivered-To: anna@example.test\nSubject: test\n\n>From x\n\n", world.read("spoolmail/anna"))
        assert one(agent, "Anna+ext")["status"] == SENT
        assert world.read("spoolmail/anna").count("\nReturn-Path:") == 2
        assert re.search(r"TEST1: to=<anna@example.test>, relay=local, delay=[\d.]+, delays=[\d./]+, dsn=2.0.0, "
                         r"status=sent \(delivered to mailbox\)", agent.log())


def test_mailbox_has_the_spools_group(world):
    """Where that group may write there."""
    os.chown(world.spool, 0, 12)
    with world.agent() as agent:
        assert one(agent, "anna")["status"] == SENT
        os.chmod(world.spool, 0o775)
        assert one(agent, "bert")["status"] == SENT
        assert [os.stat(f"{world.spool}/{name}").st_gid for name in ("anna", "bert")] == [UIDS["anna"], 12]


def test_maildir(world):
    with world.agent(home_mailbox="Maildir/") as agent:
        assert one(agent, "anna")["text"] == "delivered to maildir"
        name, = os.listdir(world.home("anna") + "/Maildir/new")
        assert os.stat(world.home("anna") + "/Maildir/new/" + name).st_uid == 61001


def test_limits_and_owner(world):
    with world.agent(mailbox_size_limit=600, message_size_limit=500) as agent:
        assert one(agent, "anna", body=b"x" * 300)["status"] == SENT
        full = one(agent, "anna", body=b"x" * 300)
        assert (full["status"], full["dsn"]) == (BOUNCED, "5.2.2")
        os.chown(world.spool + "/anna", 61002, 61002)
        foreign = one(agent, "anna")
        assert (foreign["status"], foreign["dsn"]) == (DEFERRED, "4.2.0")
        assert foreign["text"].endswith("is not owned by recipient")


def test_unknown_user(world):
    with world.agent() as agent:
        result = one(agent, "nobody-here")
        assert (result["status"], result["dsn"], result["text"]) == (BOUNCED, "5.1.1", 'unknown user: "nobody-here"')
        assert one(agent, "postmaster")["text"] == "discarded"
        assert "warning: required alias not found: postmaster" in agent.log()


def test_luser_relay(world):
    with world.agent(luser_relay="anna+$local") as agent:
        assert one(agent, "who")["text"] == "delivered to mailbox"
        assert "Delivered-To: who@example.test\n" in world.read("spoolmail/anna")
        assert "to=<anna+who@example.test>, orig_to=<who@example.test>" in agent.log()


def test_loop(world):
    with world.agent() as agent:
        result = one(agent, "anna", header=b"Delivered-To: Anna@example.test\nSubject: x\n")
        assert (result["status"], result["dsn"]) == (BOUNCED, "5.4.6")
        assert result["text"] == "mail forwarding loop for anna@example.test"


def test_long_header_for_many_members(world):
    """It is read once, not for each member."""
    names = [f"n{i}" for i in range(20)]
    aliases = f"team: out@elsewhere.test, {', '.join(names)}\n" + "".join(f"{name}: /dev/null\n" for name in names)
    with world.agent(aliases) as agent:
        header = (b"X-Long: " + b"x" * 900 + b"\n") * 950
        assert one(agent, "team", header=header)["status"] == SENT
        assert world.sent_to() == [("sender@example.test", ["out@elsewhere.test"])]
        result = one(agent, "team", header=header + b"Delivered-To: N19@example.test\n")
        assert (result["status"], result["text"]) == (BOUNCED, "mail forwarding loop for n19@example.test")


def test_alias_to_users_and_others(world):
    with world.agent("team: anna, bert, Out <out@elsewhere.test>\n") as agent:
        assert one(agent, "Team+x")["status"] == SENT
        assert "Delivered-To: team+x@example.test" in world.read("spoolmail/anna").lower().replace("delivered-to", "Delivered-To")
        assert "Subject: test" in world.read("spoolmail/bert")
        assert world.sent_to() == [("sender@example.test", ["out@elsewhere.test"])]
        content = world.cleanup.messages[0][1].decode()
        assert content.startswith("Delivered-To: ") and content.endswith("\nSubject: test\n\ntext\n")
        assert "Received: by mail.example.test" in world.cleanup.messages[0][0]["trace"]
        assert "id NEWID1" in world.cleanup.messages[0][0]["trace"]
        assert re.search(r"orig_to=<Team\+x@example.test>, relay=local, .*\(delivered to mailbox\)", agent.log())
        assert re.search(r"to=<Team\+x@example.test>, relay=local, .*status=sent \(forwarded as NEWID1\)", agent.log())


def test_alias_with_owner(world):
    aliases = "list: anna, x@elsewhere.test\nowner-list: bert\n"
    with world.agent(aliases) as agent:
        assert one(agent, "list")["text"] == "forwarded as NEWID1"
        assert world.sent_to() == [("owner-list@example.test", ["anna@example.test", "x@elsewhere.test"])]
    assert os.listdir(world.spool) == []


def test_expand_owner_alias(world):
    with world.agent("list: anna\nowner-list: bert\n", expand_owner_alias="yes") as agent:
        one(agent, "list")
        assert world.sent_to() == [("bert@example.test", ["anna@example.test"])]


def test_alias_to_itself_and_loops(world):
    with world.agent("anna: anna, x@elsewhere.test\na: b\nb: a\nme: \\anna\n") as agent:
        assert one(agent, "anna")["status"] == SENT
        assert "Subject: test" in world.read("spoolmail/anna")
        assert world.sent_to() == [("sender@example.test", ["x@elsewhere.test"])]
        loop = one(agent, "a")
        assert (loop["status"], loop["dsn"]) == (BOUNCED, "5.4.6")
        assert one(agent, "me")["text"] == "delivered to mailbox"
        assert len(world.cleanup.messages) == 1


def test_include(world):
    world.write("list", "# members\nanna, out@elsewhere.test\nbert\n", owner="bert")
    with world.agent(f"list: :include:{world.dir}/list\nself: :include:{world.dir}/self\n") as agent:
        assert one(agent, "list")["text"] == "forwarded as NEWID1"
        assert world.sent_to() == [("sender@example.test", ["anna@example.test", "out@elsewhere.test", "bert@example.test"])]
        world.write("self", f":include:{world.dir}/self\n", owner="anna")
        loop = one(agent, "self")
        assert loop["status"] == BOUNCED
        missing = one(agent, "list+")
        assert missing["status"] == SENT
        os.chmod(world.dir + "/list", 0o666)
        writable = one(agent, "list")
        assert (writable["status"], writable["dsn"], writable["text"]) == (DEFERRED, "4.3.5", "mail system configuration error")
        assert f"warning: include: file {world.dir}/list is world writable" in agent.log()
        os.unlink(world.dir + "/list")
        assert one(agent, "list")["status"] == DEFERRED


def test_include_of_root_is_read_with_roots_rights(world):
    world.write("list", "anna@example.test, |id\n", mode=0o600)
    with world.agent(f"list: :include:{world.dir}/list\n") as agent:
        result = one(agent, "list")
        assert (result["status"], result["text"]) == (BOUNCED, "mail to command is restricted")
        assert world.sent_to() == [("sender@example.test", ["anna@example.test"])]
        assert_workers_hold_nothing(agent, "0")


def test_include_runs_as_its_owner(world):
    out = world.home("bert") + "/out"
    world.write("list", f'"|id -u > {out}"\n', owner="bert")
    with world.agent(f"list: :include:{world.dir}/list\n", allow_mail_to_commands="alias,forward,include") as agent:
        assert one(agent, "list")["status"] == SENT
        assert world.read("bert/out") == "61002\n"
    with world.agent(f"list: :include:{world.dir}/list\n") as agent:
        result = one(agent, "list")
        assert (result["status"], result["dsn"], result["text"]) == (BOUNCED, "5.7.1", "mail to command is restricted")


def test_command_of_root_alias_runs_as_nobody(world):
    os.chmod(world.spool, 0o777)
    with world.agent(f'cmd: "|(id -u; id -G; env; cat) > {world.spool}/out"\n', export_environment="TZ MAIL_CONFIG EXTRA=1") as agent:
        assert one(agent, "cmd+ext;rm", sender="a`b`@x.test")["text"].startswith("delivered to command: (id -u;")
        lines = world.read("spoolmail/out").split("\n")
        assert lines[0] == "65534" and lines[1] == "65534"
        assert "EXTENSION=ext_rm" in lines and "SENDER=a_b_@x.test" in lines and "DOMAIN=example.test" in lines
        assert "LOCAL=cmd+ext_rm" in lines and "RECIPIENT=cmd+ext_rm@example.test" in lines
        assert "USER=cmd" in lines and "LOGNAME=cmd" in lines and "PATH=/usr/bin:/bin" in lines and "EXTRA=1" in lines
        assert not any(line.startswith(("ZZ_NOT", "ASAN_OPTIONS", "HOME=", "SHELL=")) for line in lines)
        start = next(i for i, line in enumerate(lines) if line.startswith("From "))
        assert lines[start + 1].startswith("Return-Path: <") and "Subject: test" in lines


@pytest.mark.parametrize("command, status, dsn, text", [
    ("exit 75", DEFERRED, "4.3.0", "temporary failure"),
    ("exit 67", BOUNCED, "5.1.1", "user unknown"),
    ("echo no such box; exit 67", BOUNCED, "5.1.1", "user unknown. Command output: no such box"),
    ("echo 4.7.1 go away; exit 1", DEFERRED, "4.7.1", "go away"),
    ("exit 3", BOUNCED, "5.3.0", 'Command died with status 3: "exit 3"'),
    ("kill -9 $$", DEFERRED, "4.3.0", 'Command died with signal 9: "kill -9 $$"'),
    ("sleep 30", BOUNCED, "5.3.0", 'Command time limit exceeded: "sleep 30"'),
    ("true", SENT, "2.0.0", "delivered to command: true"),
    ("/nonexistent", DEFERRED, "4.3.0", "execute /nonexistent: No such file or directory"),
])
def test_command_results(world, command, status, dsn, text):
    with world.agent(f'cmd: "|{command}"\n', command_time_limit="2s") as agent:
        result = one(agent, "cmd", body=b"x" * 200000)
        assert (result["status"], result["dsn"], result["text"]) == (status, dsn, text)


def test_command_gets_all_or_the_mail_waits(world):
    """Whatever a command makes of half a message, it is not delivered; what it chose not to read is its own affair."""
    with world.agent('cmd: "|cat > /dev/null; exit 67"\nhalf: "|cat > /dev/null"\nleft: "|exec 3<&0; sleep 3 <&3 >/dev/null 2>&1 &"\n') as agent:
        for name in ("cmd", "half"):
            result = one(agent, name, body_bytes=200000)
            assert (result["status"], result["dsn"]) == (DEFERRED, "4.3.0")
            assert result["text"].startswith("Command input was cut short: ")
        assert one(agent, "left", body=b"x" * 200000)["status"] == SENT


def test_command_may_gain_a_group(world):
    """Nothing of the sandbox is inherited: set-gid programs (postdrop) work."""
    program = shutil.copy("/usr/bin/id", world.dir + "/id")
    os.chown(program, 0, 61099)
    os.chmod(program, 0o2755)
    with world.agent(mailbox_command=f"{program} -g > $HOME/out; grep -E 'Seccomp:|NoNewPrivs' /proc/self/status >> $HOME/out") as agent:
        assert one(agent, "anna")["status"] == SENT
        assert world.read("anna/out").split() == ["61099", "NoNewPrivs:", "0", "Seccomp:", "0"]


def test_mailbox_command_and_directory(world):
    command = "pwd > out; id -un >> out; echo $HOME $USER $SHELL >> out"
    with world.agent(mailbox_command=command, command_execution_directory="$home") as agent:
        assert one(agent, "anna")["status"] == SENT
        home = world.home("anna")
        assert world.read("anna/out") == f"{home}\nanna\n{home} anna /bin/sh\n"


def test_file_destination(world):
    os.chmod(world.spool, 0o777)
    with world.agent(f"file: {world.spool}/archive\nnull: /dev/null\ndir: {world.spool}/box/\n") as agent:
        assert one(agent, "file")["text"] == f"delivered to file: {world.spool}/archive"
        assert os.stat(world.spool + "/archive").st_uid == 65534
        assert one(agent, "null")["text"] == "delivered to file: /dev/null"
        assert one(agent, "dir")["status"] == SENT
        assert len(os.listdir(world.spool + "/box/new")) == 1


def test_forward(world):
    world.write("anna/.forward", "# mine\n\\anna, out@elsewhere.test\nbert\n", owner="anna")
    with world.agent() as agent:
        assert one(agent, "anna+x")["status"] == SENT
        assert "Delivered-To: anna+x@example.test" in world.read("spoolmail/anna")
        assert world.sent_to() == [("sender@example.test", ["out@elsewhere.test", "bert@example.test"])]
        assert "forwarded as NEWID1" in agent.log()


def test_forward_to_self_command_and_extension(world):
    world.write("anna/.forward", "anna\n", owner="anna")
    world.write("anna/.forward+work", '"|cat > $HOME/work"\n', owner="anna")
    world.write("bert/.forward", "", owner="bert")
    with world.agent() as agent:
        assert one(agent, "anna")["text"] == "delivered to mailbox"
        assert one(agent, "anna+work")["text"] == "delivered to command: cat > $HOME/work"
        assert "Subject: test" in world.read("anna/work")
        assert os.stat(world.home("anna") + "/work").st_uid == 61001
        assert one(agent, "bert")["text"] == "delivered to mailbox"
        assert world.cleanup.messages == []


@pytest.mark.parametrize("fault, words", [
    ("owner", "has bad owner uid"), ("mode", "is world writable"), ("directory", "not a regular file"), ("fifo", "not a regular file")])
def test_forward_that_is_not_trusted(world, fault, words):
    path = world.home("anna") + "/.forward"
    if fault == "directory":
        os.mkdir(path)
    elif fault == "fifo":
        os.mkfifo(path)
    else:
        world.write("anna/.forward", "x@elsewhere.test\n", owner="bert" if fault == "owner" else "anna",
                    mode=0o666 if fault == "mode" else 0o644)
    with world.agent() as agent:
        assert one(agent, "anna")["text"] == "delivered to mailbox"
        assert words in agent.log() and world.cleanup.messages == []


def test_forward_with_a_nul(world):
    """Said, and the worker lives on; it cannot hand over such bytes."""
    world.write("anna/.forward", "x@elsewhere.test\0\n", owner="anna")
    with world.agent() as agent:
        result = one(agent, "anna")
        assert (result["status"], result["text"]) == (DEFERRED, f"file {world.home('anna')}/.forward holds a NUL byte")
        os.unlink(world.home("anna") + "/.forward")
        assert one(agent, "anna")["status"] == SENT


def test_another_users_files_are_out_of_reach(world):
    secret = world.write("bert/secret", "stolen@elsewhere.test\n", owner="bert", mode=0o600)
    world.write("anna/.forward", f":include:{secret}\n", owner="anna")
    os.symlink(secret, world.home("bert") + "/.forward")
    with world.agent() as agent:
        assert one(agent, "anna")["status"] == DEFERRED
        assert world.cleanup.messages == []
    os.unlink(world.home("anna") + "/.forward")
    world.write("anna/.forward", f"{world.home('bert')}/box\n", owner="anna")
    with world.agent() as agent:
        result = one(agent, "anna")
        assert result["status"] == DEFERRED and "Permission denied" in result["text"]


def test_symbolic_links_in_spool_and_home(world):
    victim = world.write("victim", "", mode=0o666)
    os.symlink(victim, world.spool + "/anna")
    os.mkdir(world.dir + "/open", 0o777)
    os.chmod(world.dir + "/open", 0o777)
    os.symlink(world.dir + "/open", world.home("bert") + "/Maildir")
    with world.agent() as agent:
        assert one(agent, "anna")["status"] == DEFERRED
        assert world.read("victim") == ""
    with world.agent(home_mailbox="Maildir/") as agent:
        assert one(agent, "bert")["status"] == DEFERRED
        assert os.listdir(world.dir + "/open") == []


def test_transports(world):
    with world.agent(mailbox_transport="lmtp:unix:private/lmtp", fallback_transport="lmtp:fall") as agent:
        for _ in range(2):
            assert one(agent, "anna")["text"] == "taken"
        assert agent.log().count("passing <anna@example.test> to transport=lmtp") == 2
        assert world.lmtp.requests[0]["nexthop"] == "unix:private/lmtp"
        assert world.lmtp.requests[0]["recipients"][0]["address"] == "anna@example.test"
        assert "status=" not in agent.log()
        world.lmtp.result = {"status": BOUNCED, "dsn": "5.2.2", "text": "full"}
        assert one(agent, "bert")["status"] == BOUNCED
        # as many long answers as no reply to qmgr has room for: cut, since without a result all would be delivered again
        world.lmtp.result = {"status": SENT, "dsn": "2.0.0", "text": "t" * 4000, "diagnostic": "d" * 4000}
        results = agent.deliver([f"u{i}@example.test" for i in range(150)])
        assert {(r["status"], r["dsn"]) for r in results} == {(SENT, "2.0.0")}
        assert all(1000 < len(r["text"]) < 4000 and r["text"].strip("t") == "" for r in results)
        world.lmtp.result = {"status": BOUNCED, "dsn": "5.2.2", "text": "full"}
    with world.agent(fallback_transport="lmtp:fall") as agent:
        assert one(agent, "who")["status"] == BOUNCED
        assert world.lmtp.requests[-1]["nexthop"] == "fall"
    with world.agent(mailbox_transport="none:") as agent:
        assert one(agent, "anna")["status"] == DEFERRED


def test_cleanup_refuses_or_is_gone(world):
    with world.agent("out: out@elsewhere.test\n") as agent:
        world.cleanup.reply = {"status": 1, "dsn": "4.3.1", "text": "no space"}
        result = one(agent, "out")
        assert (result["status"], result["dsn"], result["text"]) == (DEFERRED, "4.3.1", "unable to forward message: no space")
        world.cleanup.reply = {"status": 0}
        assert one(agent, "out")["text"] == "forwarded as NEWID2"


def test_worst_result_counts(world):
    with world.agent("both: anna, nobody-here\n") as agent:
        result = one(agent, "both")
        assert (result["status"], result["dsn"]) == (BOUNCED, "5.1.1")
        assert "Subject: test" in world.read("spoolmail/anna")
        assert agent.log().count("orig_to=<both@example.test>") == 2


def test_nothing_goes_on_while_a_member_waits(world):
    """It would go on once more at each attempt."""
    with world.agent(f"team: out@elsewhere.test, :include:{world.dir}/list\n") as agent:
        assert [one(agent, "team")["status"] for _ in range(2)] == [DEFERRED] * 2
        assert world.sent_to() == []
        world.write("list", "nobody-here, x@elsewhere.test\n")
        assert one(agent, "team")["status"] == SENT
        assert [sorted(sum((to for _, to in world.sent_to()), []))] == [["nobody-here@example.test", "out@elsewhere.test", "x@elsewhere.test"]]
    world.cleanup.messages.clear()
    with world.agent("soft: out@elsewhere.test, nobody-here\n", soft_bounce="yes") as agent:
        assert one(agent, "soft")["status"] == DEFERRED
        assert world.sent_to() == []


def test_probe(world):
    world.write("anna/.forward", '"|touch $HOME/touched"\n', owner="anna")
    with world.agent(f"all: anna, out@elsewhere.test\n") as agent:
        assert one(agent, "all", is_verify=True)["status"] == DELIVERABLE
        assert one(agent, "anna", is_verify=True)["status"] == DELIVERABLE
        assert one(agent, "bert", is_verify=True)["status"] == DELIVERABLE
        assert one(agent, "who", is_verify=True)["status"] != DELIVERABLE
        assert os.listdir(world.spool) == [] and not os.path.exists(world.home("anna") + "/touched")
        assert world.cleanup.messages == []


def assert_workers_hold_nothing(agent, uid):
    """What a worker has: its owner, its socket, a filter, no new privileges, no capability."""
    children = open(f"/proc/{agent.pid}/task/{agent.pid}/children").read().split()
    states = [dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status").read().splitlines() if ":\t" in line)
              for pid in children]
    assert states and all(s["Uid"].split() == [uid] * 4 for s in states)
    assert all(s["NoNewPrivs"] == "1" and s["Seccomp"] == "2" for s in states)
    assert all(int(s[name], 16) == 0 for s in states for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"))
    assert all(set(os.listdir(f"/proc/{pid}/fd")) <= {"0", "1", "2", "3"} for pid in children)


def test_worker_that_hangs(world):
    """The launcher does not wait for it for ever: the agent ends."""
    with world.agent() as agent:
        assert one(agent, "anna")["status"] == SENT
        worker, *_ = open(f"/proc/{agent.pid}/task/{agent.pid}/children").read().split()
        os.kill(int(worker), signal.SIGSTOP)
    assert not os.path.exists(f"/proc/{worker}")


def test_workers_hold_nothing(world):
    with world.agent() as agent:
        assert one(agent, "anna")["status"] == SENT
        assert_workers_hold_nothing(agent, "61001")


def test_worker_for_root_holds_nothing(world):
    with world.agent() as agent:
        assert one(agent, "root")["text"] == "delivered to mailbox"
        assert_workers_hold_nothing(agent, "0")
        assert os.stat(world.spool + "/root").st_uid == 0


def test_home_made_anew(world):
    """A worker reaches the directory that the home was when it began: restored from a backup, or mounted, it is another."""
    with world.agent(home_mailbox="Maildir/") as agent:
        assert one(agent, "anna")["status"] == SENT
        os.rename(world.home("anna"), world.home("anna") + ".old")
        os.mkdir(world.home("anna"))
        os.chown(world.home("anna"), 61001, 61001)
        assert one(agent, "anna")["text"] == "delivered to maildir"
        assert len(os.listdir(world.home("anna") + "/Maildir/new")) == 1


def test_status_filter(world):
    filters = ('inline:{ {2.0.0 delivered to mailbox=2.1.5 fine} {5.1.1 unknown user: "who"=4.1.1 later} '
               '{5.1.1 unknown user: "x"=2.0.0 ok} }')
    with world.agent(local_delivery_status_filter=filters) as agent:
        assert [one(agent, name)[key] for name, key in (("anna", "dsn"), ("anna", "text"))] == ["2.1.5", "fine"]
        who = one(agent, "who")
        assert (who["status"], who["dsn"], who["text"]) == (DEFERRED, "4.1.1", "later")
        assert one(agent, "x")["status"] == BOUNCED
        assert "may not become" in agent.log()


def test_duplicate_filter_limit(world):
    with world.agent("dup: anna, bert, anna\n", duplicate_filter_limit=1) as agent:
        assert one(agent, "dup")["status"] == SENT
        assert agent.log().count("to=<anna@example.test>") == 2
    with world.agent("dup: anna, bert, anna\n") as agent:
        assert one(agent, "dup")["status"] == SENT
        assert agent.log().count("to=<anna@example.test>") == 3          # one more


def test_sun_mailtool(world):
    with world.agent(sun_mailtool_compatibility="yes", mailbox_delivery_lock="flock", deliver_lock_attempts=1, deliver_lock_delay="1s") as agent:
        world.write("spoolmail/anna.lock", "")
        held = one(agent, "anna")
        assert held["status"] == DEFERRED and "unable to create lock file" in held["text"]
    with world.agent(mailbox_delivery_lock="flock") as agent:
        assert one(agent, "anna")["status"] == SENT


def test_empty_alias_waits(world):
    with world.agent("hollow: <>\n") as agent:
        result = one(agent, "hollow")
        assert (result["status"], result["dsn"], result["text"]) == (DEFERRED, "4.3.0", "alias database unavailable")
        assert "warning: no recipient in alias lookup result for hollow" in agent.log()


@pytest.mark.parametrize("fault", ["link", "unreadable", "closed home"])
def test_forward_out_of_reach(world, fault):
    """A .forward that its owner could not read, or that another may have chosen, is none."""
    if fault == "link":
        os.symlink(world.write("elsewhere", "x@elsewhere.test\n", owner="anna"), world.home("anna") + "/.forward")
    else:
        world.write("anna/.forward", "x@elsewhere.test\n", mode=0o600, owner=None if fault == "unreadable" else "anna")
        if fault == "closed home":
            os.chmod(world.home("anna"), 0)
    with world.agent() as agent:
        assert one(agent, "anna")["text"] == "delivered to mailbox"
        assert world.cleanup.messages == []

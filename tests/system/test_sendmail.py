# SPDX-License-Identifier: ISC
"""sendmail, postdrop and pickup: a user's message reaches the queue, and what may not, does not."""

import os
import pwd
import re
import signal
import subprocess
import time

import pytest

from instance import Instance
from queue_rest import wait_rest

USER = pwd.getpwuid(os.getuid()).pw_name


# Everything stays in the queue.
KEEPS = {"default_transport": "retry:later", "local_transport": "retry:later", "mydestination": "example.test", "myorigin": "example.test",
         "local_recipient_maps": ""}


@pytest.fixture(scope="module")
def usual_instance(make_shared_instance):
    return make_shared_instance(main=KEEPS)


@pytest.fixture
def mail(usual_instance):
    usual_instance.forget_log()
    return usual_instance


def submit(mail, *args, stdin=b"Subject: x\n\nbody\n", check=True):
    return mail.command("sendmail", *args, stdin=stdin, check=check)


def queued(mail):
    """The queue ID of the only submission, and its file's text."""
    line = mail.wait_log(r"pickup\[\d+\]: (\w+): uid=\d+ from=<")
    queue_id = re.search(r"(\w+): uid=", line if isinstance(line, str) else line.group(0)).group(1)
    mail.wait_log(f"{queue_id}: message-id=")
    mail.wait_log(f"{queue_id}: from=<|queued {queue_id}|{queue_id}: to=|{queue_id}: ")
    for _ in range(100):
        for path in mail.queue_dir.rglob(queue_id):
            try:
                text = path.read_bytes()
            except OSError:
                continue
            if path.parent.name != "defer" and b"end crc32c=" in text:
                return queue_id, text
    raise AssertionError("no queue file")


def maildrop(mail):
    """What is left there when pickup had time to remove what it took."""
    for _ in range(100):
        left = list((mail.queue_dir / "maildrop").iterdir())
        if not left:
            break
        time.sleep(0.02)
    return left


def content(text):
    """Body and header of a queue file."""
    return text[512:text.index(b"queue_id=")]


def test_simple(mail):
    submit(mail, "ann@example.test")
    queue_id, text = queued(mail)
    assert b"body\n" in content(text)
    assert re.search(rb"Received: by mail.example.test \(Postfix, from userid \d+\)\n\tid " + queue_id.encode(), text)
    assert f"\nsender={USER}@example.test\n".encode() in text
    assert re.search(rb"\nFrom: .*" + USER.encode() + b"@example.test", text)
    assert b"\nMessage-Id: <" in text and b"\nDate: " in text
    assert not maildrop(mail)


def test_options_reach_the_queue_file(mail):
    submit(mail, "-f", "joe@a.test", "-F", "Joe Doe", "-B", "8BITMIME", "-N", "failure,delay", "-R", "hdrs", "-V", "e1",
           "-oi", "-om", "-oem", "-Am", "-h5", "ann@example.test, bob@example.test")
    _, text = queued(mail)
    for line in (b"sender=joe@a.test", b"encoding=8bit", b"dsn_envid=e1", b"dsn_ret=HDRS", b"full_name=Joe Doe",
                 b"From: Joe Doe <joe@a.test>"):
        assert b"\n" + line + b"\n" in text
    assert b"R\t12\tann@example.test\t" in text and b"R\t12\tbob@example.test\t" in text


@pytest.mark.parametrize("args, stdin, body", [
    ((), b"Subject: x\n\none\n.\ntwo\n", b"one\n"),
    (("-i",), b"Subject: x\n\none\n.\ntwo\n", b"one\n.\ntwo\n"),
    (("-oi",), b"Subject: x\n\n.\n", b".\n"),
    ((), b"Subject: x\r\n\r\none\r\n.\r\nno\r\n", b"one\n"),
    ((), b"Subject: x\n\nno end", b"no end\n"),
    ((), b"From joe Fri Nov 20\n>From ann\nSubject: x\n\nFrom inside\n", b"From inside\n"),
    ((), b"Subject: x\n\none\n.", b"one\n"),
], ids=["dot", "-i", "-oi", "crlf", "no line end", "From_", "dot at end"])
def test_content(mail, args, stdin, body):
    submit(mail, *args, "ann@example.test", stdin=stdin)
    _, text = queued(mail)
    assert content(text).startswith(body + b"Received: by ")
    assert b"\nSubject: x\n" in text and b"From joe" not in text


def test_recipients_from_header(mail):
    submit(mail, "-t", stdin=b"To: ann, Bob <bob@example.test>\nBcc: secret@example.test\nSubject: x\n\nbody\n")
    _, text = queued(mail)
    for address in (b"ann@example.test", b"bob@example.test", b"secret@example.test"):
        assert b"R\t0\t" + address + b"\t" in text
    assert b"Bcc:" not in text


@pytest.mark.parametrize("args, stdin, status, message", [
    ((), b"x\n", 75, "Recipient addresses must be specified on the command line or via the -t option"),
    (("-t",), b"Subject: x\n\n", 75, "No recipient addresses found in message header"),
    (("-bz",), b"", 75, "unsupported: -bz"),
    (("-iZt", "a@b"), b"", 75, "invalid option -- 'Z'; usage: sendmail [options]"),
    (("-i", "-f"), b"", 75, "option requires an argument -- 'f'; usage: sendmail [options]"),
    (("-B", "9BIT", "a@b"), b"", 75, "-B option needs 8BITMIME or 7BIT"),
    (("-f", "(nobody)", "a@b"), b"", 75, "malformed address"),
    (("-XV", "-f", "<>", "a@b"), b"", 75, "-XV option requires non-null sender address"),
    (("-XVab", "a@b"), b"", 75, "-XV requires two characters from -=+"),
    (("-bv", "-t"), b"", 75, "-t option cannot be used with -bv"),
    (("-bi", "a@b"), b"", 75, "alias initialization mode requires no recipient"),
    (("-bp", "a@b"), b"", 75, "display queue mode requires no recipient"),
    (("-q", "a@b"), b"", 75, "flush queue mode requires no recipient"),
    (("-bp", "-t"), b"", 75, "-t can be used only in delivery mode"),
    (("-qR",), b"", 75, "specify: -qRsitename"),
    (("-qI",), b"", 75, "specify: -qIqueueid"),
    (("-qSx",), b"", 75, "-qSx is not implemented"),
    (("",), b"", 75, "empty recipient address"),
], ids=lambda v: " ".join(v) if isinstance(v, tuple) else None)
def test_errors(mail, args, stdin, status, message):
    done = submit(mail, *args, stdin=stdin, check=False)
    assert done.returncode == status
    stderr = done.stderr if isinstance(done.stderr, str) else done.stderr.decode()
    assert re.search(rf"sendmail: fatal: {USER}\(\d+\): .*{re.escape(message)}", stderr)
    assert not maildrop(mail)


@pytest.mark.parametrize("args, warning", [
    (("-N", "sometimes"), "bad -N option value -- ignored"), (("-N", "never,success"), "bad -N option value -- ignored"),
    (("-R", "some"), "bad -R option value -- ignored"), (("-V", "x" * 101), "too long -V option value -- ignored"),
    (("-V", "a\tb"), "bad syntax in -V option value -- ignored"),
    (("-f", "joe@a.test, jim@a.test"), "-f option specified malformed sender: joe@a.test, jim@a.test"),
], ids=lambda v: " ".join(v)[:20] if isinstance(v, tuple) else None)
def test_bad_values_are_ignored(mail, args, warning):
    done = submit(mail, *args, "ann@example.test")
    assert done.stderr.decode() == f"sendmail: warning: {warning}\n"
    _, text = queued(mail)
    assert b"\nenvid=" not in text and b"R\t0\tann@example.test\t" in text
    assert args[0] != "-f" or b"\nsender=joe@a.test\n" in text


def test_ignored_daemon_options(mail):
    for option in ("-q30m", "-bh"):
        assert submit(mail, option, stdin=b"").returncode == 0


def test_file_that_grows_is_left_in_peace(mail):
    """pickup sees it, and says nothing, while another user's postdrop still writes."""
    drop = subprocess.Popen([mail.prefix / "sbin" / "postdrop", "-r"], stdin=subprocess.PIPE, env=mail.environment(),
                            stdout=subprocess.PIPE)
    drop.stdin.write(b"carteiro maildrop 1\nsender=slow\nrcpt=ann@example.test\n\nD 10000\n" + b"x" * 65536 + b"D 10000\n" + b"x" * 65536)
    drop.stdin.flush()
    for _ in range(200):
        if any((mail.queue_dir / "maildrop").iterdir()):
            break
        time.sleep(0.02)
    submit(mail, "ann@example.test")
    mail.wait_log(rf"uid=\d+ from=<{USER}>")
    drop.stdin.write(b"E\n")
    drop.stdin.close()
    assert drop.wait(20) == 0
    mail.wait_log(r"uid=\d+ from=<slow>")
    assert not re.search(r"pickup\[\d+\]: warning", mail.log())


def test_line_ends_cannot_enter_the_envelope(mail):
    done = submit(mail, "-f", "joe@a.test\nrcpt=root@example.test", "ann@example.test", check=False)
    assert done.returncode == 75
    assert not maildrop(mail)


def test_refused_message_is_returned(make_instance):
    mail = make_instance(main=KEEPS | {"header_checks": "regexp:{{/^X-Bad:/ REJECT no such thing}}"})
    submit(mail, "-f", "joe@a.test", "ann@example.test", stdin=b"X-Bad: 1\nSubject: x\n\nbody\n")
    mail.wait_log(r"reject: header X-Bad: 1 from local; from=<joe@a.test> to=<ann@example.test>: 5.7.1 no such thing")
    mail.wait_log(r"message refused: 5.7.1 no such thing")
    mail.wait_log(r"message-id=<")
    notices = [path.read_bytes() for path in mail.queue_dir.rglob("*")
               if path.is_file() and b"Undelivered Mail" in path.read_bytes()]
    assert len(notices) == 1
    for part in (b"\nsender=\n", b"R\t0\tjoe@a.test\t", b"5.7.1 no such thing", b"\nX-Bad: 1\n", b"\nis_bounce=1\n"):
        assert part in notices[0]
    assert not maildrop(mail)


def test_forged_files_are_set_aside(mail):
    """Empty, zeros, cut off, with a CR, with more behind the end."""
    forged = [b"", b"\0\0\0", b"carteiro maildrop 1\nsender=\n\nD 5\nabc", b"carteiro maildrop 1\nsender=a\rb\nrcpt=x\n\nE\n",
              b"carteiro maildrop 1\nsender=\nrcpt=x\n\nE\nmore"]
    names = {f"ABCDE1234{number}": junk for number, junk in enumerate(forged)}
    for name, junk in names.items():
        path = mail.queue_dir / "maildrop" / name
        path.write_bytes(junk)
        path.chmod(0o744)
    submit(mail, "ann@example.test", stdin=b"Subject: x\n\n")
    for name in names:
        mail.wait_log(rf"maildrop/{name}: corrupt, moved to the corrupt queue")
        assert (mail.queue_dir / "corrupt" / name).exists()
    mail.wait_log(r"uid=\d+ from=<")


def test_a_new_connection_to_cleanup_is_seen_as_new(make_instance, monkeypatch):
    """Where the old one lay in memory: with the quarantine the sanitizer would not let that happen, as it does elsewhere."""
    plain = Instance.environment
    reusing = ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
    monkeypatch.setattr(Instance, "environment", lambda self: plain(self) | {"ASAN_OPTIONS": plain(self)["ASAN_OPTIONS"] + reusing})
    mail = make_instance(main={"ipc_idle": "1s", "relay_domains": "example.test", "relay_transport": "discard", "myorigin": "example.test",
                               "cleanup_service_name": "slow"}, services="slow unix n - n - 0 cleanup -o max_use=1\n")
    for number in (1, 2):
        mark = mail.log_mark()
        submit(mail, "ann@example.test")
        mail.wait_log(r"qmgr\[\d+\]: \w+: removed", since=mark)
        time.sleep(1.3)
    assert "unexpected answer" not in mail.log() and maildrop(mail) == []
    assert len(re.findall(r"status=sent", mail.log())) == 2


def test_unready_and_odd_files_stay(make_instance):
    mail = make_instance(main=KEEPS)
    unready = mail.queue_dir / "maildrop" / "ABCDE12345"
    unready.write_bytes(b"")
    unready.chmod(0o600)
    link = mail.queue_dir / "maildrop" / "ABCDE12346"
    link.symlink_to("/etc/passwd")
    submit(mail, "ann@example.test")
    queued(mail)
    assert unready.exists() and link.is_symlink()


def test_submitters_may_be_listed(make_instance):
    mail = make_instance(main={"authorized_submit_users": "nobody-at-all"})
    done = submit(mail, "ann@example.test", check=False)
    assert done.returncode == 77
    stderr = done.stderr if isinstance(done.stderr, str) else done.stderr.decode()
    assert f"User {USER}" in stderr and "is not allowed to submit mail" in stderr


def test_senders_may_be_limited(make_instance):
    mail = make_instance(main={"local_login_sender_maps": f"inline:{{ {{{USER} = {USER} @good.test}} }}",
                               "default_transport": "retry:later", "myorigin": "example.test"})
    assert submit(mail, "-f", "joe@bad.test", "ann@x.test", check=False).returncode == 77
    assert submit(mail, "-f", "", "ann@x.test", check=False).returncode == 77
    assert submit(mail, "-f", "joe@good.test", "ann@x.test").returncode == 0
    assert submit(mail, "ann@x.test").returncode == 0
    wait_rest(mail.queue_dir)


def test_size_limit(make_instance):
    mail = make_instance(main={"message_size_limit": "1000"})
    done = submit(mail, "ann@example.test", stdin=b"Subject: x\n\n" + b"x" * 2000 + b"\n", check=False)
    assert done.returncode == 69
    assert not maildrop(mail)


def test_mark_is_durable_before_the_answer(mail):
    """After a loss of power nobody else would mark the file."""
    if subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("processes may not be traced here")
    trace = mail.dir / "trace"
    env = mail.environment() | {"ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(["strace", "-o", trace, "-e", "trace=fchmod,fsync,syncfs,write", mail.prefix / "sbin" / "postdrop", "-r"],
                          input=b"carteiro maildrop 1\nsender=joe\nrcpt=ann@example.test\n\nD 1\nxE\n", env=env, capture_output=True, check=False)
    assert done.returncode == 0, done
    steps = re.findall(r"^(fchmod|fsync|write\(1)", trace.read_text(), re.M)
    assert steps == ["fchmod", "fsync", "write(1"]
    mail.wait_log(r"uid=\d+ from=<joe>")


def test_killed_postdrop_leaves_nothing(mail):
    """What its caller ignores, as nohup does with SIGHUP, does not end it."""
    drop = subprocess.Popen([mail.prefix / "sbin" / "postdrop", "-r"], stdin=subprocess.PIPE, env=mail.environment(),
                            stdout=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    drop.stdin.write(b"carteiro maildrop 1\nsender=\nrcpt=x@y\n\nD 10000\n" + b"x" * 65536 + b"D 10000\n" + b"x" * 65536)
    drop.stdin.flush()
    drop.send_signal(signal.SIGHUP)
    drop.terminate()
    assert drop.wait(20) in (128 + signal.SIGTERM, -signal.SIGTERM)
    assert not maildrop(mail)


def test_smtp_on_standard_input(mail):
    """-bs: a dot-stuffed line, a transaction that is reset, errors that leave the session usable."""
    done = submit(mail, "-bs", stdin=b"EHLO h\r\nDATA\r\nMAIL FROM:<x@y.test>\r\nRSET\r\nRCPT TO:<a@b>\r\n"
                  b"MAIL FROM:<joe@a.test> BODY=8BITMIME\r\nRCPT TO:<>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\n"
                  b"Subject: x\r\n\r\n..dot\r\nbody\r\n.\r\nFOO\r\nSTARTTLS\r\nQUIT\r\n")
    codes = [line[:3].decode() for line in done.stdout.splitlines() if line[3:4] == b" "]
    assert codes == ["220", "250", "503", "250", "250", "503", "250", "501", "250", "354", "250", "500", "502", "221"]
    _, text = queued(mail)
    assert content(text).startswith(b".dot\nbody\n") and b"\nsender=joe@a.test\n" in text


def test_smtp_that_breaks_off(mail):
    submit(mail, "-bs", stdin=b"HELO h\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\nSubject: x\r\n")
    assert not maildrop(mail)


def test_smtp_dsn_and_chunks(mail):
    """-bs: what DSN says of one recipient is that recipient's; CR LF may lie across two chunks."""
    done = submit(mail, "-bs", stdin=b"EHLO h\r\nMAIL FROM:<joe@a.test> RET=HDRS ENVID=q1\r\n"
                  b"RCPT TO:<ann@example.test> NOTIFY=NEVER\r\nRCPT TO:<bob@example.test> ORCPT=rfc822;b@example.test\r\n"
                  b"BDAT 11\r\nSubject: x\rBDAT 7\r\n\n\r\nab\r\nRCPT TO:<late@example.test>\r\nBDAT 0 LAST\r\nQUIT\r\n")
    lines = [line.decode() for line in done.stdout.splitlines()]
    assert {"250-DSN", "250-VRFY", "250 CHUNKING"} <= set(lines)
    assert lines[-5:-1] == ["250 2.0.0 Ok: 11 bytes", "250 2.0.0 Ok: 7 bytes", "503 5.5.1 Error: RCPT after BDAT", lines[-2]]
    assert lines[-2].startswith("250 2.0.0 Ok: 18 bytes queued as ")
    _, text = queued(mail)
    assert content(text).startswith(b"ab\n") and b"\nSubject: x\n" in text and b"late@" not in text
    assert re.search(rb"\tann@example.test\t.*", text).group(0) != re.search(rb"\tbob@example.test\t.*", text).group(0)
    assert b"rfc822;b@example.test" in text and b"q1" in text


def test_smtp_bytes_are_counted(mail):
    """-bs: SIZE above the limit is refused at once; each message in chunks has a count of its own, of what came in."""
    one = b"MAIL FROM:<a@b> SIZE=10240000\r\nRCPT TO:<ann@example.test>\r\n"
    done = submit(mail, "-bs", stdin=b"HELO h\r\nMAIL FROM:<a@b> SIZE=10240001\r\nMAIL FROM:<a@b> SIZE=999999999\r\n"
                  b"MAIL FROM:<a@b> SIZE=99999999999999999999\r\n" + one + b"BDAT 9\r\na\r\nb\r\nc\r\nRSET\r\n" +
                  one + b"BDAT 4\r\nab\r\nBDAT 0 LAST\r\n" + one + b"BDAT 3 LAST\r\nx\r\n" + one + b"DATA\r\nx\r\n.\r\nQUIT\r\n")
    lines = [re.sub(r"as \w+$", "as ID", line.decode()) for line in done.stdout.splitlines()]
    good = ["250 2.1.0 Ok", "250 2.1.5 Ok"]
    assert lines[2:-1] == ["552 5.3.4 Message size exceeds fixed limit"] * 3 + good + ["250 2.0.0 Ok: 9 bytes", "250 2.0.0 Ok"] + \
        good + ["250 2.0.0 Ok: 4 bytes", "250 2.0.0 Ok: 4 bytes queued as ID"] + good + ["250 2.0.0 Ok: 3 bytes queued as ID"] + \
        good + ["354 End data with <CR><LF>.<CR><LF>", "250 2.0.0 Ok: queued as ID"]


def test_smtp_unwanted_chunk_is_skipped(mail):
    done = submit(mail, "-bs", stdin=b"EHLO h\r\nBDAT 6 LAST\r\nQUIT\r\nHELO\r\nRSET x\r\nVRFY\r\nAUTH PLAIN\r\nNOOP\r\nQUIT\r\n")
    codes = [line[:3].decode() for line in done.stdout.splitlines() if line[3:4] == b" "]
    assert codes == ["220", "250", "503", "501", "501", "501", "503", "250", "221"]
    assert not maildrop(mail)


def test_smtp_chunks_that_break_off(mail):
    submit(mail, "-bs", stdin=b"EHLO h\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@example.test>\r\nBDAT 5\r\nabcdeBDAT 9 LAST\r\nabc")
    assert not maildrop(mail)


def test_strange_things_in_maildrop(make_instance):
    """Hard links, FIFOs, symbolic links, directories, other people's files, garbage and huge files: passed by or set aside; mail goes on."""
    mail = make_instance(main=KEEPS)
    drop = mail.queue_dir / "maildrop"
    mail.stop()
    submit(mail, "-f", "linked@example.test", "x@far.test")
    linked = next(drop.iterdir())
    os.link(linked, drop / "A0000000001")
    os.mkfifo(drop / "A0000000002", 0o700)
    os.symlink(mail.config_dir / "main.cf", drop / "A0000000003")
    os.symlink(drop / "A0000000005", drop / "A0000000004")
    (drop / "A0000000005").mkdir(mode=0o700)
    (drop / "A0000000006").write_bytes(b"garbage\n" * 1000)
    with open(drop / "A0000000007", "wb") as huge:
        huge.truncate(1 << 34)
    (drop / "no queue id").write_bytes(b"x")
    for name in ("A0000000006", "A0000000007", "no queue id"):
        (drop / name).chmod(0o744)
    if os.getuid() == 0:
        os.chown(drop / "A0000000006", 12345, 12345)
    mail.start()
    submit(mail, "-f", "sound@example.test", "x@far.test")
    mail.wait_log(r"pickup\[\d+\]: \w+: uid=\d+ from=<sound@example\.test>")
    mail.wait_log(r"warning: maildrop/A0000000006: corrupt, moved to the corrupt queue")
    mail.wait_log(r"warning: maildrop/A0000000007: corrupt, moved to the corrupt queue")
    assert sorted(path.name for path in (mail.queue_dir / "corrupt").rglob("*") if path.is_file()) == ["A0000000006", "A0000000007"]
    assert {"A0000000001", "A0000000002", "A0000000003", "A0000000004", "A0000000005", linked.name} <= {path.name for path in drop.iterdir()}
    assert "from=<linked@example.test>" not in mail.log()
    (drop / "A0000000001").unlink()
    submit(mail, "-f", "wake@example.test", "x@far.test")
    mail.wait_log(r"from=<linked@example\.test>")

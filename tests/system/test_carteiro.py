# SPDX-License-Identifier: ISC
"""carteiro(8), also called postfix: the sub-commands, their words and exit codes."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess

import pytest

DISCARD = {"mydestination": "here.test", "local_transport": "discard:", "local_recipient_maps": "", "smtpd_peername_lookup": "no"}


def carteiro(mail, *args, name="carteiro"):
    return subprocess.run([mail.prefix / "sbin" / name, *map(str, args)], env=mail.environment(), capture_output=True, text=True,
                          timeout=60, check=False)


@pytest.mark.parametrize("name", ["carteiro", "postfix"])
def test_status_and_unknown_commands(make_instance, name):
    mail = make_instance()
    pid = mail.master_pid()
    done = carteiro(mail, "status", name=name)
    assert done.returncode == 0 and re.search(rf"the Carteiro mail system is running: PID: {pid}\n", done.stderr)
    done = carteiro(mail, "fly", name=name)
    assert done.returncode == 1 and f'{name}: unknown command: "fly"' in done.stderr and "set-permissions" in done.stderr
    assert carteiro(mail, name=name).returncode == 1
    mail.stop()
    done = carteiro(mail, "status", name=name)
    assert done.returncode == 1 and "the Carteiro mail system is not running" in done.stderr
    for command in ("stop", "abort", "reload", "flush"):
        done = carteiro(mail, command, name=name)
        assert done.returncode == 1 and "fatal: the mail system is not running" in done.stderr


def test_abort_and_start_again(make_instance):
    mail = make_instance()
    assert carteiro(mail, "abort").returncode == 0
    assert mail.master_pid() is None
    mail.wait_log("terminating on signal 3")
    assert carteiro(mail, "start").returncode == 0


def test_another_directory_by_option(make_instance):
    one, two = make_instance(), make_instance()
    done = carteiro(one, "-c", two.config_dir, "status")
    assert f"PID: {two.master_pid()}" in done.stderr


def test_check_names_what_cannot_work_line_by_line(make_instance):
    mail = make_instance(main={"mydestinaton": "x", "qmqpd_timeout": "3s"})
    text = (mail.config_dir / "master.cf").read_text()
    text = re.sub(r"^(discard|dnsd) .*\n", "", text, flags=re.M) + (
        "mailman unix - n n - - pipe user=list argv=/bin/true\nother unix - - n - - smtp -o smtp_helo_nam=x\n")
    (mail.config_dir / "master.cf").write_text(text)
    done = carteiro(mail, "check")
    line = text.splitlines().index("mailman unix - n n - - pipe user=list argv=/bin/true") + 1
    for wanted in (r'main\.cf: unused parameter: mydestinaton=x; did you mean "mydestination"\?',
                   r"main\.cf: parameter qmqpd_timeout is set and has no effect: ",
                   rf"master\.cf, line {line}: service mailman: program pipe: there is no such program",
                   r'master\.cf: unused parameter: smtp_helo_nam=x; did you mean "smtp_helo_name"\?',
                   r'service dnsd/unix is missing; run "carteiro upgrade-configuration"',
                   r"service discard/unix is missing"):
        assert re.search(wanted, done.stderr), (wanted, done.stderr)


def test_old_defaults_are_said(make_instance):
    mail = make_instance(main={"compatibility_level": "0", "smtputf8_enable": "yes"})
    said = carteiro(mail, "check").stderr
    assert "using backwards-compatible default setting append_dot_mydomain=yes\n" in said
    assert "using backwards-compatible default setting mynetworks_style=subnet\n" in said
    assert "default setting smtputf8_enable" not in said
    mail.wait_log(r'running with backwards-compatible default settings \(compatibility_level is 0\); "carteiro check" names them')
    mail.command("postconf", "compatibility_level=3.11")
    assert "backwards" not in carteiro(mail, "check").stderr


def test_check_fails_on_what_cannot_be_read(make_instance):
    mail = make_instance()
    (mail.config_dir / "master.cf").write_text("smtp inet n - n -\n")
    done = carteiro(mail, "check")
    assert done.returncode == 1 and re.search(r"master\.cf, line 1: bad field count", done.stderr)


def test_check_makes_missing_directories(make_instance):
    mail = make_instance()
    (mail.queue_dir / "saved").rmdir()
    assert carteiro(mail, "check").returncode == 0
    assert (mail.queue_dir / "saved").is_dir()


def test_upgrade_configuration_adds_what_is_missing(make_instance):
    mail = make_instance()
    path = mail.config_dir / "master.cf"
    kept = "# my own\nsmtp unix - - n - 7 smtp -o smtp_helo_name=x\nqmgr fifo n - n 300 1 qmgr\n"
    path.write_text(kept)
    assert carteiro(mail, "upgrade-configuration").returncode == 0
    text = path.read_text()
    assert text.startswith(kept)
    for name in ("dnsd", "relay", "postlog", "cleanup", "local"):
        assert re.search(rf"^{name}\s", text, re.M), name
    assert len(re.findall(r"^(?:smtp|qmgr)\s", text, re.M)) == 2
    assert carteiro(mail, "upgrade-configuration").returncode == 0 and path.read_text() == text
    assert "is missing" not in carteiro(mail, "check").stderr


def test_upgrade_configuration_has_the_rows_of_the_stock_file(make_instance):
    mail = make_instance()
    (mail.config_dir / "master.cf").write_text("")
    assert carteiro(mail, "upgrade-configuration").returncode == 0

    def rows(text):
        """Name, type, private, wakeup, limit, program; chroot is without effect, commit is there for those who want it."""
        lines = [line.split() for line in text.splitlines() if line[:1] not in ("#", " ", "\t", "")]
        return sorted(tuple(line[i] for i in (0, 1, 2, 5, 6, 7)) for line in lines if line[1] != "inet" and line[0] != "commit")

    stock = pathlib.Path(__file__).resolve().parents[2] / "conf" / "master.cf"
    assert rows((mail.config_dir / "master.cf").read_text()) == rows(stock.read_text())


def test_logrotate(make_instance):
    mail = make_instance(main=DISCARD | {"maillog_file_rotate_suffix": "old-%Y"})
    done = carteiro(mail, "logrotate")
    assert done.returncode == 0, done.stderr
    old, = mail.log_path.parent.glob("mail.log.old-2*.gz")
    assert "daemon started" in gzip.decompress(old.read_bytes()).decode()
    assert "daemon started" not in mail.log()
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@here.test", ["b@here.test"], b"Subject: x\n\nx\n")
    mail.wait_log(r"to=<b@here.test>.*status=sent")
    mail.wait_log(r"postfix/qmgr\[\d+\]: \S+: removed")


@pytest.mark.parametrize("main, text", [
    ({"maillog_file_rotate_suffix": "../%Y"}, "must not name another directory"),
    ({"maillog_file_compressor": "/no/such/program"}, "/no/such/program"),
])
def test_logrotate_refuses(make_instance, main, text):
    mail = make_instance(main=main)
    done = carteiro(mail, "logrotate")
    assert done.returncode == 1 and text in done.stderr


def test_logrotate_needs_a_file(make_instance):
    mail = make_instance()
    for value, text in (("", "the log goes to syslog"), ("/dev/stdout", "a device is not rotated")):
        mail.command("postconf", f"maillog_file={value}")
        done = carteiro(mail, "logrotate")
        assert done.returncode == 1 and text in done.stderr
    mail.command("postconf", f"maillog_file={mail.log_path}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sets owners")
def test_set_permissions_mends(make_instance):
    mail = make_instance()
    commands = mail.queue_dir.parent / "sbin"       # its own: other tests use the installed ones as they are
    shutil.copytree(mail.prefix / "sbin", commands, symlinks=True)
    mail.command("postconf", "-e", f"command_directory = {commands}")
    (mail.queue_dir / "deferred").chmod(0o755)
    os.chown(mail.queue_dir / "incoming", 0, 0)
    said = carteiro(mail, "check").stderr
    assert "mode 0755, expected 0700" in said and "not owned by" in said
    assert carteiro(mail, "set-permissions").returncode == 0
    assert (commands / "postdrop").stat().st_mode & 0o7777 == 0o2755
    assert (mail.prefix / "sbin" / "postdrop").stat().st_mode & 0o7777 == 0o755
    said = carteiro(mail, "check").stderr
    assert "/deferred" not in said and "/incoming" not in said


def test_a_master_cf_without_dnsd_sends_mail(make_instance, dns, sink):
    """One that was made for Postfix."""
    mail = make_instance(dns=dns, main={"relayhost": f"[relay.test]:{sink.port}", "smtp_tls_security_level": "none"})
    dns.add("relay.test A 127.0.0.1")
    path = mail.config_dir / "master.cf"
    path.write_text(re.sub(r"^dnsd .*\n", "", path.read_text(), flags=re.M))
    mail.stop()
    mail.start()
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@x.test", ["b@y.test"], b"Subject: x\n\nx\n")
    assert sink.wait(1)[0].recipients == ["b@y.test"]

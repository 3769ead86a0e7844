# SPDX-License-Identifier: ISC
"""postconf(1): every form of the command, on files of its own."""

import json
import os
import pathlib
import subprocess

import pytest

MAIN = """\
compatibility_level = 3.11
# who we are
myhostname = mx.example.test
mydestination = $myhostname,
  # a comment inside
  localhost
mua_helo = permit
smtpd_restriction_classes = strict
strict = reject
"""

MASTER = """\
# a comment
smtp      inet  n       -       n       -       -       smtpd
relay     unix  -       -       n       -       -       smtp
  -o syslog_name=postfix/$service_name
  -o { smtp_bind_address = 192.0.2.1 }
submission inet n - n - - smtpd -v -o smtpd_helo_restrictions=$mua_helo
qmgr      unix  n       -       n       300     1       qmgr
# the end
"""


def command():
    prefix = os.environ.get("CARTEIRO_PREFIX")
    path = pathlib.Path(prefix or "/nonexistent") / "sbin" / "postconf"
    if not path.exists():
        pytest.skip("postconf is not installed under CARTEIRO_PREFIX")
    return str(path)


class Conf:
    """A configuration directory."""

    def __init__(self, path):
        self.path = path
        self.write("main.cf", MAIN)
        self.write("master.cf", MASTER)

    def write(self, name, text):
        (self.path / name).write_text(text)

    def read(self, name):
        return (self.path / name).read_text()

    def run(self, *args):
        return subprocess.run([command(), "-c", str(self.path), *args], capture_output=True, text=True, timeout=60,
                              check=False)

    def out(self, *args):
        """What a successful run without complaints prints."""
        done = self.run(*args)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture
def conf(tmp_path):
    return Conf(tmp_path)


def names(text):
    return [line.split(" =")[0] for line in text.splitlines()]


# Showing main.cf.

def test_only_what_is_set(conf):
    assert names(conf.out("-n")) == ["compatibility_level", "config_directory", "mua_helo", "mydestination",
                                     "myhostname", "smtpd_restriction_classes", "strict"]


def test_all_are_sorted_and_hold_the_defaults(conf):
    every = conf.out()
    assert names(every) == sorted(names(every))
    assert set(names(conf.out("-d"))) - {"mua_helo", "strict"} == set(names(every)) - {"mua_helo", "strict"}
    assert "relay_destination_concurrency_limit = $default_destination_concurrency_limit\n" in every
    assert "submission_destination_concurrency_limit" not in every


def test_names_in_the_order_asked(conf):
    assert conf.out("mydestination", "biff") == "mydestination = $myhostname, localhost\nbiff = yes\n"


def test_unknown_name_is_a_warning_with_a_suggestion(conf):
    done = conf.run("mydestinaton", "zzzz")
    assert done.returncode == 0 and done.stdout == ""
    assert done.stderr == ('postconf: warning: mydestinaton: unknown parameter; did you mean "mydestination"?\n'
                           "postconf: warning: zzzz: unknown parameter\n")


def test_value_only_and_name_only(conf):
    assert conf.out("-h", "myhostname") == "mx.example.test\n"
    assert conf.out("-H", "myhostname") == "myhostname\n"
    assert conf.run("-hH", "myhostname").returncode == 1


def test_expand(conf):
    assert conf.out("-x", "mydestination") == "mydestination = mx.example.test, localhost\n"
    assert conf.out("-xh", "smtpd_banner") == "mx.example.test ESMTP Postfix\n"


def test_expand_what_is_not_acted_on(conf):
    assert conf.out("-xh", "milter_macro_daemon_name") == "mx.example.test\n"
    assert conf.out("-xh", "-o", "luser_relay=$user@x", "luser_relay") == "$user@x\n"
    assert conf.run("-x").stderr == ""
    assert conf.out("-x", "default_rbl_reply", "smtpd_reject_footer", "-o", "smtpd_reject_footer=$x") == (
        "default_rbl_reply = $rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using "
        "$rbl_domain${rbl_reason?; $rbl_reason}\nsmtpd_reject_footer = $x\n")


def test_services_that_share_a_name(conf):
    conf.write("master.cf", MASTER + "smtp unix - - n - - smtp\n")
    assert conf.out("-h", "smtp_destination_rate_delay") == "$default_destination_rate_delay\n"


def test_time_limit_of_pipe(conf):
    conf.write("master.cf", MASTER + "mailman unix - n n - - pipe user=list argv=/bin/true\n")
    assert conf.out("mailman_time_limit") == "mailman_time_limit = $command_time_limit\n"
    assert "mailman_time_limit = " in conf.out()
    conf.write("main.cf", MAIN + "mailman_time_limit = 3s\n")
    assert "mailman_time_limit is set and has no effect" in conf.run("-n").stderr


def test_override(conf):
    assert conf.out("-xh", "smtpd_timeout") == "300s\n"
    assert conf.out("-xh", "-o", "stress=yes", "smtpd_timeout") == "10s\n"
    assert conf.out("-xh", "-o", "{ myhostname = a b }", "myorigin") == "a b\n"


def test_fold(conf):
    assert conf.out("-f", "smtpd_relay_restrictions") == (
        "smtpd_relay_restrictions = ${{$compatibility_level} <level {1} ? {} :\n"
        "    {permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}}\n")


def test_defaults_do_not_depend_on_the_file(conf):
    assert conf.out("-d", "mydestination") == "mydestination = $myhostname, localhost.$mydomain, localhost\n"
    assert conf.out("-dh", "append_dot_mydomain") == "${{$compatibility_level} <level {1} ? {yes} : {no}}\n"
    (conf.path / "main.cf").unlink()
    assert conf.out("-dh", "biff") == "yes\n"
    assert "main.cf: No such file or directory" in conf.run("biff").stderr


def test_json(conf):
    lines = [json.loads(line) for line in conf.out("-j").splitlines()]
    assert {"myhostname": "mx.example.test"} in lines


def test_classes(conf):
    assert "relay_recipient_limit" not in conf.out("-C", "builtin")
    assert "relay_recipient_limit" in conf.out("-C", "service")
    assert names(conf.out("-C", "user")) == ["mua_helo", "strict"]
    assert len(names(conf.out("-C", "all"))) == len(names(conf.out()))
    assert conf.run("-C", "none").returncode == 1


@pytest.mark.parametrize("text, warning", [
    ("foo_bar = baz", "FILE: unused parameter: foo_bar=baz"),
    ("smtpd_baner = x", 'FILE: unused parameter: smtpd_baner=x; did you mean "smtpd_banner"?'),
    ("qmqpd_timeout = 3s", "FILE: parameter qmqpd_timeout is set and has no effect: "
                           "QMQP is not supported: use SMTP"),
    ("biff = no # really", "FILE, line 10: #comment after other text is part of the value: # really"),
    ("myhostname = other.test", "FILE, line 10: overriding earlier entry: myhostname=mx.example.test"),
])
def test_warnings(conf, text, warning):
    conf.write("main.cf", MAIN + text + "\n")
    expected = "postconf: warning: " + warning.replace("FILE", str(conf.path / "main.cf")) + "\n"
    assert conf.run("-n").stderr == expected
    assert conf.run("-n", "-q").stderr == ""


def test_error_names_file_and_line(conf):
    conf.write("main.cf", MAIN + "no equal sign\n")
    done = conf.run("-n")
    assert done.returncode == 1
    assert done.stderr == (f"postconf: fatal: {conf.path}/main.cf, line 10: missing '=' after attribute name: "
                           '"no equal sign"\n')


def test_malformed_value_is_shown_as_written(conf):
    conf.write("main.cf", MAIN + "myorigin = ${x\n")
    done = conf.run("-x", "myorigin")
    assert done.stdout == "myorigin = ${x\n" and "missing '}' at \"${x\"" in done.stderr


def test_a_bad_value_does_not_stop_its_own_correction(conf):
    conf.write("main.cf", MAIN + "default_process_limit = many\n")
    conf.out("default_process_limit=50")
    assert conf.out("default_process_limit") == "default_process_limit = 50\n"


# Editing main.cf.

def test_edit_keeps_the_rest(conf):
    conf.out("-e", "mydestination = a, b", "relayhost=[r]:25")
    assert conf.read("main.cf") == MAIN.replace(
        "mydestination = $myhostname,\n  # a comment inside\n  localhost\n",
        "mydestination = a, b\n  # a comment inside\n") + "relayhost = [r]:25\n"


def test_edit_without_e(conf):
    conf.out("biff=no")
    assert conf.read("main.cf") == MAIN + "biff = no\n"


def test_edit_of_a_name_that_comes_twice(conf):
    conf.write("main.cf", "biff = yes\nmyhostname = x\nbiff = no")
    conf.out("biff=maybe")
    assert conf.read("main.cf") == "biff = maybe\nmyhostname = x\n"


def test_edit_unknown_name_is_written_with_a_warning(conf):
    done = conf.run("-e", "no_such_name = 1")
    assert done.returncode == 0 and "no_such_name: unknown parameter" in done.stderr
    assert conf.read("main.cf").endswith("no_such_name = 1\n")


@pytest.mark.parametrize("args", [["-e", "a b"], ["-e", "=x"], ["-e", "a\nb=c"], ["-e"], ["-e", "-X", "a=b"],
                                  ["-e", "-n", "a=b"], ["-e", "a/b=c"]])
def test_edit_refuses(conf, args):
    assert conf.run(*args).returncode == 1
    assert conf.read("main.cf") == MAIN


def test_edit_keeps_mode_and_link(conf):
    real = conf.path / "real.cf"
    (conf.path / "main.cf").rename(real)
    (conf.path / "main.cf").symlink_to("real.cf")
    real.chmod(0o640)
    conf.out("biff=no")
    assert (conf.path / "main.cf").is_symlink()
    assert real.read_text().endswith("biff = no\n") and real.stat().st_mode & 0o777 == 0o640


def test_remove(conf):
    conf.out("-X", "mydestination", "strict")
    assert conf.read("main.cf") == MAIN.replace("mydestination = $myhostname,\n", "").replace(
        "  localhost\n", "").replace("strict = reject\n", "")


def test_comment_out(conf):
    conf.out("-#", "mydestination")
    assert conf.read("main.cf") == MAIN.replace(
        "mydestination = $myhostname,\n  # a comment inside\n  localhost\n",
        "#mydestination = $myhostname,\n#  # a comment inside\n#  localhost\n")
    conf.out("-n")


# master.cf.

def test_services(conf):
    assert conf.out("-M", "relay/unix", "smtp") == (
        "relay      unix  -       -       n       -       -       smtp -o syslog_name=postfix/$service_name "
        "-o {smtp_bind_address = 192.0.2.1}\n"
        "smtp       inet  n       -       n       -       -       smtpd\n")
    assert len(conf.out("-M").splitlines()) == 4
    assert conf.out("-Mf", "relay") == (
        "relay      unix  -       -       n       -       -       smtp\n"
        "    -o syslog_name=postfix/$service_name\n    -o {smtp_bind_address = 192.0.2.1}\n")
    assert len(conf.out("-M", "*/inet").splitlines()) == 2


def test_service_json(conf):
    assert list(json.loads(conf.out("-Mj", "qmgr"))) == ["qmgr/unix"]


def test_fields(conf):
    assert conf.out("-F", "qmgr/unix/chroot") == "qmgr/unix/chroot = n\n"
    assert conf.out("-F", "qmgr/unix") == (
        "qmgr/unix/service = qmgr\nqmgr/unix/type = unix\nqmgr/unix/private = n\nqmgr/unix/unprivileged = -\n"
        "qmgr/unix/chroot = n\nqmgr/unix/wakeup = 300\nqmgr/unix/process_limit = 1\nqmgr/unix/command = qmgr\n")
    assert conf.out("-Fh", "*/*/command") == (
        "smtpd\nsmtp -o syslog_name=postfix/$service_name -o {smtp_bind_address = 192.0.2.1}\n"
        "smtpd -v -o smtpd_helo_restrictions=$mua_helo\nqmgr\n")


def test_params(conf):
    assert conf.out("-P") == (
        "relay/unix/syslog_name = postfix/$service_name\nrelay/unix/smtp_bind_address = 192.0.2.1\n"
        "submission/inet/smtpd_helo_restrictions = $mua_helo\n")
    assert conf.out("-Px", "*/*/smtpd_helo_restrictions") == "submission/inet/smtpd_helo_restrictions = permit\n"
    assert conf.out("-PH", "relay/unix/syslog_name") == "relay/unix/syslog_name\n"


@pytest.mark.parametrize("args", [["-M", "none/unix"], ["-F", "qmgr/unix/color"], ["-P", "qmgr/unix/biff"],
                                  ["-MX", "none/unix"], ["-PX", "qmgr/unix/biff"], ["-Fe", "none/unix/chroot=y"]])
def test_unmatched(conf, args):
    done = conf.run(*args)
    assert done.returncode == 0
    assert done.stderr == f'postconf: warning: unmatched request: "{args[-1].split("=")[0]}"\n'
    assert conf.read("master.cf") == MASTER


def test_edit_service(conf):
    conf.out("-Me", "qmgr/unix = qmgr unix n - y 100 1 qmgr -v")
    conf.out("-M", "new/unix=new unix - - n - 3 smtp")
    assert conf.read("master.cf") == MASTER.replace(
        "qmgr      unix  n       -       n       300     1       qmgr\n",
        "qmgr       unix  n       -       y       100     1       qmgr -v\n") + (
        "new        unix  -       -       n       -       3       smtp\n")


def test_edit_fields(conf):
    conf.out("-Fe", "*/unix/chroot=y", "smtp/inet/process_limit=5")
    assert conf.out("-Fh", "relay/unix/chroot", "qmgr/unix/chroot", "smtp/inet/process_limit",
                    "submission/inet/chroot") == "y\ny\n5\nn\n"


def test_edit_params(conf):
    conf.out("-Pe", "smtp/inet/smtpd_banner=two words", "relay/unix/syslog_name=x")
    assert conf.out("-P", "smtp", "relay") == (
        "smtp/inet/smtpd_banner = two words\nrelay/unix/smtp_bind_address = 192.0.2.1\nrelay/unix/syslog_name = x\n")
    conf.out("-PX", "relay/unix/syslog_name")
    assert conf.out("-P", "relay") == "relay/unix/smtp_bind_address = 192.0.2.1\n"


def test_remove_and_comment_services(conf):
    conf.out("-MX", "submission/inet")
    conf.out("-M#", "relay/unix")
    assert conf.read("master.cf") == """\
# a comment
smtp      inet  n       -       n       -       -       smtpd
#relay     unix  -       -       n       -       -       smtp
#  -o syslog_name=postfix/$service_name
#  -o { smtp_bind_address = 192.0.2.1 }
qmgr      unix  n       -       n       300     1       qmgr
# the end
"""


@pytest.mark.parametrize("args, text", [
    (["-Fe", "smtp/inet/chroot=z"], 'field "chroot": bad value: "z": expected y, n or -'),
    (["-Fe", "smtp/inet/color=z"], "unknown field"),
    (["-Me", "smtp/inet=other inet n - n - - smtpd"], "name and type differ"),
    (["-Me", "smtp/inet=smtp inet n"], "bad field count"),
    (["-Pe", "smtp/inet=x"], "expected service/type/parameter"),
    (["-FX", "smtp/inet/chroot"], "a field cannot be removed"),
])
def test_services_refuse(conf, args, text):
    done = conf.run(*args)
    assert done.returncode == 1 and text in done.stderr
    assert conf.read("master.cf") == MASTER


@pytest.mark.parametrize("text, warning", [
    ("a unix - - n - - smtp -o nonsense_x=1\n", "FILE: unused parameter: nonsense_x=1"),
    ("a unix - - n - - smtp -o milter_protocol=2\n",
     "FILE: parameter milter_protocol is set and has no effect: milters are not in this version"),
    ("qmgr unix - - n - - qmgr\n", "FILE, line 9: service qmgr/unix overlaps with line 7, which has no effect"),
])
def test_service_warnings(conf, text, warning):
    conf.write("master.cf", MASTER + text)
    done = conf.run("-M")
    assert done.stderr == "postconf: warning: " + warning.replace("FILE", str(conf.path / "master.cf")) + "\n"
    assert conf.run("-Mq").stderr == ""


def test_master_error_names_file_and_line(conf):
    conf.write("master.cf", MASTER + "a b\n")
    done = conf.run("-M")
    assert done.returncode == 1
    assert f"{conf.path}/master.cf, line 9: bad field count" in done.stderr


# Facts about the program.

def test_lists(conf):
    assert conf.out("-l") == "flock\nfcntl\ndotlock\n"
    kinds = conf.out("-m").split()
    assert kinds == sorted(kinds) and {"cidr", "hash", "inline", "pcre", "regexp", "static"} <= set(kinds)
    assert conf.out("-a") == "" and conf.out("-A") == ""
    assert conf.run("--no-such-option").returncode == 1

# SPDX-License-Identifier: ISC
"""postconf(1): every form of the command, on files of its own."""

import json
import os
import pathlib
import subprocess

import pytest

from postfix_peer import unpack_postfix

DEFAULTS = pathlib.Path(__file__).resolve().parents[1] / "data" / "postconf_defaults.txt"

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
    ("mydomain = ${nothing}.test$empty_address_recipient", "FILE: undefined parameter: nothing"),
    ("biff = no # really", "FILE, line 10: #comment after other text is part of the value: # really"),
    ("myhostname = other.test", "FILE, line 10: overriding earlier entry: myhostname=mx.example.test"),
])
def test_warnings(conf, text, warning):
    conf.write("main.cf", MAIN + text + "\n")
    expected = "postconf: warning: " + warning.replace("FILE", str(conf.path / "main.cf")) + "\n"
    assert conf.run("-n").stderr == expected
    assert conf.run("-n", "-q").stderr == ""
    assert conf.run("-n", "-p").stdout == conf.run("-n").stdout != ""


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
        "-o smtp_bind_address=192.0.2.1\n"
        "smtp       inet  n       -       n       -       -       smtpd\n")
    assert len(conf.out("-M").splitlines()) == 4
    assert conf.out("-Mf", "relay") == (
        "relay      unix  -       -       n       -       -       smtp\n"
        "    -o syslog_name=postfix/$service_name\n    -o smtp_bind_address=192.0.2.1\n")
    assert len(conf.out("-M", "*/inet").splitlines()) == 2


def test_service_json(conf):
    assert list(json.loads(conf.out("-Mj", "qmgr"))) == ["qmgr/unix"]


def test_fields(conf):
    assert conf.out("-F", "qmgr/unix/chroot") == "qmgr/unix/chroot = n\n"
    assert conf.out("-F", "qmgr/unix") == (
        "qmgr/unix/service = qmgr\nqmgr/unix/type = unix\nqmgr/unix/private = n\nqmgr/unix/unprivileged = -\n"
        "qmgr/unix/chroot = n\nqmgr/unix/wakeup = 300\nqmgr/unix/process_limit = 1\nqmgr/unix/command = qmgr\n")
    assert conf.out("-Fh", "*/*/command") == (
        "smtpd\nsmtp -o syslog_name=postfix/$service_name -o smtp_bind_address=192.0.2.1\n"
        "smtpd -v -o smtpd_helo_restrictions=$mua_helo\nqmgr\n")


def test_params(conf):
    assert conf.out("-P") == (
        "relay/unix/smtp_bind_address = 192.0.2.1\nrelay/unix/syslog_name = postfix/$service_name\n"
        "submission/inet/smtpd_helo_restrictions = $mua_helo\n")
    assert conf.out("-Px", "*/*/smtpd_helo_restrictions") == "submission/inet/smtpd_helo_restrictions = permit\n"
    assert conf.out("-Px", "relay/unix/syslog_name") == "relay/unix/syslog_name = postfix/relay\n"
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


def test_params_that_are_not_set(conf):
    assert conf.out("-PP", "relay/unix/*bind_address") == (
        "relay/unix/lmtp_bind_address =\nrelay/unix/smtp_bind_address = 192.0.2.1\n")
    assert conf.out("-PPx", "submission/inet/myorigin") == "submission/inet/myorigin = mx.example.test\n"


def test_a_service_expands_with_its_own_settings(conf):
    conf.write("master.cf", "a unix - - n - - smtp -o smtp_helo_name=$syslog_name -o syslog_name=x -o syslog_name=y/$service_name\n"
                            "b unix - - n - - smtp -o smtp_helo_name=$syslog_name\n")
    assert conf.out("-Px") == "a/unix/smtp_helo_name = y/a\na/unix/syslog_name = y/a\nb/unix/smtp_helo_name = postfix\n"


def test_tls_facts(conf):
    for mode in ("compile-version", "run-version"):
        assert conf.out("-T", mode).startswith("OpenSSL 3")
    assert {"ecdsa", "rsa"} <= set(conf.out("-T", "public-key-algorithms").split())
    bad = conf.run("-T", "color")
    assert bad.returncode == 1 and "unknown 'postconf -T' mode: color" in bad.stderr


def test_templates(conf, tmp_path):
    raw, expanded = conf.out("-t"), conf.out("-b")
    assert raw.startswith("failure_template = <<EOF\nCharset: us-ascii\nFrom: ") and "$myhostname" in raw
    assert expanded.startswith("expanded_failure_text = <<EOF\n") and "mx.example.test" in expanded and "$myhostname" not in expanded
    assert len([line for line in raw.splitlines() if line == "EOF"]) == 4
    own = tmp_path / "own"
    own.write_text("success_template = <<XX\nSubject: done\n\nall is well at $mydomain\nXX\n")
    assert "Subject: done\n\nall is well at $mydomain\nEOF" in conf.out("-t", str(own))
    conf.out(f"bounce_template_file={own}")
    assert "all is well at example.test\n" in conf.out("-b") and "all is well" not in conf.out("-b", "")
    again = tmp_path / "again"              # what -t shows can be used as a file
    again.write_text(conf.out("-t"))
    assert conf.out("-t", str(again)) == conf.out("-t")


@pytest.mark.parametrize("args", [["-Mh"], ["-MH"]])
def test_forms_that_a_service_does_not_have(conf, args):
    assert conf.run(*args).returncode == 1


def test_defaults_of_what_real_sites_set(conf):
    """As written, or as they come out without any setting but the newest compatibility level."""
    conf.write("main.cf", "compatibility_level = 3.11\n")
    conf.write("master.cf", "")
    shown = [dict(line.split(" =", 1) for line in conf.out(*form).splitlines()) for form in (["-d"], ["-x"])]
    wanted = dict(line.split("=", 1) for line in DEFAULTS.read_text().splitlines())

    def words(text):
        return text.replace(",", " ").split()

    assert len(wanted) > 350
    wrong = {name: value for name, value in wanted.items()
             if words(value) not in [words(values.get(name, "absent")) for values in shown]}
    assert not wrong


# Beside Debian's own.

PEER_MAIN = """\
compatibility_level = 3.6
myhostname = mx.example.test
mydestination = $myhostname,
  # inside
  localhost.$mydomain,	localhost
smtpd_restriction_classes = strict
strict = reject
mua_helo = permit
level = ${{$compatibility_level} >=level {3.6} ? {new} : {old}}
number = ${{10} < {9} ? {less} : {more}}
text = ${{a} < {b} ? {less} : {more}}
empty = ${transport_maps?{full}:{empty}}
dollars = a$$b $(myhostname)x ${mydomain}y
smtpd_banner = $level $number $text $empty $dollars
smtpd_helo_restrictions = $mua_helo strict
maximal_queue_lifetime = 1d
mynetworks = 127.0.0.0/8 [::1]/128
transport_maps =
"""

PEER_MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
relay     unix  -       -       n       -       -       smtp
  -o syslog_name=postfix/$service_name
  -o { smtp_bind_address = 192.0.2.1 }
submission inet n - n - - smtpd -v -o smtpd_helo_restrictions=$mua_helo -o { smtpd_banner = a b } -o smtpd_sender_restrictions=
qmgr      unix  n       -       n       300     1       qmgr
a-very-long-service-name unix - - n 1000? 0 discard
"""

PEER_FORMS = [
    ["-n"], ["-nx"], ["-nf"], ["-nh"], ["-nH"], ["-C", "user"], ["-xh", "smtpd_banner"], ["mydestination", "biff"],
    ["-M"], ["-Mf"], ["-Mx"], ["-M", "relay/unix"], ["-M", "*/inet"], ["-F"], ["-Fx"], ["-Fh", "qmgr"], ["-FH", "smtp/inet/*"],
    ["-F", "*/unix/command"], ["-P"], ["-Px"], ["-Ph"], ["-PH"], ["-P", "submission/inet/smtpd_banner"],
    ["-M", "none"], ["-P", "relay/unix/biff"],
    ["nonsense_name"],
    ["-o", "stress=yes", "-x", "smtpd_hard_error_limit", "smtpd_timeout"],
]


@pytest.fixture(scope="session")
def peer_postconf():
    root = unpack_postfix()
    if root is None:
        pytest.skip("Postfix's package is not at hand")
    return root


def without(text, *beginnings):
    """Lines but those that differ by nature: where things lie."""
    return [line for line in text.splitlines() if not line.startswith(beginnings)]


@pytest.mark.parametrize("form", PEER_FORMS, ids=" ".join)
def test_the_same_as_postfix_prints(conf, peer_postconf, form):
    conf.write("main.cf", PEER_MAIN)
    conf.write("master.cf", PEER_MASTER)
    libs = peer_postconf / "usr" / "lib" / "postfix"
    theirs = subprocess.run([peer_postconf / "usr" / "sbin" / "postconf", "-c", str(conf.path), "-o", f"shlib_directory={libs}", *form],
                            capture_output=True, text=True, check=False, env=os.environ | {"LD_LIBRARY_PATH": str(libs)})
    ours = conf.run(*form)
    differs = ("shlib_directory", str(libs))
    assert without(ours.stdout, *differs) == without(theirs.stdout, *differs)
    assert ours.returncode == theirs.returncode
    warned = [line.split("warning: ", 1)[1].split("; did you mean")[0] for line in ours.stderr.splitlines()]
    assert warned == [line.split("warning: ", 1)[1] for line in theirs.stderr.splitlines()]

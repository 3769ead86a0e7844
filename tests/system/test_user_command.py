# SPDX-License-Identifier: ISC
"""carteiro user: accounts are made, changed and removed; what it stores opens a login."""

import os
import pty
import stat
import subprocess

import pytest

from test_sasl import MAIN, auth, client, plain


@pytest.fixture(scope="module")
def mail(make_shared_instance):
    return make_shared_instance(main=MAIN | {"auth_master_passdbs": ""})


def user(mail, *args, password=None, status=0):
    done = mail.command("carteiro", "user", *args, stdin=b"" if password is None else password.encode() + b"\n", check=False)
    assert done.returncode == status, done.stderr.decode()
    return (done.stdout if status == 0 else done.stderr).decode()


def login(mail, name, password):
    with client(mail) as c:
        return auth(c, "PLAIN " + plain(name, password)).code == 235


def until(mail, name, password):
    """authd looks once a second whether the file has changed."""
    for _ in range(100):
        if login(mail, name, password):
            return
    raise AssertionError("no login")


def test_the_life_of_an_account(mail):
    path = mail.config_dir / "users"
    user(mail, "add", "Ann@x.test", "-H", "/srv/ann", password="first one")
    assert path.read_text().startswith("ann@x.test:{ARGON2ID}$argon2id$")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    until(mail, "ann@x.test", "first one")
    user(mail, "passwd", "-k", "ann@x.test", password="second")
    assert "scram_sha_256=4096," in path.read_text()
    before = path.read_text().split("scram_sha_256=")[1]
    user(mail, "passwd", "ann@x.test", password="third")
    assert path.read_text().split("scram_sha_256=")[1] != before, "old keys would open the account to the old password"
    until(mail, "ann@x.test", "third")
    assert not login(mail, "ann@x.test", "second")
    app = user(mail, "passwd", "-a", "phone", "-u", "2099-12-31", "ann@x.test").strip()
    until(mail, "ann@x.test", app)
    shown = user(mail, "show", "ann@x.test")
    assert "application password: phone until 2099-12-31\n" in shown and "home: /srv/ann\n" in shown
    assert "$" not in shown and "4096" not in shown, "nothing to guess a password from"
    user(mail, "passwd", "-a", "phone", "-d", "ann@x.test")
    assert "app_password" not in path.read_text()
    user(mail, "delete", "ann@x.test")
    assert user(mail, "list") == ""


def test_other_lines_stay(mail):
    text = "# first\nbob@x.test:{PLAIN}b::::::quota=5\n\n# last\n"
    file = mail.write("other", text)
    user(mail, "add", "-f", file, "-s", "SSHA512", "cy@x.test", password="c")
    assert file.read_text().startswith(text) and "\ncy@x.test:{SSHA512}" in file.read_text()
    user(mail, "passwd", "-f", file, "-e", "{CRYPT}x", "bob@x.test")
    assert "bob@x.test:{CRYPT}x::::::quota=5\n" in file.read_text()
    assert user(mail, "list", "-l", "-f", file) == "bob@x.test\tCRYPT\t\ncy@x.test\tSSHA512\t\n"
    user(mail, "delete", "-f", file, "cy@x.test")
    assert file.read_text() == text.replace("{PLAIN}b", "{CRYPT}x")


@pytest.mark.parametrize("args, password, words", [
    (("add", "bob:x"), "p", "0x3a"),
    (("add", "a b"), "p", "0x20"),
    (("add", "ann@x.test"), "", "no password was given"),
    (("add", "-s", "ROT13", "ann@x.test"), "p", "ROT13"),
    (("add", "-e", "x:y", "ann@x.test"), "p", "colon"),
    (("passwd", "nobody@x.test"), "p", "there is no nobody@x.test"),
    (("passwd", "-a", "a b", "nobody@x.test"), "p", "letters, digits"),
    (("passwd", "-a", "a", "-u", "tomorrow", "nobody@x.test"), "p", "not a date"),
    (("passwd", "-d", "nobody@x.test"), "p", "go with -a"),
    (("delete", "nobody@x.test"), None, "there is no nobody@x.test"),
    (("show", "nobody@x.test"), None, "there is no nobody@x.test"),
    (("add",), None, "usage:"),
    (("frob",), None, "usage:"),
    (("add", "-x", "a\nb", "ann@x.test"), "p", "control byte"),
])
def test_what_cannot_be(mail, args, password, words):
    assert words in user(mail, *args, password=password, status=1)


def test_a_terminal_hears_no_echo(mail):
    """And the password is asked for twice."""
    def talk(*answers):
        pid, fd = pty.fork()
        if pid == 0:
            os.execvpe(mail.prefix / "sbin" / "carteiro", ["carteiro", "user", "add", "-s", "SSHA512", "tty@x.test"], mail.environment())
        said = b""
        for prompt, answer in answers:
            while prompt not in said:
                said += os.read(fd, 1000)
            os.write(fd, answer + b"\n")
        try:
            while chunk := os.read(fd, 1000):
                said += chunk
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said
    status, said = talk((b"New password: ", b"sesame"), (b"Again: ", b"sesamo"))
    assert status == 1 and b"differ" in said and b"sesam" not in said
    status, said = talk((b"New password: ", b"\x03"))
    assert status == 1 and b"interrupted" in said
    status, said = talk((b"New password: ", b"sesame"), (b"Again: ", b"sesame"))
    assert status == 0 and b"sesam" not in said
    until(mail, "tty@x.test", "sesame")


def test_two_at_once_lose_nothing(mail):
    file = mail.config_dir / "many"
    args = [str(mail.prefix / "sbin" / "carteiro"), "user", "add", "-n", "-f", str(file)]
    running = [subprocess.Popen([*args, f"u{i}@x.test"], env=mail.environment()) for i in range(12)]
    assert [p.wait(60) for p in running] == [0] * 12
    assert len(user(mail, "list", "-f", file).split()) == 12

# SPDX-License-Identifier: ISC
"""The Debian package: installed, used and purged in a minimal Debian of its own. Needs root, debootstrap, and `./dev deb` before."""

import os
import pathlib
import re
import stat
import subprocess
import tempfile

import pytest

from chroot import Chroot, make_tree

USERS = ("carteiro", "carteiro-net", "carteiro-auth", "carteiro-key")
# What is the system's, not the package's: nobody's to remove.
STAYS = re.compile(r"/etc/(aliases(\.db)?|passwd-?|shadow-?|group-?|gshadow-?|subuid-?|subgid-?|\.pwd\.lock)$"
                   r"|/var/(mail|spool/mail)/|/home/ana|/var/log/|/usr/sbin/policy-rc\.d$")
SEND = "import smtplib; s = smtplib.SMTP('127.0.0.1', 25); print(s.sendmail('x@client.test', ['ana@localhost'], 'Subject: by SMTP\\n\\nhello\\n'))"


def package():
    """The newest one of ./dev deb, or $CARTEIRO_DEB."""
    named = os.environ.get("CARTEIRO_DEB")
    found = sorted((pathlib.Path(__file__).resolve().parents[2] / "build" / "deb").glob("carteiro_*.deb"))
    return pathlib.Path(named) if named else found[-1] if found else None


def field(deb, name):
    return subprocess.run(["dpkg-deb", "-f", deb, name], capture_output=True, text=True, check=True).stdout


def listing(deb):
    """Name -> (mode, owner) of what is packed."""
    lines = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split(None, 5) for line in lines]
    return {row[5].lstrip("."): (row[0], row[1]) for row in rows}


@pytest.fixture(scope="module")
def deb():
    if package() is None:
        pytest.skip("no package: run ./dev deb")
    return package()


@pytest.fixture
def box(deb):
    needed = [re.split(r"[ (|]", item.strip())[0] for item in field(deb, "Depends").split(",")]
    tree = make_tree(needed + ["adduser"])
    if tree is None:
        pytest.skip("no minimal Debian: this needs root, ip, debootstrap and a mirror")
    with tempfile.TemporaryDirectory(prefix="carteiro-deb-", ignore_cleanup_errors=True) as directory:
        pathlib.Path(directory).chmod(0o755)
        with Chroot(directory, tree) as one:
            one.write("/tmp/carteiro.deb", "")
            one.path("/tmp/carteiro.deb").write_bytes(deb.read_bytes())
            yield one


def owner_and_mode(box, name):
    """Names come from the tree's own lists."""
    ids = {f.split(":")[2]: f.split(":")[0] for f in box.path("/etc/passwd").read_text().splitlines()}
    groups = {f.split(":")[2]: f.split(":")[0] for f in box.path("/etc/group").read_text().splitlines()}
    st = box.path(name).lstat()
    return ids[str(st.st_uid)], groups[str(st.st_gid)], stat.S_IMODE(st.st_mode)


def test_contents(deb):
    files = listing(deb)
    assert {owner for _, owner in files.values()} == {"root/root"}
    assert not [name for name in files if name.endswith((".la", ".a", ".h"))]
    assert not [name for name, (mode, _) in files.items() if mode[0] != "l" and "w" in (mode[5], mode[8])]
    for name in ("/usr/sbin/sendmail", "/usr/sbin/carteiro", "/usr/libexec/carteiro/master", "/etc/carteiro/main.cf",
                 "/lib/systemd/system/carteiro.service", "/usr/share/doc/carteiro/copyright", "/usr/share/man/man1/sendmail.1.gz"):
        assert name in files, name
    for command in [name.rpartition("/")[2] for name in files if re.match(r"/usr/sbin/[^/ ]+$", name)]:
        section = 8 if command == "carteiro" else 1
        assert f"/usr/share/man/man{section}/{command}.{section}.gz" in files, f"{command} has no manual page"
    assert "mail-transport-agent" in field(deb, "Provides")


def test_install_use_remove_purge(box):
    before = box.files()
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    check_installed(box)
    check_mail(box)
    check_remove_keeps_mail(box)
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    print(box.run("dpkg", "-P", "carteiro").text)
    left = sorted(name for name in box.files() - before if not STAYS.match(name))
    assert left == []
    for kind in ("passwd", "group"):
        assert "carteiro" not in box.path(f"/etc/{kind}").read_text()


def check_installed(box):
    users = box.path("/etc/passwd").read_text()
    for user in USERS:
        assert re.search(rf"^{user}:x:\d+:\d+:.*:/usr/sbin/nologin$", users, re.M), user
    for command in ("postdrop", "postqueue"):
        assert owner_and_mode(box, f"/usr/sbin/{command}") == ("root", "carteiro-drop", 0o2755)
    for name, owner, group, mode in (("", "root", "root", 0o755), ("private", "root", "root", 0o700), ("incoming", "carteiro", "root", 0o700),
                                     ("public", "carteiro", "carteiro-drop", 0o710), ("maildrop", "carteiro", "carteiro-drop", 0o1730)):
        found = owner_and_mode(box, f"/var/spool/carteiro/{name}")
        assert found[2] == mode and found[0] == owner and group in ("root", found[1]), (name, found)
    assert box.run("carteiro", "check").text == ""
    assert box.run("postconf", "-n").returncode == 0
    for program in sorted(box.path("/usr/libexec/carteiro").iterdir()):
        assert "not found" not in box.run("ldd", f"/usr/libexec/carteiro/{program.name}").text
    unit = box.path("/lib/systemd/system/carteiro.service").read_text()
    assert box.path(re.search(r"^ExecStart=(\S+)", unit, re.M).group(1)).exists()
    assert box.path("/etc/aliases.db").exists()


def check_mail(box):
    """By sendmail of an ordinary user and by SMTP on port 25, to a user's mailbox."""
    box.run("useradd", "-m", "ana")
    box.run("postconf", "-e", "maillog_file = /var/log/mail.log", "myhostname = mail.example.test")
    box.run("carteiro", "start")
    mailbox = box.path("/var/mail/ana")
    box.run("sendmail", "-i", "ana", stdin=b"Subject: by sendmail\n\nFrom here\n", user="ana")
    box.run_outside("/usr/bin/python3", "-c", SEND)

    def both():
        text = mailbox.read_text() if mailbox.exists() else ""
        return "Subject: by sendmail\n" in text and "\n>From here\n" in text and "Subject: by SMTP\n" in text
    try:
        box.wait_for(both, "two messages in /var/mail/ana")
    except AssertionError:
        print(box.path("/var/log/mail.log").read_text())
        raise
    assert owner_and_mode(box, "/var/mail/ana")[0] == "ana"
    assert "Mail queue is empty" in box.run("mailq", user="ana").text
    box.run("carteiro", "stop")
    assert box.run("carteiro", "status", check=False).returncode == 1
    assert "fatal" not in box.path("/var/log/mail.log").read_text()


def check_remove_keeps_mail(box):
    """A running system is stopped; what is queued survives even a purge."""
    box.run("sendmail", "-i", "ana", stdin=b"Subject: nobody has read this\n\n", user="ana")
    waiting = list(box.path("/var/spool/carteiro/maildrop").iterdir())
    assert len(waiting) == 1
    box.run("dpkg", "-r", "carteiro")
    assert not box.path("/usr/sbin/carteiro").exists() and not box.path("/usr/sbin/sendmail").exists()
    assert box.path("/etc/carteiro/main.cf").exists()
    assert "holds mail" in box.run("dpkg", "-P", "carteiro").text
    assert waiting[0].exists()
    waiting[0].unlink()


def test_running_system_is_stopped_by_removal(box):
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    box.run("carteiro", "start")
    box.run("dpkg", "-r", "carteiro")
    assert "master" not in box.run("sh", "-c", "cat /proc/[0-9]*/comm").text

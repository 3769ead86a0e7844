# SPDX-License-Identifier: ISC
"""What is installed: by make install, and by the Debian package in a minimal Debian of its own.

The package's tests need root, debootstrap, and a package: `./dev deb`, or CARTEIRO_DEB=FILE.
"""

import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile

import pytest

from chroot import Chroot, make_tree
from postfix_peer import cache_directory, unpack_postfix

ROOT = pathlib.Path(__file__).resolve().parents[2]
USERS = ("carteiro", "carteiro-net", "carteiro-auth", "carteiro-key")
# What is the system's, not the package's: nobody's to remove.
STAYS = re.compile(r"/etc/(aliases(\.db)?|passwd-?|shadow-?|group-?|gshadow-?|subuid-?|subgid-?|\.pwd\.lock)$"
                   r"|/var/(mail|spool/mail)/|/home/ana|/var/log/|/usr/sbin/policy-rc\.d$")
IN_PACKAGE = {"etc/carteiro": "usr/share/carteiro", "lib/carteiro": "usr/lib/*/carteiro", "sbin": "usr/sbin", "libexec": "usr/libexec",
              "share/man": "usr/share/man"}
OF_DEBIAN = ("lib/systemd/system/carteiro.service", "usr/lib/sendmail", "usr/bin/mailq", "usr/bin/newaliases")
OVERRIDES = [f"root carteiro-drop 2755 /usr/sbin/{command}" for command in ("postdrop", "postlog", "postqueue")]
SEND = "import smtplib; s = smtplib.SMTP('127.0.0.1', 25); print(s.sendmail('x@client.test', ['ana@localhost'], 'Subject: by SMTP\\n\\nhello\\n'))"


def package():
    """$CARTEIRO_DEB, or the newest one of ./dev deb if what shapes it has not changed since."""
    if named := os.environ.get("CARTEIRO_DEB"):
        return pathlib.Path(named)
    changed = max(path.stat().st_mtime for path in [*fragments(), *(ROOT / "debian").glob("*")])
    found = sorted(path for path in (ROOT / "build" / "deb").glob("carteiro_*.deb") if path.stat().st_mtime > changed)
    return found[-1] if found else None


def field(deb, name):
    return subprocess.run(["dpkg-deb", "-f", deb, name], capture_output=True, text=True, check=True).stdout


def listing(deb):
    """Name -> (mode, owner) of what is packed."""
    lines = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split(None, 5) for line in lines]
    return {row[5].lstrip("."): (row[0], row[1]) for row in rows}


def fragments():
    return [ROOT / name for name in re.findall(r"^include (\S+)", (ROOT / "Makefile.am").read_text(), re.M)]


def installed_names():
    """Name below the prefix -> mode, None for a link: what the build's fragments say."""
    text = "".join(path.read_text() for path in fragments()).replace("\\\n", " ")

    def words(variable):
        return [word for line in re.findall(rf"^{variable} \+= (.+)", text, re.M) for word in line.split()]
    names = {f"sbin/{word.rpartition('/')[2]}": 0o755 for word in words("sbin_PROGRAMS")}
    names |= {f"libexec/carteiro/{word.rpartition('/')[2]}": 0o755 for word in words("pkglibexec_PROGRAMS")}
    names |= {f"sbin/{word.rpartition(':')[2]}": None for word in words("INSTALL_LINKS")}
    names |= {f"lib/carteiro/{word.removesuffix('.la')}.so": 0o755 for word in words("pkglib_LTLIBRARIES")}
    names |= {f"share/{word}": 0o644 for word in words("dist_man_MANS")}
    names |= {f"etc/carteiro/{word.rpartition('/')[2]}": 0o644 for word in words("dist_pkgsysconf_DATA")}
    return names


def in_package(name):
    """Where Debian has it: libraries by architecture, manual pages compressed."""
    prefix = next(prefix for prefix in IN_PACKAGE if name.startswith(prefix + "/"))
    return IN_PACKAGE[prefix] + name[len(prefix):] + (".gz" if prefix == "share/man" else "")


def test_make_install():
    """Every file with its mode, nothing else, and no trace of the DESTDIR by which `./dev` installs."""
    prefix = pathlib.Path(os.environ.get("CARTEIRO_PREFIX", "/none"))
    if not (prefix.parent / "install.log").exists():
        pytest.skip("not installed by ./dev")
    found = {}
    for path in prefix.rglob("*"):
        if not path.is_dir() and path.suffix != ".la":
            found[str(path.relative_to(prefix))] = None if path.is_symlink() else stat.S_IMODE(path.lstat().st_mode)
            assert f"{prefix.parent}/stage".encode() not in path.read_bytes(), path
    assert found == installed_names()


def test_build_dependencies():
    """What ./dev installs for a build and what the package asks for are the same."""
    needed = set(re.search(r"^build_packages=\((.*?)\)", (ROOT / "dev").read_text(), re.M | re.S).group(1).split())
    asked = re.search(r"^Build-Depends: (.*?)\n\S", (ROOT / "debian/control").read_text(), re.M | re.S).group(1)
    names = {re.split(r"[ (]", item.strip())[0] for item in asked.split(",")}
    assert names - {"debhelper-compat", "libcmocka-dev"} == needed - {"build-essential"}


@pytest.fixture(scope="module")
def deb():
    if package() is None:
        pytest.skip("no package, or an old one: run ./dev deb")
    return package()


def dependencies(deb):
    return {re.split(r"[ (|]", item.strip())[0] for item in field(deb, "Depends").split(",")}


@pytest.fixture
def box(deb):
    postfix = postfix_deb()
    tree = make_tree(dependencies(deb) | (dependencies(postfix) if postfix else set()))
    if tree is None:
        pytest.skip("no minimal Debian: this needs root, ip, debootstrap and a mirror")
    with tempfile.TemporaryDirectory(prefix="carteiro-deb-", ignore_cleanup_errors=True) as directory:
        pathlib.Path(directory).chmod(0o755)
        with Chroot(directory, tree) as one:
            for name, package in (("carteiro", deb), ("postfix", postfix)):
                if package:
                    shutil.copy(package, one.path(f"/tmp/{name}.deb"))
            yield one


def postfix_deb():
    """Debian's Postfix, or None."""
    return next(cache_directory().glob("postfix_*.deb")) if unpack_postfix() else None


def owner_and_mode(box, name):
    """Names come from the tree's own lists."""
    ids = {f.split(":")[2]: f.split(":")[0] for f in box.path("/etc/passwd").read_text().splitlines()}
    groups = {f.split(":")[2]: f.split(":")[0] for f in box.path("/etc/group").read_text().splitlines()}
    st = box.path(name).lstat()
    return ids[str(st.st_uid)], groups[str(st.st_gid)], stat.S_IMODE(st.st_mode)


def test_contents(deb):
    files = {re.sub(r"^/usr/lib/[^/]+-linux-gnu", "/usr/lib/*", name): row for name, row in listing(deb).items() if not name.endswith("/")}
    assert {owner for _, owner in files.values()} == {"root/root"}
    for name, (mode, _) in files.items():
        executable = re.match(r"/usr/(sbin|libexec)/", name)
        assert mode == ("-rwxr-xr-x" if executable else "-rw-r--r--") or mode[0] == "l", (name, mode)
    names = {name.partition(" -> ")[0] for name in files}
    wanted = {"/" + in_package(name) for name in installed_names()} | {"/" + name for name in OF_DEBIAN}
    assert {name for name in names if not re.match(r"/usr/share/(doc|lintian)/", name)} == wanted
    assert {"/usr/share/doc/carteiro/copyright", "/usr/share/doc/carteiro/README.Debian"} <= names
    for relation in ("Provides", "Conflicts", "Replaces"):
        assert field(deb, relation).strip() == "mail-transport-agent", relation


def test_unit_is_valid(deb, tmp_path):
    """systemd's own check; it wants the programs to exist."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    subprocess.run(["dpkg-deb", "-x", deb, tmp_path / "x"], check=True)
    unit = tmp_path / "carteiro.service"
    text = (tmp_path / "x/lib/systemd/system/carteiro.service").read_text()
    unit.write_text(re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", text, flags=re.M))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert not [line for line in (done.stdout + done.stderr).splitlines() if "carteiro" in line]


def test_lintian_finds_nothing(deb):
    """Neither errors nor warnings, in the package nor in its source; overrides stand in debian/ with their reasons."""
    if not shutil.which("lintian"):
        pytest.skip("no lintian")
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", deb, *deb.parent.glob("carteiro_*.dsc")],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout == "", done.stdout + done.stderr


def test_install_use_remove_purge(box):
    before = box.files()
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    check_installed(box)
    box.run("postconf", "-e", "maillog_file = /var/log/mail.log", "myhostname = mail.example.test")
    check_mail(box)
    check_remove_keeps_mail(box)
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    check_kept_mail_is_delivered(box)
    print(box.run("dpkg", "-P", "carteiro").text)
    left = sorted(name for name in box.files() - before if not STAYS.match(name))
    assert left == []
    for kind in ("passwd", "group"):
        assert "carteiro" not in box.path(f"/etc/{kind}").read_text()


def check_installed(box):
    users = box.path("/etc/passwd").read_text()
    for user in USERS:
        assert re.search(rf"^{user}:x:\d+:\d+:.*:/usr/sbin/nologin$", users, re.M), user
    assert overrides(box) == OVERRIDES
    for command in ("postdrop", "postqueue", "postlog"):
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


def check_mail(box, is_maildir=False):
    """By sendmail of an ordinary user and by SMTP on port 25, to a user's mbox or Maildir."""
    box.run("useradd", "-m", "ana")
    box.run("carteiro", "start")
    box.run("sendmail", "-i", "ana", stdin=b"Subject: by sendmail\n\nFrom here\n", user="ana")
    box.run_outside("/usr/bin/python3", "-c", SEND)

    def mail():
        paths = list(box.path("/home/ana/Maildir/new").glob("*") if is_maildir else box.path("/var/mail").glob("ana"))
        assert all(owner_and_mode(box, f"/{path.relative_to(box.root)}") == ("ana", "ana" if is_maildir else "mail", 0o600) for path in paths)
        return "".join(path.read_text() for path in paths)
    body = "\nFrom here\n" if is_maildir else "\n>From here\n"
    try:
        box.wait_for(lambda: all(text in mail() for text in ("Subject: by sendmail\n", body, "Subject: by SMTP\n")), "both messages")
    except AssertionError:
        print(mail(), box.path("/var/log/mail.log").read_text())
        raise
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


def check_kept_mail_is_delivered(box):
    """By the next installation: users and queue are still one another's."""
    box.run("carteiro", "start")
    mailbox = box.path("/var/mail/ana")
    box.wait_for(lambda: "Subject: nobody has read this\n" in mailbox.read_text(), "the mail that was kept")
    box.run("carteiro", "stop")


def test_in_the_place_of_postfix(box):
    """Postfix goes, its files stay and are used, none of ours hides them; and the way back."""
    if not box.path("/tmp/postfix.deb").exists():
        pytest.skip("Debian's Postfix cannot be had")
    box.run("dpkg", "-i", "/tmp/postfix.deb")
    box.run("postconf", "-e", "maillog_file = /var/log/mail.log", "myhostname = mail.example.test", "home_mailbox = Maildir/",
            "mydestination = $myhostname, localhost", "inet_protocols = ipv4")
    before = {path.name: path.read_bytes() for path in box.path("/etc/postfix").iterdir() if path.is_file()}
    assert {"main.cf", "master.cf"} <= set(before)
    print(box.run("apt-get", "install", "-y", "--no-install-recommends", "/tmp/carteiro.deb").text)
    assert status(box, "postfix") == "deinstall ok config-files" and status(box, "carteiro") == "install ok installed"
    assert not box.path("/etc/carteiro").exists()
    assert box.run("postconf", "-h", "config_directory", "myhostname").text.splitlines()[-2:] == ["/etc/postfix", "mail.example.test"]
    assert not re.search("fatal|error|not owned|mode|line 1[0-9]:", box.run("carteiro", "check").text)
    assert overrides(box) == OVERRIDES
    check_mail(box, is_maildir=True)
    print(box.run("apt-get", "install", "-y", "--no-install-recommends", "/tmp/postfix.deb").text)
    assert status(box, "carteiro") == "deinstall ok config-files"
    box.run("dpkg", "-P", "carteiro")
    assert before.items() <= {path.name: path.read_bytes() for path in box.path("/etc/postfix").iterdir() if path.is_file()}.items()
    assert "root postdrop 2555 /usr/sbin/postdrop" in overrides(box)
    assert owner_and_mode(box, "/usr/sbin/postdrop") == ("root", "postdrop", 0o2555)
    assert box.path("/etc/aliases.db").exists() and not box.path("/var/spool/carteiro").exists()


def status(box, package):
    return box.run("dpkg-query", "-W", "-f", "${Status}", package).text


def overrides(box):
    return sorted(line for line in box.run("sh", "-c", "dpkg-statoverride --list || true").text.splitlines() if "post" in line)


def test_reinstalled_after_purge(box):
    """Files of the administrator stay as they are through a second installation; a purge leaves tables alone."""
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    box.run("postconf", "-e", "relayhost = [relay.test]")
    box.write("/etc/carteiro/transport", "x.test smtp:[y.test]\n")
    box.run("dpkg-statoverride", "--remove", "/usr/sbin/postlog")
    box.run("dpkg-statoverride", "--update", "--add", "root", "adm", "0750", "/usr/sbin/postlog")
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    assert box.run("postconf", "-h", "relayhost").text == "[relay.test]\n"
    assert owner_and_mode(box, "/usr/sbin/postlog") == ("root", "adm", 0o750)
    box.run("dpkg", "-P", "carteiro")
    assert overrides(box) == ["root adm 750 /usr/sbin/postlog"]
    box.run("dpkg-statoverride", "--remove", "/usr/sbin/postlog")
    assert [path.name for path in box.path("/etc/carteiro").iterdir()] == ["transport"]
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    check_installed(box)
    assert box.run("postconf", "-h", "relayhost").text == "\n"


def test_running_system_is_stopped_by_removal(box):
    box.run("dpkg", "-i", "/tmp/carteiro.deb")
    box.run("carteiro", "start")
    box.run("dpkg", "-r", "carteiro")
    assert "master" not in box.run("sh", "-c", "cat /proc/[0-9]*/comm").text

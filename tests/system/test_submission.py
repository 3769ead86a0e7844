# SPDX-License-Identifier: ISC
"""An ordinary user submits mail, with postdrop set-gid as it is when installed: sendmail, mail(1) in three makes, swaks."""

import grp
import os
import re
import shutil
import subprocess

import pytest

from instance import prefix
from postfix_peer import cache_directory

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else"),
    pytest.mark.skipif(prefix() is None or not (prefix() / "sbin" / "postdrop").exists(), reason="postdrop is not installed"),
]

USER, UID = "nobody", 65534

# In a mount namespace of its own the instance's configuration is the installed one, as set-gid commands want it.
AS_USER = 'mount --bind "$1" "$2" && shift 2 && exec setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"'


@pytest.fixture
def mail(make_instance):
    mail = make_instance(main={"default_transport": "discard", "relay_transport": "discard", "myorigin": "host.test"})
    commands = mail.dir / "sbin"
    commands.mkdir()
    for name in ("sendmail", "postdrop", "postqueue", "postalias"):
        shutil.copy(mail.prefix / "sbin" / name, commands / name)
    os.chown(commands / "postdrop", 0, grp.getgrnam(mail.main["setgid_group"]).gr_gid)
    (commands / "postdrop").chmod(0o2755)
    mail.main["command_directory"] = commands
    mail.write_configuration()
    mail.reload()
    return mail


def run_as_user(mail, *command, text="body\n", check=True):
    installed = subprocess.run([mail.prefix / "sbin" / "postconf", "-d", "-h", "config_directory"], env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"},
                               capture_output=True, check=True, text=True).stdout.strip()
    home = mail.dir / "home"
    home.mkdir(exist_ok=True)
    os.chown(home, UID, UID)
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(home), "USER": USER, "LOGNAME": USER, "ASAN_OPTIONS": "detect_leaks=0", "MAILRC": "/dev/null"}
    done = subprocess.run(["unshare", "-m", "--propagation", "private", "sh", "-c", AS_USER, "sh", mail.config_dir, installed, *map(str, command)],
                          input=text.encode(), capture_output=True, env=environment, timeout=60, check=False)
    assert not check or done.returncode == 0, done.stderr.decode()
    return done


def arrived(mail, sender=USER):
    queue_id = mail.wait_log(rf"pickup\[\d+\]: (\w+): uid={UID} from=<{sender}>").group(1)
    mail.wait_log(rf"{queue_id}: to=<ann@out.test>, relay=none, .*status=sent")


def unpacked(package, program):
    """A program from a package that is not installed, since it would bring a mail server along; None when it cannot be had."""
    root = cache_directory() / package
    if not (root / program).exists():
        subprocess.run(["apt-get", "download", package], cwd=cache_directory(), capture_output=True, check=False)
        for file in cache_directory().glob(f"{package}_*.deb"):
            subprocess.run(["dpkg", "-x", file, root], check=False)
    return root / program if (root / program).exists() else None


def test_sendmail(mail):
    run_as_user(mail, mail.dir / "sbin" / "sendmail", "ann@out.test", text="Subject: x\n\nbody\n")
    arrived(mail)
    assert not list((mail.queue_dir / "maildrop").iterdir())


def test_user_cannot_read_or_forge(mail):
    """The directory lets the group make files, and nobody list them; a configuration of the user's own is refused."""
    listing = run_as_user(mail, "ls", mail.queue_dir / "maildrop", check=False)
    assert listing.returncode != 0 and b"Permission denied" in listing.stderr
    own = mail.dir / "own"
    own.mkdir()
    (own / "main.cf").write_text("queue_directory = /tmp\n")
    refused = run_as_user(mail, mail.dir / "sbin" / "postdrop", "-c", own, check=False)
    assert refused.returncode != 0 and b"unauthorized configuration directory name" in refused.stderr


@pytest.mark.skipif(not shutil.which("s-nail"), reason="s-nail is not installed")
def test_s_nail(mail):
    run_as_user(mail, "s-nail", "-S", f"mta={mail.dir}/sbin/sendmail", "-s", "hello", "ann@out.test")
    arrived(mail)


def test_bsd_mailx(mail):
    program, library = unpacked("bsd-mailx", "usr/bin/bsd-mailx"), unpacked("liblockfile1", f"usr/lib/{os.uname().machine}-linux-gnu/liblockfile.so.1")
    if program is None or library is None:
        pytest.skip("bsd-mailx cannot be had")
    for file in (program, library):
        shutil.copy(file, mail.dir / file.name)
    if b"not found" in subprocess.run(["ldd", mail.dir / program.name], env=os.environ | {"LD_LIBRARY_PATH": str(mail.dir)},
                                      capture_output=True, check=False).stdout:
        pytest.skip("bsd-mailx needs what is not here")
    rc = mail.dir / "mailrc"
    rc.write_text(f"set sendmail={mail.dir}/sbin/sendmail\n")
    run_as_user(mail, "env", f"MAILRC={rc}", f"LD_LIBRARY_PATH={mail.dir}", mail.dir / program.name, "-s", "hello", "ann@out.test")
    arrived(mail)


@pytest.mark.skipif(not shutil.which("swaks"), reason="swaks is not installed")
def test_swaks(mail):
    done = run_as_user(mail, "swaks", "--server", f"127.0.0.1:{mail.smtp_port}", "--from", "me@host.test", "--to", "ann@out.test")
    assert re.search(rb"<~* *250 2\.0\.0 Ok: queued as", done.stdout) or b"queued as" in done.stdout
    mail.wait_log(r"to=<ann@out.test>, relay=none, .*status=sent")


def test_full_disk(mail):
    """A limit on the size of files stands for it: the user is told, and nothing is left."""
    done = run_as_user(mail, "sh", "-c", 'ulimit -f 100; exec "$0" ann@out.test', mail.dir / "sbin" / "sendmail",
                       text="Subject: x\n\n" + "y" * 70 + "\n" + ("z" * 99 + "\n") * 20000, check=False)
    assert done.returncode == 75 and b"fatal: nobody(65534): " in done.stderr
    assert not list((mail.queue_dir / "maildrop").iterdir())

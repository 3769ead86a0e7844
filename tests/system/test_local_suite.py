# SPDX-License-Identifier: ISC
"""local and virtual in a whole instance: from the client to the mailbox, and back into the queue."""

import os
import pwd
import shutil

import pytest

from instance import prefix

pytestmark = pytest.mark.skipif(
    prefix() is None or not all((prefix() / "libexec" / "carteiro" / name).exists() for name in ("local", "smtpd", "qmgr")),
    reason="the programs are not installed")

IS_ROOT = os.geteuid() == 0
ME = pwd.getpwuid(os.geteuid())


def send(mail, *recipients, body=b"Subject: hello\n\nhello\n"):
    with mail.smtp() as c:
        c.ehlo()
        c.mail("a@x.test", list(recipients), body)


def local_main(directory, aliases):
    return {"mydestination": "example.test", "myorigin": "example.test", "recipient_delimiter": "+", "biff": "no",
            "local_recipient_maps": "", "alias_maps": f"inline:{{ {aliases} }}",
            "mail_spool_directory": directory, "default_transport": "discard", "relay_transport": "discard"}


@pytest.mark.skipif(not IS_ROOT, reason="root's alias runs as nobody")
def test_aliases_in_the_queue(make_instance, tmp_path):
    mail = make_instance(main=local_main(tmp_path, "{placeholder=x@y.test}"))
    spool = mail.dir / "box"
    spool.mkdir()
    spool.chmod(0o777)
    mail.main["alias_maps"] = (f"inline:{{ {{file = {spool}/file}}, {{list = one@out.test, two@out.test}}, "
                               "owner-list=boss@out.test }")
    mail.write_configuration()
    mail.reload()
    send(mail, "file@example.test", "list@example.test", "who@example.test")
    mail.wait_log(r"to=<file@example.test>, relay=local, .*dsn=2.0.0, status=sent \(delivered to file: ")
    forwarded = mail.wait_log(r"to=<list@example.test>, relay=local, .* status=sent \(forwarded as (\w+)\)").group(1)
    mail.wait_log(rf"{forwarded}: from=<owner-list@example.test>, size=\d+, nrcpt=2 \(queue active\)")
    mail.wait_log(rf"{forwarded}: to=<one@out.test>, .*relay=none, .*status=sent")
    mail.wait_log(rf"{forwarded}: to=<two@out.test>, .*relay=none, .*status=sent")
    mail.wait_log(r'to=<who@example.test>, relay=local, .*dsn=5.1.1, status=bounced \(unknown user: "who"\)')
    mail.wait_log(r"to=<a@x.test>.* status=sent")
    assert "Subject: hello" in (spool / "file").read_text()


@pytest.mark.skipif(not IS_ROOT, reason="root's alias runs as nobody")
def test_command_that_sends_mail(make_instance, tmp_path):
    sendmail = prefix() / "sbin" / "sendmail"
    mail = make_instance(main=local_main(tmp_path, "{placeholder=x@y.test}"))
    mail.write("aliases", f'cmd: "|{sendmail} -C {mail.config_dir} -oi again@out.test"\n')
    mail.main["alias_maps"] = f"texthash:{mail.config_dir}/aliases"
    mail.main["export_environment"] = "TZ MAIL_CONFIG LANG ASAN_OPTIONS=detect_leaks=0"
    mail.write_configuration()
    mail.reload()
    (mail.queue_dir / "maildrop").chmod(0o1733)     # the programs under test are not installed set-gid
    (mail.queue_dir / "public").chmod(0o711)
    send(mail, "cmd@example.test")
    mail.wait_log(r"to=<cmd@example.test>, relay=local, .*status=sent \(delivered to command: ")
    mail.wait_log(r"to=<again@out.test>, .*status=sent")


def test_own_mailbox(make_instance, tmp_path):
    """An ordinary user's own mail works without root."""
    if IS_ROOT:
        pytest.skip("for an ordinary user")
    mail = make_instance(main=local_main(tmp_path, "{placeholder=x@y.test}"))
    send(mail, f"{ME.pw_name}@example.test", "root@example.test")
    mail.wait_log(rf"to=<{ME.pw_name}@example.test>, relay=local, .*status=sent \(delivered to mailbox\)")
    mail.wait_log(r"to=<root@example.test>, relay=local, .*status=deferred \(.*not started by root\)")
    assert "Subject: hello" in (tmp_path / ME.pw_name).read_text()


def test_virtual(make_instance):
    owner = pwd.getpwnam("nobody") if IS_ROOT else ME
    mail = make_instance(main={
        "virtual_mailbox_domains": "v.test", "virtual_mailbox_maps": "inline:{ anna@v.test=anna/ }",
        "virtual_uid_maps": f"static:{owner.pw_uid}", "virtual_gid_maps": f"static:{owner.pw_gid}"})
    base = mail.dir / "vmail"
    base.mkdir(mode=0o700)
    os.chown(base, owner.pw_uid, owner.pw_gid)
    mail.main["virtual_mailbox_base"] = base
    mail.write_configuration()
    mail.reload()
    for _ in range(20):
        send(mail, "anna@v.test")
    place = 0
    for _ in range(20):
        place = mail.wait_log(r"status=sent \(delivered to maildir\)", since=place).end()
    assert len(os.listdir(base / "anna" / "new")) == 20


@pytest.mark.skipif(not IS_ROOT or not shutil.which("procmail"), reason="needs root and procmail")
def test_procmail(make_instance, tmp_path):
    mail = make_instance(main=local_main(tmp_path, "{placeholder=x@y.test}"))
    box = mail.dir / "box"
    box.mkdir()
    box.chmod(0o777)
    rc = mail.write("rc", f":0\n{box}/sorted\n")
    mail.write("aliases", f'sort: "|{shutil.which("procmail")} -m {rc}"\n')
    mail.main["alias_maps"] = f"texthash:{mail.config_dir}/aliases"
    mail.write_configuration()
    mail.reload()
    send(mail, "sort@example.test")
    mail.wait_log(r"to=<sort@example.test>, relay=local, .*status=sent \(delivered to command: ")
    assert "Subject: hello" in (box / "sorted").read_text()

# SPDX-License-Identifier: ISC
"""Notifications, read as mail programs read them."""

import email
import email.policy
import re

import pytest

from queue_file import put

TRANSPORTS = ("inline:{ {retry.test = retry:4.2.0 try later}, {error.test = error:5.1.1 nobody is here},"
              " {sender.test = retry:4.9.9 kept}, {origin.test = retry:4.9.9 kept} }")
MAIN = {"default_transport": "discard:thrown away", "transport_maps": TRANSPORTS, "myorigin": "origin.test",
        "notify_classes": ""}


@pytest.fixture
def mail(make_instance):
    instance = make_instance(main=MAIN)
    if not (instance.prefix / "libexec" / "carteiro" / "cleanup").exists():
        pytest.skip("cleanup is not installed")
    return instance


def send(mail, **how):
    """One message through the queue; its ID when it is gone or waits."""
    queue_id, = put(mail, sender=how.pop("sender", "who@sender.test"), **how)
    mail.command("postqueue", "-f")
    mail.wait_log(rf"{queue_id}: (?:to=.*status=deferred|removed)")
    return queue_id


def report(mail, queue_id, to_whom="sender", kind="non-delivery"):
    """The notification as a parsed message, and the list of its status parts."""
    match = mail.wait_log(rf"bounce\[\d+\]: {queue_id}: {to_whom} {kind} notification: (\w+)")
    mail.wait_log(rf"{match[1]}: to=.*status=deferred")
    raw = mail.command("postcat", "-hb", "-q", match[1]).stdout
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert not message.defects and message.get_content_type() == "multipart/report"
    return message, message.get_payload()


def fields(status_part):
    """Message fields and one mapping per recipient."""
    blocks = [dict(block.items()) for block in status_part.get_payload()]
    return blocks[0], [block for block in blocks[1:] if block]


def test_failure(mail):
    queue_id = send(mail, rcpts=["a@error.test", ("b@error.test", {"original": "o@error.test", "orcpt": "rfc822;o@error.test"})],
                    dsn_envid="xyz")
    message, (notice, status, original) = report(mail, queue_id)
    assert message["Subject"] == "Undelivered Mail Returned to Sender"
    assert message["From"] == "Mail Delivery System <MAILER-DAEMON@origin.test>"
    assert message["To"] == "who@sender.test"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message.get_param("report-type") == "delivery-status"
    assert notice["Content-Description"] == "Notification"
    assert "<a@error.test>: nobody is here" in notice.get_content()
    assert status["Content-Description"] == "Delivery report"
    head, (first, second) = fields(status)
    assert head["Reporting-MTA"] == "dns; mail.example.test"
    assert head["X-Postfix-Queue-ID"] == queue_id
    assert head["X-Postfix-Sender"] == "rfc822; who@sender.test"
    assert head["Original-Envelope-Id"] == "xyz" and "Arrival-Date" in head
    assert first == {"Final-Recipient": "rfc822; a@error.test", "Action": "failed", "Status": "5.1.1",
                     "Diagnostic-Code": "X-Postfix; nobody is here"}
    assert second["Original-Recipient"] == "rfc822;o@error.test"
    assert original["Content-Description"] == "Undelivered Message"
    assert original.get_content_type() == "message/rfc822"
    assert original.get_payload()[0]["Subject"] == "test"


def test_the_report_has_the_null_sender(mail):
    queue_id = send(mail, rcpts=["a@error.test"])
    match = mail.wait_log(rf"{queue_id}: sender non-delivery notification: (\w+)")
    mail.wait_log(rf"{match[1]}: from=<>, ")


@pytest.mark.parametrize("how", [{"dsn_ret": "HDRS"}, {"body": b"long line\n" * 6000}])
def test_headers_only(mail, how):
    _, (_, _, original) = report(mail, send(mail, rcpts=["a@error.test"], **how))
    assert original.get_content_type() == "text/rfc822-headers"
    assert original["Content-Description"] == "Undelivered Message Headers"
    assert "Subject: test" in original.get_payload() and "long line" not in original.get_payload()


@pytest.mark.parametrize("notify", [1, 2, 8])
def test_no_report_that_nobody_asked_for(mail, notify):
    queue_id = send(mail, rcpts=[("a@error.test", {"notify": notify})])
    mail.wait_log(f"{queue_id}: removed")
    assert "notification" not in mail.log()


def test_success(mail):
    queue_id = send(mail, rcpts=[("a@ok.test", {"notify": 2}), ("b@ok.test", {"notify": 4})])
    message, (_, status, original) = report(mail, queue_id, kind="delivery status")
    assert message["Subject"] == "Successful Mail Delivery Report"
    _, (rcpt,) = fields(status)
    assert rcpt["Final-Recipient"] == "rfc822; a@ok.test" and rcpt["Status"] == "2.0.0"
    assert original.get_content_type() == "text/rfc822-headers"


def test_delay_is_told_once(mail):
    queue_id = send(mail, rcpts=["a@retry.test"], age=7200, warn_us=1)
    message, (notice, status, _) = report(mail, queue_id, kind="delay")
    assert message["Subject"] == "Delayed Mail (still being retried)"
    _, (rcpt,) = fields(status)
    assert rcpt["Action"] == "delayed" and "Will-Retry-Until" in rcpt
    assert "<a@retry.test>: try later" in notice.get_content()
    mark = mail.log_mark()
    mail.command("postqueue", "-f")
    mail.wait_log(rf"{queue_id}: to=.*status=deferred", since=mark)
    assert mail.log().count(f"{queue_id}: sender delay notification") == 1


def test_expired(mail):
    queue_id = send(mail, rcpts=["a@retry.test"], age=10 * 86400)
    mail.wait_log(rf"{queue_id}: from=<who@sender.test>, status=expired, returned to sender")
    message, (_, status, _) = report(mail, queue_id)
    assert message["Subject"] == "Undelivered Mail Returned to Sender"
    _, (rcpt,) = fields(status)
    assert rcpt["Action"] == "failed" and rcpt["Status"] == "4.2.0"
    mail.wait_log(f"{queue_id}: removed")


def test_force_expired(mail):
    queue_id, = put(mail, "hold", sender="who@sender.test", rcpts=["a@retry.test"])
    mail.command("postsuper", "-f", queue_id)
    mail.wait_log(rf"{queue_id}: from=<who@sender.test>, status=force-expired, returned to sender")
    report(mail, queue_id)


def test_no_report_about_a_report(mail):
    queue_id = send(mail, sender="", rcpts=["a@error.test"])
    mail.wait_log(f"{queue_id}: removed")
    assert "notification" not in mail.log()


def test_postmaster_copies(make_instance):
    mail = make_instance(main=MAIN | {"notify_classes": "bounce, 2bounce, delay"})
    if not (mail.prefix / "libexec" / "carteiro" / "cleanup").exists():
        pytest.skip("cleanup is not installed")
    queue_id = send(mail, rcpts=["a@error.test"])
    message, (_, _, original) = report(mail, queue_id, "postmaster")
    assert message["Subject"] == "Postmaster Copy: Undelivered Mail"
    assert message["To"] == "postmaster@origin.test"
    assert original.get_content_type() == "text/rfc822-headers"
    queue_id = send(mail, sender="", rcpts=["a@error.test"])
    match = mail.wait_log(rf"{queue_id}: postmaster non-delivery notification: (\w+)")
    mail.wait_log(rf"{match[1]}: from=<double-bounce@mail.example.test>, ")


def test_a_lost_double_bounce_makes_no_other(make_instance):
    mail = make_instance(main=MAIN | {"notify_classes": "2bounce"})
    queue_id = send(mail, sender="double-bounce@mail.example.test", rcpts=["a@error.test"])
    mail.wait_log(rf"warning: {queue_id}: undeliverable postmaster notification discarded")
    mail.wait_log(f"{queue_id}: removed")


def test_report_that_cannot_be_sent_is_tried_again(make_instance):
    mail = make_instance(main=MAIN | {"cleanup_service_name": "nothing"})
    queue_id, = put(mail, rcpts=["a@error.test"], sender="who@sender.test")
    mail.command("postqueue", "-f")
    mail.wait_log(rf"{queue_id}: sender notification failed to <who@sender.test>: ")
    entries = mail.command("postqueue", "-j").stdout.decode()
    assert re.search(rf'"queue_id": "{queue_id}".*"bounce_reason": "nobody is here"', entries)


def test_return_path_per_recipient(mail):
    """Each recipient is delivered, and bounced, under a sender address that names it."""
    queue_id = send(mail, sender="list@sender.test", rcpts=["a@error.test", "b@error.test"], verp="+=")
    mail.wait_log(r"to=<list\+a=error.test@sender.test>")
    mail.wait_log(r"to=<list\+b=error.test@sender.test>")
    assert mail.log().count(f"{queue_id}: sender non-delivery notification") == 2


def test_threads(make_instance):
    mail = make_instance(main=MAIN | {"enable_threaded_bounces": "yes"})
    if not (mail.prefix / "libexec" / "carteiro" / "cleanup").exists():
        pytest.skip("cleanup is not installed")
    message, _ = report(mail, send(mail, rcpts=["a@error.test"], message_id="<1@client.test>"))
    assert message["In-Reply-To"] == "<1@client.test>" and message["References"] == "<1@client.test>"


def test_templates(make_instance, tmp_path):
    template = tmp_path / "bounce.cf"
    template.write_text("failure_template = <<EOF\nCharset: utf-8\nFrom: Post <post@x.test>\nSubject: It came back\n\n"
                        "Host $myhostname, $maximal_queue_lifetime_days days.\nEOF\n")
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_mode & 0o7 == 0:
            path.chmod(path.stat().st_mode | 0o011)
    template.chmod(0o644)
    mail = make_instance(main=MAIN | {"bounce_template_file": template})
    if not (mail.prefix / "libexec" / "carteiro" / "cleanup").exists():
        pytest.skip("cleanup is not installed")
    message, (notice, _, _) = report(mail, send(mail, rcpts=["a@error.test"]))
    assert message["Subject"] == "It came back" and message["From"] == "Post <post@x.test>"
    assert notice.get_content_charset() == "utf-8"
    assert "Host mail.example.test, 5 days." in notice.get_content()

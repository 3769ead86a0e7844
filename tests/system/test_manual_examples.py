# SPDX-License-Identifier: ISC
"""The examples of manual pages about tables do what the pages say. The tables are taken from the pages."""

import pathlib
import re
import shlex

import pytest

from instance import prefix
from smtp_client import Closed

MAN = pathlib.Path(__file__).resolve().parents[2] / "man" / "man5"

pytestmark = pytest.mark.skipif(
    prefix() is None or not all((prefix() / "libexec" / "carteiro" / name).exists() for name in ("smtpd", "cleanup", "qmgr", "smtp")),
    reason="the programs are not installed")


def example(page, number):
    """The number-th literal block of the section EXAMPLES, as a reader sees it."""
    section = (MAN / page).read_text().split(".Sh EXAMPLES\n")[1].split("\n.Sh ")[0]
    text = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", section, re.M | re.S)[number]
    return text.replace("\\&", "").replace("\\e", "\\")


def table_in(text):
    """A block that shows main.cf first and then a table: the table."""
    return text.split("# /etc/carteiro/")[-1].partition("\n")[2] if "# /etc/carteiro/" in text else text


def send(mail, sender, recipients, content=b"Subject: x\n\nx\n"):
    with mail.smtp() as c:
        c.ehlo()
        return c.mail(sender, recipients, content)


def rcpt(mail, sender, recipient):
    with mail.smtp() as c:
        c.ehlo()
        c.expect(f"MAIL FROM:<{sender}>", 250)
        return c.cmd(f"RCPT TO:<{recipient}>")


@pytest.fixture
def make(make_instance, dns, sink, tmp_path):
    """An instance with tables: main has ":@NAME" for a table that is written to a file. All mail goes to the sink."""
    def make_with(tables, **main):
        paths = {}
        for name, text in tables.items():
            paths[name] = tmp_path / name
            paths[name].write_text(text)
        tmp_path.chmod(0o755)
        usual = {"relayhost": f"[{sink.host}]:{sink.port}", "smtp_tls_security_level": "none", "myorigin": "here.test",
                 "local_header_rewrite_clients": "permit_mynetworks", "recipient_delimiter": "+"}
        return make_instance(dns=dns, main=usual | {
            name: re.sub(r":@(\w+)", lambda match: f":{paths[match[1]]}", value) for name, value in main.items()})
    return make_with


def test_access_senders(make):
    mail = make({"senders": table_in(example("access.5", 0))}, smtpd_sender_restrictions="check_sender_access texthash:@senders")
    assert rcpt(mail, "news@shop.example", "b@y.test").code == 250
    reply = rcpt(mail, "other@shop.example", "b@y.test")
    assert (reply.code, reply.text) == (554, "5.7.1 <other@shop.example>: Sender address rejected: We do not buy here")
    assert rcpt(mail, "x@sub.shop.example", "b@y.test").code == 554
    assert "Access denied" in rcpt(mail, "offers@x.test", "b@y.test").text
    assert rcpt(mail, "offers+1@x.test", "b@y.test").code == 554
    assert rcpt(mail, "a@x.test", "b@y.test").code == 250


def test_access_clients(make, tmp_path):
    mail = make({"clients": example("access.5", 1)})
    for key, want in (("192.0.2.7", "OK"), ("192.0.2.9", "REJECT"), ("2001:db8:bad::1", "450 4.7.1 Come back later")):
        assert mail.command("postmap", "-q", key, f"cidr:{tmp_path}/clients").stdout.decode().strip() == want


def test_lookup_tables(tables):
    answers = [tables.run(*shlex.split(line)).out for line in example("lookup_tables.5", 0).splitlines()]
    assert answers == ["ana@example.com\n", "REJECT go away\n", "c\n"]
    tables.write("etc/main.cf", example("lookup_tables.5", 1))
    done = tables.run("postconf", "-h", "transport_maps")
    assert done.out == "inline:{ example.com=smtp:[192.0.2.1] }, hash:/etc/carteiro/transport\n" and done.err == ""


ACTIONS = """held@y.test HOLD look at it
gone@y.test DISCARD
other@y.test REDIRECT to@z.test
copy@y.test BCC copy@z.test
mark@y.test PREPEND X-Mark: yes
noted@y.test WARN see who comes
later@y.test DEFER Not yet
never@y.test 550 5.7.9 Not at all
one@y.test 1
bad@y.test REDIRECT nowhere
up@y.test HANGUP
class@y.test strict
"""
LATE = """held@end.test HOLD
gone@end.test DISCARD
other@end.test REDIRECT to@end.test
copy@end.test BCC copy@end.test
passed@end.test FILTER discard:the-filter
mark@end.test PREPEND X-Mark: yes
"""


def test_access_actions(make, sink):
    mail = make({"actions": ACTIONS}, smtpd_recipient_restrictions="check_recipient_access texthash:@actions",
                smtpd_restriction_classes="strict", strict="reject", notify_classes="")
    assert rcpt(mail, "a@x.test", "later@y.test").text == "4.7.1 <later@y.test>: Recipient address rejected: Not yet"
    never = rcpt(mail, "a@x.test", "never@y.test")
    assert (never.code, never.dsn) == (550, "5.7.9")
    assert rcpt(mail, "a@x.test", "one@y.test").code == 250
    assert rcpt(mail, "a@x.test", "class@y.test").code == 554
    assert rcpt(mail, "a@x.test", "bad@y.test").code == 451
    with pytest.raises(Closed):
        rcpt(mail, "a@x.test", "up@y.test")
    for who in ("held", "gone", "other", "copy", "mark", "noted"):
        send(mail, "a@x.test", [f"{who}@y.test"])
    messages = sink.wait(4)
    assert sorted(r for m in messages for r in m.recipients) == [
        "copy@y.test", "copy@z.test", "mark@y.test", "noted@y.test", "to@z.test"]
    assert any(b"X-Mark: yes\r\n" in m.data for m in messages)
    mail.wait_log(r"redirect: RCPT from .*: <other@y.test>: Recipient address triggers REDIRECT to@z.test")
    mail.wait_log(r"hold: RCPT from .*: <held@y.test>: Recipient address look at it;")


def test_access_actions_when_the_content_has_come(make, sink):
    mail = make({"late": LATE}, smtpd_end_of_data_restrictions="check_sender_access texthash:@late")
    for who in ("held", "gone", "other", "copy", "passed", "mark"):
        send(mail, f"{who}@end.test", ["to@y.test", "too@y.test"])
    messages = sink.wait(3)
    assert sorted((m.sender, sorted(m.recipients)) for m in messages) == [
        ("copy@end.test", ["copy@end.test", "to@y.test", "too@y.test"]), ("mark@end.test", ["to@y.test", "too@y.test"]),
        ("other@end.test", ["to@end.test"])]
    assert not any(b"X-Mark" in m.data for m in messages)
    mail.wait_log(r"action PREPEND must be used before smtpd_end_of_data_restrictions")
    held = mail.wait_log(r"(\w+): hold: END-OF-MESSAGE from .*: <held@end.test>: Sender address triggers HOLD action").group(1)
    assert [path.name for path in (mail.queue_dir / "hold").iterdir()] == [held]
    gone = mail.wait_log(r"(\w+): discard: END-OF-MESSAGE from .*: <gone@end.test>: Sender address triggers DISCARD action").group(1)
    mail.wait_log(rf"{gone}: removed \(discarded\)")
    for to in ("to", "too"):
        mail.wait_log(rf"discard\[.*to=<{to}@y.test>, .*status=sent \(the-filter\)")


HEADERS = b"""From: a@x.test
To: b@y.test
Subject: %s

%s
"""


def refused(mail, content):
    """The reply to a message that the checks do not let pass."""
    with mail.smtp() as c:
        c.ehlo()
        c.expect("MAIL FROM:<a@x.test>", 250)
        c.expect("RCPT TO:<b@y.test>", 250)
        return c.data(content)


def test_header_and_body_checks(make, sink):
    both = example("header_checks.5", 0)
    header, body = both.split("# body_checks\n")
    mail = make({"header": header, "body": body}, header_checks="pcre:@header", body_checks="pcre:@body")
    reply = refused(mail, HEADERS % (b"buy cheap watches", b"x"))
    assert (reply.code, reply.text) == (550, "5.7.1 No watches, please")
    mail.wait_log(r"reject: header Subject: buy cheap watches from .*: 5.7.1 No watches, please")
    send(mail, "a@x.test", ["b@y.test"], b"X-Spam-Flag: YES\n" + HEADERS % (b"1", b"x"))
    mail.wait_log(r"hold: header X-Spam-Flag: YES")
    send(mail, "a@x.test", ["b@y.test"], HEADERS % (b"[secret] plan", b"x"))
    mail.wait_log(r"filter: header Subject: \[secret\] plan .*: seal:\[127.0.0.1\]:10025")
    reply = refused(mail, b"Content-Type: application/x;\n name=\"a.exe\"\n" + HEADERS % (b"3", b"x"))
    assert reply.text == "5.7.1 Programs are not accepted"
    send(mail, "a@x.test", ["b@y.test"],
         b"Received: from in [10.1.2.3] by x\n" + HEADERS.replace(b"b@y.test", b"undisclosed: ;") % (b"2", b"Click here to unsubscribe"))
    mail.wait_log(r"warning: body Click here to unsubscribe .*: newsletter")
    message = sink.wait(1)[0]
    assert b"10.1.2.3" not in message.data and b"\r\nX-To-Nobody: yes\r\nTo:" in message.data


def test_virtual(make, sink):
    mail = make({"virtual": table_in(example("virtual.5", 0))}, virtual_alias_domains="example.com, old.example",
                virtual_alias_maps="texthash:@virtual")
    send(mail, "a@x.test", ["info@example.com", "sales+may@example.com", "any@old.example"])
    wanted = {"anna@here.test", "bert@example.net", "carla+may@here.test"}
    mail.wait_log(r"removed")
    assert {r for m in sink.wait(1) for r in m.recipients} == wanted


def test_virtual_unknown_recipient(make):
    mail = make({}, virtual_alias_domains="example.com", virtual_alias_maps="inline:{ {info@example.com = anna} }")
    reply = rcpt(mail, "a@x.test", "x@example.com")
    assert (reply.code, reply.text) == (
        550, "5.1.1 <x@example.com>: Recipient address rejected: User unknown in virtual alias table")


def test_virtual_address_that_stays(make, sink):
    mail = make({"virtual": "anna@example.com anna@example.com, archive@example.com\n"}, virtual_alias_maps="texthash:@virtual")
    send(mail, "a@x.test", ["anna@example.com"])
    mail.wait_log(r"removed")
    assert {r for m in sink.wait(1) for r in m.recipients} == {"anna@example.com", "archive@example.com"}


def test_canonical(make, sink):
    mail = make({"canonical": example("canonical.5", 0)}, canonical_maps="texthash:@canonical")
    send(mail, "as@example.com", ["b@old.example"], b"From: as@here.test\nTo: b@old.example\n\nx\n")
    message = sink.wait(1)[0]
    assert (message.sender, message.recipients) == ("anna.smith@example.com", ["b@example.com"])
    assert b"From: anna.smith@here.test\r\nTo: b@example.com\r\n" in message.data


def test_relocated(make):
    mail = make({"relocated": example("relocated.5", 0)}, relocated_maps="texthash:@relocated")
    assert rcpt(mail, "a@x.test", "bert@example.com").text == \
        "5.1.6 <bert@example.com>: Recipient address rejected: User has moved to bert@example.net"
    assert rcpt(mail, "a@x.test", "carla@here.test").text.endswith("User has moved to +44 20 7946 0000")
    assert "another company" in rcpt(mail, "a@x.test", "any@old.example").text


def test_relocated_without_prefix(make):
    mail = make({"relocated": example("relocated.5", 1)}, relocated_maps="texthash:@relocated", relocated_prefix_enable="no")
    assert rcpt(mail, "a@x.test", "dora@example.com").text == \
        "5.7.1 <dora@example.com>: Recipient address rejected: dora gets no mail here"


def test_generic(make, sink):
    mail = make({"generic": table_in(example("generic.5", 0))}, myorigin="box.local", smtp_generic_maps="texthash:@generic")
    send(mail, "anna@box.local", ["b@y.test"], b"From: anna@box.local\nTo: bert@box.local, carl@box.local\n\nx\n")
    message = sink.wait(1)[0]
    assert message.sender == "anna.smith@provider.example"
    assert b"From: anna.smith@provider.example\r\nTo: bert77@provider.example, family@provider.example\r\n" in message.data


def test_transport(make, sink):
    own = f"smtp:[{sink.host}]:{sink.port}"
    text = example("transport.5", 0).replace("[smarthost.example]:587", f"[{sink.host}]:{sink.port}")
    text = text.replace("smtp:[mail.inside.example]:2525", own).replace("local:", "discard:at home")
    mail = make({"transport": text}, transport_maps="texthash:@transport", relayhost="")
    send(mail, "a@x.test", ["b@sub.example.com", "c@elsewhere.test"])
    assert sorted(r for m in sink.wait(1) for r in m.recipients) == ["b@sub.example.com", "c@elsewhere.test"]
    send(mail, "a@x.test", ["void@example.com", "anna@example.net"])
    mail.wait_log(r"to=<void@example.com>, relay=none, .*status=sent")
    mail.wait_log(r"to=<anna@example.net>, relay=none, .*status=sent \(at home\)")
    assert rcpt(mail, "a@x.test", "b@closed.example").text == \
        "5.1.2 <b@closed.example>: Recipient address rejected: This domain has closed"
    assert rcpt(mail, "a@x.test", "b@busy.example").text == \
        "4.3.2 <b@busy.example>: Recipient address rejected: Back on Monday"
    send(mail, "a@x.test", ["b@slow.example"])
    mail.wait_log(r"to=<b@slow.example>, .*status=deferred \((.*unavailable.*)\)")

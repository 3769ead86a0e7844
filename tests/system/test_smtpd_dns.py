# SPDX-License-Identifier: ISC
"""What the SMTP server asks of name service: the client's name, domains, mail servers, block lists."""

import pytest

DOMAIN = "example.test"
RECORDS = [
    "2.0.0.127.in-addr.arpa PTR client.good.test.",
    "client.good.test A 127.0.0.2",
    "good.test MX 10 mx.good.test.",
    "mx.good.test A 192.0.2.10",
    "addressed.test A 192.0.2.11",
    "nomail.test MX 0 .",
    "bad.test MX 10 mx.bad.test.",
    "mx.bad.test A 198.51.100.66",
    "bad.test NS ns.bad.test.",
    "good.test NS ns.good.test.",
    "2.0.0.127.block.test A 127.0.0.4",
    '2.0.0.127.block.test TXT "see block.test"',
    "bad.test.names.test A 127.0.0.2",
]


def main(**more):
    return {"mydestination": DOMAIN, "local_transport": "discard:", "local_recipient_maps": "",
            "smtpd_relay_restrictions": "reject_unauth_destination"} | more


@pytest.fixture
def zone(dns):
    for record in RECORDS:
        dns.add(record)
    return dns


# Not 127.0.0.1, which the hosts file names.
CLIENT = "127.0.0.2"


def rcpt(mail, sender, helo="client.good.test"):
    with mail.smtp(source=CLIENT) as c:
        c.ehlo(helo)
        c.expect(f"MAIL FROM:<{sender}>", 250)
        return c.cmd(f"RCPT TO:<u@{DOMAIN}>")


def test_client_name(make_instance, zone):
    mail = make_instance(main=main(smtpd_client_restrictions="reject_unknown_client_hostname"), dns=zone)
    assert rcpt(mail, "a@good.test").code == 250
    mail.wait_log(r"connect from client\.good\.test\[127\.0\.0\.2\]")


def test_client_name_that_lies(make_instance, dns):
    dns.add("2.0.0.127.in-addr.arpa PTR client.liar.test.")
    dns.add("client.liar.test A 192.0.2.99")
    mail = make_instance(main=main(smtpd_client_restrictions="reject_unknown_client_hostname"), dns=dns)
    reply = rcpt(mail, "a@good.test")
    assert (reply.code, reply.dsn) == (450, "4.7.25") and "cannot find your hostname, [127.0.0.2]" in reply.text
    mail.wait_log(r"warning: hostname client\.liar\.test does not resolve to address 127\.0\.0\.2")
    mail.wait_log(r"connect from unknown\[127\.0\.0\.2\]")


def test_sender_domain(make_instance, zone):
    zone.fault("broken.test", rcode="SERVFAIL")
    mail = make_instance(main=main(smtpd_sender_restrictions="reject_unknown_sender_domain"), dns=zone)
    assert rcpt(mail, "a@good.test").code == 250
    assert rcpt(mail, "a@addressed.test").code == 250
    assert rcpt(mail, f"a@{DOMAIN}").code == 250
    assert rcpt(mail, "").code == 250
    reply = rcpt(mail, "a@missing.test")
    assert (reply.code, reply.dsn) == (450, "4.1.8") and "Domain not found" in reply.text
    reply = rcpt(mail, "a@nomail.test")
    assert (reply.code, reply.dsn) == (550, "5.7.27") and "does not accept mail (nullMX)" in reply.text
    reply = rcpt(mail, "a@broken.test")
    assert (reply.code, reply.dsn) == (450, "4.1.8")


def test_helo_name(make_instance, zone):
    mail = make_instance(main=main(smtpd_helo_restrictions="reject_unknown_helo_hostname"), dns=zone)
    assert rcpt(mail, "a@good.test", "addressed.test").code == 250
    reply = rcpt(mail, "a@good.test", "missing.test")
    assert (reply.code, reply.dsn) == (450, "4.7.1") and "<missing.test>: Helo command rejected: Host not found" in reply.text


@pytest.mark.parametrize("table", ["inline:{{198.51.100=REJECT}}", "inline:{{mx.bad.test=REJECT}}"])
def test_by_mail_server(make_instance, zone, table):
    mail = make_instance(main=main(smtpd_sender_restrictions=f"check_sender_mx_access {table}"), dns=zone)
    assert rcpt(mail, "a@good.test").code == 250
    reply = rcpt(mail, "a@bad.test")
    assert (reply.code, reply.dsn) == (554, "5.7.1") and "<a@bad.test>: Sender address rejected: Access denied" in reply.text


def test_by_name_server(make_instance, zone):
    mail = make_instance(main=main(smtpd_sender_restrictions="check_sender_ns_access inline:{{ns.bad.test=REJECT}}"), dns=zone)
    assert rcpt(mail, "a@deep.good.test").code == 250
    assert rcpt(mail, "a@deep.bad.test").code == 554


def test_server_tables_may_not_permit(make_instance, zone):
    mail = make_instance(main=main(smtpd_sender_restrictions="check_sender_mx_access inline:{{mx.bad.test=OK}}"), dns=zone)
    assert rcpt(mail, "a@bad.test").code == 451


def test_block_list(make_instance, zone):
    mail = make_instance(main=main(smtpd_client_restrictions="reject_rbl_client block.test"), dns=zone)
    reply = rcpt(mail, "a@good.test")
    assert reply.code == 554
    assert reply.text == "5.7.1 Service unavailable; Client host [127.0.0.2] blocked using block.test; see block.test"


def test_block_list_filter_and_reply(make_instance, zone):
    mail = make_instance(main=main(smtpd_client_restrictions="reject_rbl_client block.test=127.0.0.[2;9]"), dns=zone)
    assert rcpt(mail, "a@good.test").code == 250


def test_allow_list(make_instance, zone):
    mail = make_instance(main=main(smtpd_client_restrictions="permit_dnswl_client block.test, reject"), dns=zone)
    assert rcpt(mail, "a@good.test").code == 250


def test_block_list_by_domain(make_instance, zone):
    mail = make_instance(main=main(smtpd_sender_restrictions="reject_rhsbl_sender names.test"), dns=zone)
    assert rcpt(mail, "a@good.test").code == 250
    reply = rcpt(mail, "a@bad.test")
    assert reply.code == 554 and "Sender address [a@bad.test] blocked using names.test" in reply.text


BACKUP_RECORDS = [
    "backup.test MX 10 mx.good.test.",
    "backup.test MX 20 third.test.",
    "third.test A 127.0.0.1",
    "alias.test A 127.0.0.1",
]


def relay(mail, recipient):
    with mail.smtp(source=CLIENT) as c:
        c.ehlo("client.good.test")
        c.expect("MAIL FROM:<a@good.test>", 250)
        return c.cmd(f"RCPT TO:<{recipient}>")


def backup_instance(make_instance, zone, **more):
    for record in BACKUP_RECORDS:
        zone.add(record)
    return make_instance(main=main(default_transport="discard:", inet_interfaces="127.0.0.1",
                                   smtpd_relay_restrictions="permit_mx_backup, reject_unauth_destination", **more), dns=zone)


def test_mx_backup(make_instance, zone):
    mail = backup_instance(make_instance, zone)
    zone.fault("slow.test", "MX", rcode="SERVFAIL")
    for recipient, code, dsn in (
            (f"u@{DOMAIN}", 250, "2.1.5"), ("b@backup.test", 250, "2.1.5"), ("b@alias.test", 250, "2.1.5"), ("b@good.test", 554, "5.7.1"),
            ("b%good.test@backup.test", 554, "5.7.1"), ("b@nowhere.test", 554, "5.7.1"), ("b@nomail.test", 554, "5.7.1"),
            ("b@[192.0.2.10]", 554, "5.7.1"), ("b@slow.test", 450, "4.4.4")):
        reply = relay(mail, recipient)
        assert (reply.code, reply.dsn) == (code, dsn), (recipient, reply)
    assert "Unable to look up mail exchanger information" in relay(mail, "b@slow.test").text


@pytest.mark.parametrize("networks,code", [("192.0.2.0/24", 250), ("198.51.100.0/24", 554)])
def test_mx_backup_networks(make_instance, zone, networks, code):
    """The best mail server, mx.good.test, has 192.0.2.10."""
    assert relay(backup_instance(make_instance, zone, permit_mx_backup_networks=networks), "b@backup.test").code == code


def filtered(make_instance, zone, tables, rule):
    path = tables.write("filter", rule + "\n")
    return make_instance(main=main(smtpd_dns_reply_filter=f"regexp:{tables.dir / path}", smtpd_sender_restrictions="reject_unknown_sender_domain"),
                         dns=zone)


def test_reply_filter(make_instance, zone, tables):
    mail = filtered(make_instance, zone, tables, r"/^addressed\.test\. [0-9]+ IN A 192\.0\.2\.11$/ IGNORE")
    assert rcpt(mail, "a@good.test").code == 250
    reply = rcpt(mail, "a@addressed.test")
    assert (reply.code, reply.dsn) == (450, "4.1.8") and "Domain not found" in reply.text


def test_reply_filter_on_the_client(make_instance, zone, tables):
    """Its name counts only with what is left of the answers."""
    mail = filtered(make_instance, zone, tables, r"/ IN PTR client\.good\.test\.$/ ignore")
    rcpt(mail, "a@good.test")
    mail.wait_log(r"connect from unknown\[127\.0\.0\.2\]")


def test_reply_filter_with_a_slip(make_instance, zone, tables):
    mail = filtered(make_instance, zone, tables, r"/^good\.test\. [0-9]+ IN MX 10 mx\.good\.test\.$/ REJECT")
    assert rcpt(mail, "a@good.test").code == 450
    mail.wait_log(r'warning: smtpd_dns_reply_filter: .*unknown DNS filter action: "REJECT"')

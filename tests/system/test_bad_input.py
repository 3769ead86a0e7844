# SPDX-License-Identifier: ISC
"""Bad input from administrators and clients: named with file and line, answered with 4xx, and survived."""

import os
import random
import re
import socket
import time

from smtp_client import Closed

COMMANDS = [("postconf", "-n"), ("postmap", "-q", "x", "static:y"), ("postqueue", "-p"), ("postsuper", "-s"), ("carteiro", "reload"),
            ("carteiro", "check"), ("sendmail", "-bv", "x"), ("postlog", "x"), ("postdrop",)]


def test_broken_main_cf_is_named(make_instance):
    """By each command, whatever is wrong with the line."""
    mail = make_instance()
    path = mail.config_dir / "main.cf"
    good = path.read_text()
    named = re.compile(rf"{re.escape(str(path))}.*line {len(good.splitlines()) + 1}\b")
    for text in ("this is no assignment\n", "= value\n"):
        path.write_text(good + text)
        for command in COMMANDS:
            done = mail.command(*command, check=False)
            said = (done.stdout + done.stderr).decode()
            assert done.returncode != 0 and named.search(said), (text, command, said)
            assert re.search(rf"(?m)^({command[0]}|postfix-script): fatal: ", said), (text, command, said)
    path.write_text(good)


def test_daemons_say_what_is_wrong_with_main_cf(make_instance):
    """Also what no command looks at, and before they know where the log is; each service fails on its own."""
    mail = make_instance()
    path = mail.config_dir / "main.cf"
    good = path.read_text()
    place = rf"{re.escape(str(path))}, line {len(good.splitlines()) + 1}: "
    for port, text, said in ((mail.smtp_port, "smtpd_timeout = xyz\n", "smtpd_timeout = xyz: expected "),
                             (mail.submission_port, "this is no assignment\n", "missing '='")):
        path.write_text(good + text)
        with socket.create_connection(("127.0.0.1", port)):
            mail.wait_log(rf"postfix/smtpd\[\d+\]: fatal: {place}{said}")
    path.write_text(good + "inet_protocols = ipv5\n")
    for command in ("reload", "check"):
        done = mail.command("carteiro", command, check=False)
        assert done.returncode == 1 and re.search(rf"{place}inet_protocols = ipv5: expected all, ipv4 or ipv6", done.stderr.decode())
    path.write_text(good)


def test_check_and_reload_name_each_value_that_a_daemon_would_not_take(make_instance):
    """Of every program's table, in main.cf and behind -o; all at once; what is good or nobody's is not named."""
    mail = make_instance()
    main, master = mail.config_dir / "main.cf", mail.config_dir / "master.cf"
    bad = {"smtpd_timeout": ("xyz", "expected a time"), "smtpd_hard_error_limit": ("many", "expected a whole number"),
           "maximal_queue_lifetime": ("5x", "expected a time"),
           "smtpd_client_connection_count_limit": ("-1", "expected at least 0"), "lmtp_connect_timeout": ("$mine", "expected a time"),
           "relay_destination_concurrency_limit": ("no", "expected a whole number"), "dns_query_attempts": ("11", "expected at most 10"),
           "virtual_mailbox_limit": ("1k", "expected a whole number"),
           "smtpd_sasl_auth_enable": ("maybe", "expected yes or no")}
    fine = {"mine": "nothing", "nobodys_destination_concurrency_limit": "no", "smtpd_soft_error_limit": "${stress?{1}:{10}}",
            "smtp_helo_timeout": "$smtpd_policy_service_timeout", "anvil_rate_time_unit": "1m", "my_size": "10"}
    good, services = main.read_text(), master.read_text()
    first = len(good.splitlines()) + 1
    text = "".join(f"{name} = {value}\n" for name, value in fine.items()) + "".join(f"{name} = {value}\n" for name, (value, _) in bad.items())
    text += "message_size_limit = ${my_size}\n"
    rows = {"s1 unix - - n - - smtpd -v -o smtpd_soft_error_limit=few": "option -o: smtpd_soft_error_limit = few: expected a whole number",
            "s2 unix - - n - - smtpd -o { smtpd_sasl_auth_enable = perhaps }": "option -o: smtpd_sasl_auth_enable = perhaps: expected yes or no",
            "s3 unix - - n - - smtpd -osmtpd_starttls_timeout=1y": "option -o: smtpd_starttls_timeout = 1y: expected a time",
            "s4 unix - - n - - smtpd -o my_size=1k": rf"{re.escape(str(main))}, line \d+: message_size_limit = 1k: expected a whole number",
            "s5 unix - - n - - smtpd -o smtpd_timeout=5m": None,
            "one unix - - n - - smtp -o smtp_helo_timeout": "option -o: missing '='",
            "two unix - - n - - smtp -o": "option -o: expected name=value",
            "three unix - - n - - smtp -v -o smtp_helo_timeout=5s": None}
    main.write_text(good + text)
    master.write_text(services + "".join(f"{row}\n" for row in rows))
    first_row = len(services.splitlines()) + 1
    for command, status in (("check", 1), ("reload", 0)):
        done = mail.command("carteiro", command, check=False)
        said = done.stderr.decode()
        assert done.returncode == status, said
        for number, (name, (value, expected)) in enumerate(bad.items()):
            value = value.replace("$mine", "nothing")
            line = rf"postfix-script: error: {re.escape(str(main))}, line {first + len(fine) + number}: {name} = {re.escape(value)}: {expected}"
            assert len(re.findall(line, said)) == 1, (name, said)
        for number, (row, expected) in enumerate(rows.items()):
            place = rf"postfix-script: error: {re.escape(str(master))}, line {first_row + number}: service {row.split()[0]}: "
            assert len(re.findall(place + (expected or ""), said)) == (expected is not None), (row, said)
        assert len(re.findall("error: ", said)) == len(bad) + sum(e is not None for e in rows.values()), said
    main.write_text(good)
    master.write_text(services)
    assert mail.command("carteiro", "check", check=False).returncode == 0


def damage(tables, name, kind):
    """An index whose first page is good."""
    tables.write(name, "a b\n")
    tables.postmap(f"{kind}:{name}")
    path = tables.dir / f"{name}.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


def test_table_that_cannot_be_read_defers(make_instance, tables):
    """The client is told to come back, the administrator what is wrong."""
    tables.write("junk.lmdb", os.urandom(8192))
    (tables.dir / "unreadable.db").mkdir()
    damage(tables, "badhash", "hash")
    damage(tables, "badbtree", "btree")
    said_of = {"hash:absent": "absent.db", "hash:unreadable": "unreadable.db", "hash:badhash": "badhash.db", "btree:badbtree": "badbtree.db",
               "lmdb:junk": "junk.lmdb", "cidr:none": "none", "nosuchkind:x": "nosuchkind"}
    classes = {f"class{number}": "check_recipient_access " + name.replace(":", f":{tables.dir}/") for number, name in enumerate(said_of)}
    chosen = " ".join(f"{{ {name}@example.test = {name} }}" for name in classes)
    mail = make_instance(main=classes | {
        "relay_domains": "example.test", "relay_transport": "discard", "notify_classes": "", "smtpd_restriction_classes": " ".join(classes),
        "smtpd_recipient_restrictions": f"check_recipient_access inline:{{ {chosen} }}, reject_unauth_destination"})
    with mail.smtp(timeout=60) as c:
        c.ehlo()
        c.expect("MAIL FROM:<a@client.test>", 250)
        for number, (name, said) in enumerate(said_of.items()):
            mark = mail.log_mark()
            reply = c.cmd(f"RCPT TO:<class{number}@example.test>")
            assert reply.code in (450, 451), (name, reply)
            mail.wait_log(rf"(warning|error): .*\b{said}\b", since=mark)


def test_an_index_that_is_damaged_while_it_is_open(make_instance):
    """Cut off, or written over: whoever has it open answers 4xx and names the file, and nobody's process ends; a new one mends all."""
    mail = make_instance(main={"relay_domains": "example.test", "relay_transport": "discard", "smtpd_peername_lookup": "no",
                               "smtpd_error_sleep_time": "0", "smtpd_hard_error_limit": "1000"})
    kinds = {"hash": "hash.db", "btree": "btree.db", "lmdb": "lmdb.lmdb"}
    checks = []
    for kind in kinds:
        mail.write(kind, "".join(f"user{number}@example.test DUNNO {'x' * 100}\n" for number in range(600)))
        mail.command("postmap", f"{kind}:{mail.config_dir}/{kind}")
        checks.append(f"check_recipient_access {kind}:{mail.config_dir}/{kind}")
    mail.command("postconf", "-e", f"smtpd_recipient_restrictions = {', '.join(checks)}, reject_unauth_destination")
    mail.reload()

    def codes(client, numbers):
        client.expect("MAIL FROM:<a@client.test>", 250)
        found = {client.cmd(f"RCPT TO:<user{number}@example.test>").code for number in numbers}
        client.expect("RSET", 250)
        return found
    for kind, index in kinds.items():
        path = mail.config_dir / index
        whole = path.read_bytes()
        for damaged in whole[:4096], whole[:8192] + b"\xff" * (len(whole) - 8192):
            with mail.smtp(timeout=60) as c:
                c.ehlo()
                assert codes(c, [5000]) == {250}
                mark = mail.log_mark()
                with open(path, "r+b") as file:                 # in place: the file that is open
                    file.write(damaged)
                    file.truncate()
                assert 451 in codes(c, range(0, 600, 20))       # what was read before may still be in memory
                mail.wait_log(rf"smtpd\[\d+\]: warning: .*{re.escape(str(path))}", since=mark)
                mail.write("mended", "").write_bytes(whole)
                (mail.config_dir / "mended").rename(path)
    with mail.smtp(timeout=60) as c:
        c.ehlo()
        assert codes(c, [5000]) == {250}
    assert not re.search(r"smtpd pid \d+ (killed|exit)", mail.log())


def test_a_table_that_vanishes(make_instance):
    """Whoever has it open goes on; who opens it anew defers; all is well when it is back."""
    mail = make_instance(main={"relay_domains": "example.test", "relay_transport": "discard"})
    mail.write("senders", "bad@client.test REJECT\n")
    path = mail.config_dir / "senders"
    mail.command("postmap", f"hash:{path}")
    mail.command("postconf", "-e", f"smtpd_sender_restrictions = check_sender_access hash:{path}")

    def codes():
        found = []
        for sender in ("bad@client.test", "good@client.test"):
            with mail.smtp(timeout=60) as c:
                c.ehlo()
                c.expect(f"MAIL FROM:<{sender}>", 250)
                found.append(c.cmd("RCPT TO:<b@example.test>").code)
        return found

    def wait_codes(want):
        """Processes of before the reload may still take a client or two."""
        deadline = time.monotonic() + 30
        while (found := codes()) != want and time.monotonic() < deadline:
            time.sleep(0.2)
        assert found == want
    mail.reload()
    wait_codes([554, 250])
    index = path.with_name("senders.db")
    index.rename(index.with_suffix(".away"))
    assert codes() == [554, 250]
    mail.reload()
    wait_codes([451, 451])
    mail.wait_log(re.escape(f"hash:{path} is unavailable. open database {index}: No such file or directory"))
    index.with_suffix(".away").rename(index)
    mail.reload()
    wait_codes([554, 250])


def test_garbage_does_not_end_service(make_instance):
    mail = make_instance(main={"relay_domains": "example.test", "relay_transport": "discard", "smtpd_error_sleep_time": "0",
                               "smtpd_peername_lookup": "no"})
    rng = random.Random(1)
    samples = [rng.randbytes(20000), b"\x00" * 5000 + b"\r\n", b"EHLO " + b"x" * 100000 + b"\r\n", b"\r\n" * 2000, b"\n\r" * 500,
               b"MAIL FROM:<" + b"<" * 5000 + b">\r\n", b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<\xff\xfe@example.test>\r\nDATA\r\n",
               b"\x16\x03\x01\x02\x00\x01\x00" + rng.randbytes(300)]
    for sample in samples:
        with mail.smtp(timeout=60, greet=False) as c:
            try:
                c.send_raw(sample)
                c.sock.settimeout(0.5)
                while c.sock.recv(65536):
                    pass
            except (OSError, Closed):
                pass
    with mail.smtp(timeout=60) as c:
        c.ehlo()
        c.mail("a@client.test", ["b@example.test"], b"Subject: still here\n\nx\n")
    mail.wait_log(r"to=<b@example.test>.* status=sent", timeout=60)


def test_input_before_the_greeting_mixes_nothing_into_a_message(make_instance):
    """Commands in one segment with the message: what follows the dot is a command again, a bare LF dot is none."""
    mail = make_instance(main={"relay_domains": "example.test", "relay_transport": "discard", "smtpd_peername_lookup": "no"})
    with mail.smtp(timeout=60) as c:
        c.ehlo()
        c.send_raw(b"MAIL FROM:<a@client.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n")
        assert [c.reply().code for _ in range(3)] == [250, 250, 354]
        c.send_raw(b"Subject: x\r\n\r\nx\r\n.\r\nNOOP\r\n")
        assert [c.reply().code for _ in range(2)] == [250, 250]

# SPDX-License-Identifier: ISC
"""What the instance fixture writes and reads, apart from any server."""

import os
import socket

import pytest

from instance import FAULTS, Instance, Port


def test_ports_are_free_on_both_families():
    port = Port()
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as s:
            s.bind((host, port.number))


def test_a_port_is_leased_once():
    ports = [Port() for _ in range(50)]
    assert len({port.number for port in ports}) == 50


def test_configuration(tmp_path, dns):
    mail = Instance(tmp_path, main={"relayhost": "[127.0.0.1]:2525", "sandbox": None}, services="extra unix - - n - - extra\n",
                    dns=dns)
    text = (mail.config_dir / "main.cf").read_text()
    assert f"queue_directory = {tmp_path}/spool\n" in text
    assert "relayhost = [127.0.0.1]:2525\n" in text
    assert f"dns_servers = 127.0.0.1:{dns.port}\n" in text
    assert "sandbox" not in text
    assert (mail.config_dir / "master.cf").read_text().endswith("extra unix - - n - - extra\n")


def test_two_instances_share_nothing(tmp_path):
    one, two = Instance(tmp_path / "1"), Instance(tmp_path / "2")
    assert not {one.smtp_port, one.submission_port} & {two.smtp_port, two.submission_port}
    assert one.queue_dir != two.queue_dir and one.log_path != two.log_path


def test_root_names_users_that_exist(tmp_path):
    mail = Instance(tmp_path)
    users = {mail.main[name] for name in ("mail_owner", "net_owner", "auth_owner", "key_owner")}
    assert len(users) == (4 if os.geteuid() == 0 else 1)


def test_wait_log(tmp_path):
    mail = Instance(tmp_path)
    mail.log_path.write_text("postfix/smtp[1]: 4Xy: to=<a@b.test>, status=sent (250 ok)\n")
    assert mail.wait_log(r"to=<(.*?)>, status=sent").group(1) == "a@b.test"
    with pytest.raises(AssertionError, match="not in the log"):
        mail.wait_log("status=sent", timeout=0.1, since=mail.log_mark())


@pytest.mark.parametrize("line, is_fault", [
    ("postfix/qmgr[7]: panic: list is broken", True),
    ("postfix/master[7]: warning: process /x/smtpd pid 9 killed by signal 6", True),
    ("postfix/master[7]: warning: process /x/smtpd pid 9 killed by signal 15", False),
    ("postfix/smtpd[7]: warning: table is missing", False),
])
def test_faults_are_seen(line, is_fault):
    assert bool(FAULTS.search(line)) == is_fault

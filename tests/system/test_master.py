# SPDX-License-Identifier: ISC
"""master and carteiro: start, stop, reload, bad configuration, throttling, and what the manifests promise."""

import os
import pathlib
import re
import subprocess
import time

import pytest


def carteiro(mail, *args):
    return subprocess.run([mail.prefix / "sbin" / "carteiro", *args], env=mail.environment(), capture_output=True, text=True)


def topology(mail, *args):
    lines = carteiro(mail, "topology", *args).stdout.splitlines()
    names = lines[0].split()
    return [dict(zip(names, line.split(None, len(names) - 1))) for line in lines[1:]]


def test_start_status_stop(make_instance):
    mail = make_instance()
    assert carteiro(mail, "status").returncode == 0
    again = carteiro(mail, "start")
    assert again.returncode == 1 and "already running" in again.stderr
    assert carteiro(mail, "stop").returncode == 0
    assert carteiro(mail, "status").returncode == 1
    assert carteiro(mail, "stop").returncode == 1
    assert carteiro(mail, "start").returncode == 0
    mail.wait_log(r"postfix/master\[\d+\]: daemon started -- version ")


def test_second_master_is_refused(make_instance):
    mail = make_instance()
    master = mail.prefix / "libexec" / "carteiro" / "master"
    second = subprocess.run([master, "-d"], env=mail.environment(), capture_output=True, text=True)
    assert second.returncode == 1 and "another master is running" in second.stderr


@pytest.mark.parametrize("text, expected", [
    ("smtp inet n - n - -\n", r"master\.cf.*line 1"),
    ("smtp inet z - n - - smtpd\n", r"master\.cf.*line 1.*private.*\"?z\"?"),
    ("127.0.0.1:99999 inet n - n - - smtpd\n", r"line 1.*99999"),
])
def test_bad_master_cf_is_refused_with_file_and_line(make_instance, text, expected):
    mail = make_instance()
    (mail.config_dir / "master.cf").write_text(text)
    reload = carteiro(mail, "reload")
    if reload.returncode == 0:      # addresses are checked by master itself
        mail.wait_log(expected)
    else:
        assert re.search(expected, reload.stderr), reload.stderr
    assert carteiro(mail, "status").returncode == 0


def test_bad_main_cf_leaves_the_old_one_in_force(make_instance):
    mail = make_instance()
    text = (mail.config_dir / "main.cf").read_text()
    (mail.config_dir / "main.cf").write_text(text + "this line has no equal sign\n")
    answer = carteiro(mail, "reload")
    assert answer.returncode == 1 and re.search(r"main\.cf.*line \d+", answer.stderr), answer.stderr
    (mail.config_dir / "main.cf").write_text(text)
    assert carteiro(mail, "status").returncode == 0


def test_unknown_program_is_named_and_the_rest_runs(make_instance):
    mail = make_instance(services="628 inet n - n - - qmqpd\nuucp unix - n n - - uux flags=F user=uucp\n")
    mail.wait_log(r"service 628: program qmqpd: QMQP is not supported; use SMTP")
    mail.wait_log(r"service uucp: program uux: there is no such program")
    assert carteiro(mail, "status").returncode == 0


def test_running_processes_equal_the_manifests(make_instance):
    if os.geteuid() != 0:
        pytest.skip("only root has users to separate")
    mail = make_instance(main={"mydestination": "here.test", "local_recipient_maps": "", "home_mailbox": "no/Maildir/"})
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@here.test", ["nobody@here.test"], b"Subject: x\n\nx\n")
    mail.wait_log(r"postfix/local\[\d+\]: .*to=<nobody@here.test>")
    wanted = {row["program"]: row for row in topology(mail)}
    deadline = time.monotonic() + 10            # one that has just been started is not confined yet
    while True:
        running = topology(mail, "-r")
        if all(row["sandbox"] == wanted[row["program"]]["sandbox"] for row in running) or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert {"master", "postlogd", "qmgr", "smtpd", "cleanup", "local"} <= {row["program"] for row in running}
    for row in running:
        for fact in ("user", "root", "sandbox"):
            assert row[fact] == wanted[row["program"]][fact], (row, wanted[row["program"]])
        if row["program"] != "master":
            assert int(row["capabilities"], 16) == int(wanted[row["program"]]["capabilities"], 16), row


def open_files(pid):
    found = {}
    for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found[int(path.name)] = os.readlink(path)
        except OSError:
            pass
    return found


def test_children_inherit_their_own_sockets_and_nothing_else(make_instance):
    mail = make_instance(main={"mydestination": "here.test", "local_transport": "discard:", "local_recipient_maps": ""})
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@here.test", ["b@here.test"], b"Subject: x\n\nx\n")
        mail.wait_log(r"to=<b@here.test>.*status=sent")
        of_master = open_files(mail.master_pid())
        assert any(target.endswith("/pid/master.pid") for target in of_master.values())
        standard = {of_master[fd] for fd in (0, 1, 2)}
        rows = [row for row in topology(mail, "-r") if row["program"] != "master"]
        assert len({row["program"] for row in rows}) >= 5
        for row in rows:
            pid = row["pid"]
            listening = int(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[6])
            files = open_files(pid)
            shared = set(files.values()) & set(of_master.values()) - standard
            shared = {target for target in shared if not target.startswith("anon_inode:")}
            if str(mail.log_path) in shared:        # each opens the log for itself
                shared.remove(str(mail.log_path))
            assert shared == {files[fd] for fd in range(5, 5 + listening)}, (row, files)


def test_topology_graph_names_every_daemon(make_instance):
    mail = make_instance()
    graph = carteiro(mail, "topology", "-g").stdout
    assert graph.startswith("digraph carteiro {")
    for row in topology(mail):
        assert f'"{row["program"]}"' in graph


def test_clients_far_apart_are_served_alike(make_instance):
    """Between two clients an idle process closes its connections to others (ipc_idle)."""
    mail = make_instance(main={"mydestination": "here.test", "local_transport": "discard:", "local_recipient_maps": "",
                               "ipc_idle": "1s", "smtpd_peername_lookup": "no"})
    for number in (1, 2):
        with mail.smtp() as client:
            client.expect("EHLO client.test", 250)
            assert client.mail("a@here.test", ["b@here.test"], b"Subject: x\n\nx\n").code == 250
        time.sleep(2.5)
    assert len(re.findall(r"removed$", mail.log(), re.M)) == 2

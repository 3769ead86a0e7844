# SPDX-License-Identifier: ISC
"""Reload and stop: no connection and no delivery is dropped, and what hangs does not stay."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from queue_rest import wait_rest
from smtp_sink import END_OF_DATA, Delay

DISCARD = {"mydestination": "here.test", "local_transport": "discard:", "local_recipient_maps": "", "smtpd_peername_lookup": "no"}


def wait_for(what, timeout=15):
    deadline = time.monotonic() + timeout
    while not (value := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return value


def children(mail, program):
    """Process numbers of the instance's processes that run a program."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if name == program and int(rest.split()[1]) == mail.master_pid() and rest.split()[0] not in "ZX":
            found.append(int(path.parent.name))
    return found


def reload(mail, times=1):
    mark = mail.log_mark()
    for _ in range(times):
        mail.reload()
        mail.wait_log("reload -- version", since=mark)


def connect(mail, port):
    """A client of a service that a reload has just brought."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return mail.smtp(port, greet=False)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nobody listens on port {port}"
            time.sleep(0.05)


def set_main(mail, **values):
    mail.main.update(values)
    mail.write_configuration()


def set_services(mail, text):
    mail.services = text
    mail.write_configuration()


def is_refused(host, port):
    with socket.socket() as s:
        return s.connect_ex((host, port)) != 0


def begin_data(mail, subject, **where):
    client = mail.smtp(**where)
    client.ehlo()
    client.expect("MAIL FROM:<a@x.test>", 250)
    client.expect(f"RCPT TO:<{subject}@y.test>", 250)
    client.expect("DATA", 354)
    client.send_raw(b"Subject: " + subject.encode() + b"\r\n\r\nfirst half\r\n")
    return client


def test_conversations_and_deliveries_outlive_reloads(make_instance, dns, sink):
    mail = make_instance(dns=dns, main={"relayhost": f"[{sink.host}]:{sink.port}", "smtp_tls_security_level": "none"})
    sink.on(END_OF_DATA, Delay(2), times=2)
    for name in ("slow0", "slow1"):
        with mail.smtp() as client:
            client.ehlo()
            client.mail("a@x.test", [f"{name}@y.test"], b"Subject: slow\n\nx\n")
    wait_for(lambda: len(children(mail, "smtp")) >= 1)
    halves = [begin_data(mail, f"half{i}") for i in range(3)]
    for round_ in range(4):
        reload(mail)
        with mail.smtp() as client:
            client.ehlo()
            client.mail("a@x.test", [f"between{round_}@y.test"], b"Subject: between\n\nx\n")
    for client in halves:
        client.send_raw(b"second half\r\n.\r\n")
        assert client.reply().code == 250
        client.expect("RSET", 250)          # the conversation goes on
        client.expect("QUIT", 221)
    sink.wait(9)
    wait_for(lambda: len(re.findall(r"qmgr\[\d+\]: \S+: removed$", mail.log(), re.M)) == 9)
    got = sorted(r for m in sink.messages for r in m.recipients)
    assert got == sorted(f"{n}@y.test" for n in ["slow0", "slow1"] + [f"half{i}" for i in range(3)] + [f"between{i}" for i in range(4)])


def test_no_message_meets_a_cleanup_that_ends(make_instance):
    """Clients that pause between envelope and content, and a flood of quick ones, while one reload follows the other: all get 250."""
    mail = make_instance(main=DISCARD)
    paused, replies = [], []
    for _ in range(6):
        client = mail.smtp()
        client.ehlo()
        client.expect("MAIL FROM:<a@x.test>", 250)
        client.expect("RCPT TO:<b@here.test>", 250)
        paused.append(client)

    done = threading.Event()

    def flood():
        while not done.is_set():
            with mail.smtp(timeout=60) as client:
                client.ehlo()
                for _ in range(20):
                    client.cmd("MAIL FROM:<a@x.test>")
                    client.cmd("RCPT TO:<b@here.test>")
                    if client.cmd("DATA").code == 354:
                        client.send_raw(b"Subject: x\r\n\r\nx\r\n.\r\n")
                        replies.append(client.reply().code)
                    else:
                        replies.append(None)

    threads = [threading.Thread(target=flood) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(8):                          # a reload while some messages come, so that new processes have begun
        os.kill(mail.master_pid(), signal.SIGHUP)
        seen = len(replies)
        wait_for(lambda: len(replies) >= seen + 15, timeout=60)
    done.set()
    for thread in threads:
        thread.join()
    for client in paused:
        client.expect("DATA", 354)
        client.send_raw(b"Subject: x\r\n\r\nx\r\n.\r\n")
        assert client.reply().code == 250
        client.close()
    assert set(replies) == {250}


def test_old_processes_end_and_new_ones_know_the_new_values(make_instance):
    mail = make_instance(main=DISCARD)
    with mail.smtp() as client:
        client.ehlo()
    old = children(mail, "smtpd")
    set_main(mail, smtpd_banner="$myhostname ESMTP second")
    reload(mail)
    wait_for(lambda: not set(old) & set(children(mail, "smtpd")))
    with mail.smtp(greet=False) as client:
        assert "second" in str(client.reply())


def test_the_process_limit_counts_all_generations(make_instance):
    mail = make_instance(main=DISCARD)
    port = mail.new_port()
    set_services(mail, f"127.0.0.1:{port} inet n - n - 2 smtpd\n")
    reload(mail)
    wait_for(lambda: not is_refused("127.0.0.1", port))
    first, second = mail.smtp(port), mail.smtp(port)
    for _ in range(3):
        reload(mail)
    third = mail.smtp(port, greet=False)
    third.sock.settimeout(1)
    with pytest.raises(TimeoutError):
        third.sock.recv(1, socket.MSG_PEEK)
    mail.wait_log(rf'service "127.0.0.1:{port}" \(127.0.0.1:{port}\) has reached its process limit "2"')
    first.expect("NOOP", 250)
    first.expect("QUIT", 221)
    third.sock.settimeout(15)
    assert third.reply().code == 220
    second.expect("NOOP", 250)
    for client in (first, second, third):
        client.close()


def test_addresses_come_and_go_under_open_sessions(make_instance):
    mail = make_instance(main=DISCARD | {"inet_interfaces": "127.0.0.1"})
    port = mail.new_port()
    set_services(mail, f"{port} inet n - n - - smtpd\n")
    reload(mail)
    wait_for(lambda: not is_refused("127.0.0.1", port))
    assert is_refused("127.0.0.2", port)
    with mail.smtp(port) as client:
        client.ehlo()
        set_main(mail, inet_interfaces="127.0.0.1, 127.0.0.2")
        reload(mail)
        wait_for(lambda: not is_refused("127.0.0.2", port))
        set_main(mail, inet_interfaces="127.0.0.2")
        reload(mail)
        wait_for(lambda: is_refused("127.0.0.1", port))
        client.expect("NOOP", 250)
        set_main(mail, inet_interfaces="127.0.0.1")     # while a process still holds the old socket
        reload(mail)
        wait_for(lambda: not is_refused("127.0.0.1", port))
        assert is_refused("127.0.0.2", port)
        with mail.smtp(port) as other:
            other.ehlo()
        set_services(mail, "")
        reload(mail)
        wait_for(lambda: is_refused("127.0.0.1", port))
        assert client.mail("a@here.test", ["b@here.test"], b"Subject: x\n\nx\n").code == 250
    assert "accept a client" not in mail.log()


def test_an_address_that_cannot_be_found_out_leaves_the_old_sockets(make_instance):
    mail = make_instance(main=DISCARD | {"inet_interfaces": "127.0.0.1"})
    port = mail.new_port()
    set_services(mail, f"{port} inet n - n - - smtpd\n")
    reload(mail)
    wait_for(lambda: not is_refused("127.0.0.1", port))
    set_main(mail, inet_interfaces="no-such-host.invalid")
    reload(mail)
    mail.wait_log(r'error: .*service \d+: inet_interfaces: host "no-such-host.invalid"')
    client = mail.smtp(port, greet=False)       # no smtpd can start now, but whoever comes is not turned away
    set_main(mail, inet_interfaces="127.0.0.1")
    reload(mail)
    assert client.reply().code == 220
    client.close()


def test_services_switched_off_and_on(make_instance):
    mail = make_instance(main=DISCARD)
    port = mail.new_port()
    set_services(mail, f"127.0.0.1:{port} inet n - n - - smtpd\n")
    set_main(mail, master_service_disable=f"127.0.0.1:{port}/inet")
    reload(mail)
    with mail.smtp() as client:
        client.ehlo()
    assert is_refused("127.0.0.1", port)
    set_main(mail, master_service_disable="inet")
    reload(mail)
    wait_for(lambda: is_refused("127.0.0.1", mail.smtp_port))
    set_main(mail, master_service_disable="")
    reload(mail)
    for number in (port, mail.smtp_port):
        wait_for(lambda: not is_refused("127.0.0.1", number))
        with mail.smtp(number) as client:
            client.ehlo()


def test_the_queue_does_not_move_under_a_running_system(make_instance):
    mail = make_instance(main=DISCARD)
    set_main(mail, queue_directory=mail.dir / "other")
    os.kill(mail.master_pid(), signal.SIGHUP)
    mail.wait_log(r"error: reload: queue_directory was \S+ and is now \S+/other: that needs a stop and a start")
    set_main(mail, queue_directory=mail.queue_dir)
    with mail.smtp() as client:
        client.ehlo()
        assert client.mail("a@here.test", ["b@here.test"], b"Subject: x\n\nx\n").code == 250


def test_a_process_that_hangs_does_not_outlive_a_reload_for_long(make_instance):
    mail = make_instance(main=DISCARD | {"daemon_timeout": "2s"})
    with mail.smtp() as client:
        client.ehlo()
    pid = wait_for(lambda: children(mail, "smtpd"))[0]
    os.kill(pid, signal.SIGSTOP)
    reload(mail)
    with mail.smtp() as client:
        client.ehlo()
        mail.wait_log(rf"warning: process smtpd pid {pid} made no progress for \d+ seconds: killed")
    wait_for(lambda: pid not in children(mail, "smtpd"))


def test_a_process_that_hangs_does_not_keep_a_stop(make_instance):
    mail = make_instance(main=DISCARD | {"stop_grace_time": "1s"})
    with mail.smtp() as client:
        client.ehlo()
    os.kill(wait_for(lambda: children(mail, "smtpd"))[0], signal.SIGSTOP)
    mail.stop()


def test_a_stop_waits_for_deliveries_and_repeats_none(make_instance, dns, sink):
    mail = make_instance(dns=dns, main={"relayhost": f"[{sink.host}]:{sink.port}", "smtp_tls_security_level": "none",
                                        "stop_grace_time": "20s"})
    sink.on(END_OF_DATA, Delay(1.5), times=1)
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@x.test", ["b@y.test"], b"Subject: x\n\nx\n")
    wait_for(lambda: sink.commands("DATA"))                     # the content is under way
    mail.stop()
    assert len(sink.messages) == 1
    mail.wait_log(r"qmgr\[\d+\]: \S+: removed")
    mail.start()
    wait_rest(mail.queue_dir)
    assert len(sink.messages) == 1


def test_a_stop_refuses_new_clients_at_once(make_instance, dns, sink):
    mail = make_instance(dns=dns, main={"relayhost": f"[{sink.host}]:{sink.port}", "smtp_tls_security_level": "none",
                                        "stop_grace_time": "20s"})
    sink.on(END_OF_DATA, Delay(2), times=1)
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@x.test", ["b@y.test"], b"Subject: x\n\nx\n")
    wait_for(lambda: sink.commands("DATA"))
    os.kill(mail.master_pid(), signal.SIGTERM)
    mail.wait_log("terminating on signal 15")
    wait_for(lambda: is_refused("127.0.0.1", mail.smtp_port), timeout=1.5)
    assert mail.master_pid()


def test_a_stop_keeps_nobody_waiting_for_a_service(make_instance):
    """What a session needs after the stop has begun is refused at once, not when all are killed."""
    mail = make_instance(main=DISCARD | {"stop_grace_time": "100s", "notify_classes": "protocol"})
    client = mail.smtp()
    client.ehlo()
    client.expect("NONSENSE", 500)
    os.kill(mail.master_pid(), signal.SIGTERM)
    mail.wait_log("terminating on signal 15")
    client.close()                              # the transcript is due
    wait_for(lambda: mail.master_pid() is None)
    mail.wait_log(r"smtpd\[\d+\]: warning: .*connect to service cleanup: the mail system is stopping")


def test_reload_ends_throttling(make_instance):
    mail = make_instance(main=DISCARD)
    port = mail.new_port()
    set_services(mail, f"127.0.0.1:{port} inet n - n - - smtpd -o smtpd_timeout=soon\n")
    reload(mail)
    client = connect(mail, port)
    mail.wait_log(r"warning: \S+/smtpd: bad command startup -- throttling")
    assert len(re.findall("throttling", mail.log())) == 1
    set_services(mail, f"127.0.0.1:{port} inet n - n - - smtpd\n")
    reload(mail)
    assert client.reply().code == 220       # who waited is served
    client.close()


def test_many_reloads_leave_nothing_behind(make_instance):
    mail = make_instance(main=DISCARD)
    with mail.smtp() as client:
        client.ehlo()
    fds = pathlib.Path(f"/proc/{mail.master_pid()}/fd")
    for number in range(3):                 # warm
        set_services(mail, f"127.0.0.1:{mail.submission_port + 0} inet n - n - - smtpd\n" if number % 2 else "")
        reload(mail)
    wait_for(lambda: len(children(mail, "smtpd")) == 0)
    before = len(list(fds.iterdir()))
    for _ in range(15):
        reload(mail)
    with mail.smtp() as client:
        client.ehlo()
    reload(mail)
    wait_for(lambda: len(children(mail, "smtpd")) == 0)
    wait_for(lambda: len(list(fds.iterdir())) <= before + 4)


def test_old_kinds_of_sockets_serve(make_instance):
    """Files from before 2.x name fifos."""
    mail = make_instance(main=DISCARD)
    text = (mail.config_dir / "master.cf").read_text()
    for name in ("pickup", "qmgr"):
        text = re.sub(rf"^{name}(\s+)unix", rf"{name}\1fifo", text, flags=re.M)
    (mail.config_dir / "master.cf").write_text(text)
    reload(mail)
    with mail.smtp() as client:
        client.ehlo()
        client.mail("a@here.test", ["b@here.test"], b"Subject: x\n\nx\n")
    mail.wait_log(r"to=<b@here.test>.*status=sent")
    mark = mail.log_mark()
    mail.command("sendmail", "-f", "a@here.test", "c@here.test", stdin=b"Subject: y\n\ny\n")
    mail.wait_log(r"to=<c@here.test>.*status=sent", since=mark)


def test_wakeup_only_of_what_was_used(make_instance):
    mail = make_instance(main=DISCARD, services="quiet unix - - n 1? - discard\nwoken unix - - n 1 - discard\n")
    wait_for(lambda: children(mail, "discard"))
    time.sleep(2.5)
    assert [name for pid in children(mail, "discard")
            if (name := pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[2]) != b"woken"] == []


def test_service_manager_is_told(make_instance, tmp_path):
    mail = make_instance(main=DISCARD)
    mail.stop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(15)
        env = mail.environment() | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        master = subprocess.Popen([mail.prefix / "sbin" / "carteiro", "start-fg"], env=env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def expect(text):
            while text not in (got := manager.recv(4096).decode()):
                assert got.startswith("WATCHDOG=1"), got
            return got

        assert f"MAINPID={master.pid}\n" in expect("READY=1")
        expect("WATCHDOG=1")
        expect("WATCHDOG=1")
        master.send_signal(signal.SIGHUP)
        assert re.search(r"MONOTONIC_USEC=\d+\n", expect("RELOADING=1"))
        expect("READY=1")
        master.send_signal(signal.SIGTERM)
        expect("STOPPING=1")
        assert master.wait(15) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a process namespace")
def test_process_one_reaps_orphans(make_instance):
    mail = make_instance(main=DISCARD)
    mail.stop()
    with open(mail.console_path, "ab") as console:
        init = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", mail.prefix / "sbin" / "carteiro", "start-fg"],
                                env=mail.environment(), stdin=subprocess.DEVNULL, stdout=console, stderr=console)
    try:
        with wait_for(lambda: not is_refused("127.0.0.1", mail.smtp_port)) and mail.smtp() as client:
            client.ehlo()
        master = int(subprocess.run(["pgrep", "-P", str(init.pid)], capture_output=True, text=True, check=True).stdout)
        subprocess.run(["nsenter", "--target", str(master), "--pid", "sh", "-c", "(sleep 0.1 &) ; exit 0"], check=True)
        # As long as nobody has asked for its status, it is listed.
        wait_for(lambda: "sleep" not in subprocess.run(["ps", "-o", "comm=", "--ppid", str(master)], capture_output=True, text=True, check=True).stdout)
        os.kill(master, signal.SIGTERM)
        assert init.wait(20) == 0
    finally:
        init.kill()
        init.wait()


def test_an_instance_named_by_a_relative_path(make_instance):
    mail = make_instance(main=DISCARD)
    mail.stop()
    carteiro = mail.prefix / "sbin" / "carteiro"
    env = {name: value for name, value in mail.environment().items() if name != "MAIL_CONFIG"}
    subprocess.run([carteiro, "-c", "etc", "start"], cwd=mail.dir, env=env, check=True, capture_output=True)
    mail.running = True
    with mail.smtp() as client:
        client.ehlo()
    reload(mail)
    with mail.smtp() as client:
        client.ehlo()


def test_a_debugger_is_started_beside_a_daemon(make_instance):
    """Option -D, in master.cf for one service."""
    mail = make_instance(main=DISCARD)
    note = mail.dir / "note"
    set_main(mail, debugger_command=f"echo $daemon_directory/$process_name $process_id > {note}")
    port = mail.new_port()
    set_services(mail, f"127.0.0.1:{port} inet n - n - - smtpd -D\n")
    reload(mail)
    wait_for(lambda: not is_refused("127.0.0.1", port))
    with mail.smtp(port) as client:
        client.ehlo()
        program, pid = note.read_text().split()
        assert program == f"{mail.main['daemon_directory']}/smtpd" and int(pid) in children(mail, "smtpd")


def test_passed_connections(make_instance):
    """Type pass: another process accepts, and hands the client over."""
    mail = make_instance(main=DISCARD, services="handed pass - - n - - smtpd\n")
    ours, theirs = socket.socketpair()
    with socket.socket(socket.AF_UNIX) as door, ours:
        door.connect(str(mail.queue_dir / "private" / "handed"))
        socket.send_fds(door, [b"x"], [theirs.fileno()])
        theirs.close()
        ours.settimeout(15)
        assert ours.recv(200).startswith(b"220 ")

# SPDX-License-Identifier: ISC
"""The queue manager at work, seen from its queue and its log."""

import os
import pwd
import re
import socket
import signal
import time

import pytest

from queue_file import find, put, queue_path, wait_for
from smtp_sink import END_OF_DATA, HANG, Delay
from until import wait_until

TRANSPORTS = "inline:{ {retry.test = retry:4.2.0 try later}, {error.test = error:5.1.1 nobody}, {gone.test = nosuch:x} }"
MAIN = {"default_transport": "discard:thrown away", "transport_maps": TRANSPORTS}


@pytest.fixture(scope="module")
def usual_instance(make_shared_instance):
    return make_shared_instance(main=MAIN)


@pytest.fixture
def mail(usual_instance):
    """For tests that neither stop it nor look at more than their own messages."""
    usual_instance.forget_log()
    return usual_instance


@pytest.fixture
def own_mail(make_instance):
    return make_instance(main=MAIN)


def flush(mail):
    mail.command("postqueue", "-f")


def children(mail, name):
    """Processes of this instance by program name."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
                text = stat.read()
        except OSError:
            continue
        if f"({name})" in text and int(text.rpartition(")")[2].split()[1]) == mail.master_pid():
            found.append(int(pid))
    return found


def left(mail):
    return [path.name for queue in ("incoming", "active", "deferred") for path in (mail.queue_dir / queue).glob("**/*")
            if path.is_file() and not path.name.startswith(".")]


def wait_empty(mail, timeout=30):
    wait_until(lambda: not left(mail), "no message is left", timeout)


def test_life_of_a_message(mail):
    queue_id, = put(mail, sender="s@x.test", rcpts=["a@y.test", "b@y.test"])
    flush(mail)
    mail.wait_log(rf"qmgr\[\d+\]: {queue_id}: removed")
    own = [line.split(": ", 1)[1] for line in mail.log().splitlines() if queue_id in line]
    assert re.fullmatch(rf"{queue_id}: from=<s@x.test>, size=\d+, nrcpt=2 \(queue active\)", own[0])
    assert re.fullmatch(rf"{queue_id}: to=<a@y.test>, relay=none, delay=[\d.]+, delays=[\d./]+, dsn=2.0.0, "
                        r"status=sent \(thrown away\)", own[1])
    assert own[3] == f"{queue_id}: removed"
    assert find(mail, queue_id) == []


def test_file_that_is_not_ready_is_left_alone(mail):
    queue_id, = put(mail, mode=0o600)
    ready, = put(mail)
    flush(mail)
    mail.wait_log(f"{ready}: removed")
    assert find(mail, queue_id) == ["incoming"]


def test_done_recipients_are_not_delivered_again(mail):
    queue_id, = put(mail, rcpts=[("done@y.test", {"done": True}), "todo@y.test"])
    flush(mail)
    mail.wait_log(f"{queue_id}: removed")
    assert "to=<todo@y.test>" in mail.log() and "to=<done@y.test>" not in mail.log()


def test_partial_delivery_is_remembered(mail):
    queue_id, = put(mail, rcpts=["a@ok.test", "b@retry.test"])
    flush(mail)
    mail.wait_log(rf"{queue_id}: to=<b@retry.test>.*status=deferred \(try later\)")
    mail.wait_log(rf"{queue_id}: to=<a@ok.test>.*status=sent")
    flush(mail)
    wait_until(lambda: flush(mail) or mail.log().count("to=<b@retry.test>") >= 2, "a second attempt")
    assert mail.log().count("to=<a@ok.test>") == 1


@pytest.mark.parametrize("age, low, high", [(0, 300, 310), (1000, 1000, 1010), (50000, 4000, 4010)])
def test_backoff_follows_age(mail, age, low, high):
    queue_id, = put(mail, rcpts=["a@retry.test"], age=age)
    flush(mail)
    mail.wait_log(rf"{queue_id}: to=.*status=deferred")
    wait_for(mail, queue_id, ["defer", "deferred"])
    wait_s = queue_path(mail, "deferred", queue_id).stat().st_mtime - time.time()
    assert low - 15 < wait_s < high


def test_due_mail_is_tried_by_itself(make_instance):
    mail = make_instance(main=MAIN | {"minimal_backoff_time": "1s", "maximal_backoff_time": "1s", "queue_run_delay": "1s"})
    queue_id, = put(mail, rcpts=["a@retry.test"])
    flush(mail)
    wait_until(lambda: mail.log().count(f"{queue_id}: to=<a@retry.test>") >= 3, "three attempts")


def write_transport(tables, text):
    """Make or change the table transport, for which there is an index."""
    tables.write("transport", text)
    os.utime(tables.dir / "transport", (time.time() - 60, time.time() - 60))
    tables.postmap("lmdb:transport")


def test_changed_table_is_seen(make_instance, tables):
    """A successor opens the new table; the flush that the old one was asked for is not lost."""
    write_transport(tables, "one.test retry:4.2.0 not yet\ntwo.test retry:4.2.0 not yet\n")
    mail = make_instance(main={"default_transport": "discard:x", "transport_maps": f"lmdb:{tables.dir}/transport"})
    old, = put(mail, rcpts=["a@one.test"])
    flush(mail)
    mail.wait_log(rf"{old}: to=<a@one.test>.*status=deferred \(not yet\)")
    wait_for(mail, old, ["defer", "deferred"])
    write_transport(tables, "one.test discard:now one\ntwo.test discard:now two\n")
    time.sleep(1.1)                     # tables are looked at once a second
    new, = put(mail, rcpts=["b@two.test"])
    flush(mail)
    mail.wait_log(rf"{new}: to=<b@two.test>.*status=sent \(now two\)")
    mail.wait_log(rf"{old}: to=<a@one.test>.*status=sent \(now one\)")
    assert len(re.findall(rf"{new}: to=", mail.log())) == 1
    assert mail.log().count("has changed -- restarting") >= 1


def test_a_table_that_changes_again_and_again_piles_up_no_processes(make_instance, sink, tables):
    """While a delivery keeps a former queue manager, its successor has none of its own; mail flows, and the last change counts."""
    write_transport(tables, "now.test discard:number 0\n")
    mail = make_instance(main={"default_transport": f"smtp:[127.0.0.1]:{sink.port}", "smtp_tls_security_level": "none",
                               "transport_maps": f"lmdb:{tables.dir}/transport"})
    sink.on("RCPT TO:<slow@", HANG)
    slow, = put(mail, rcpts=["slow@far.test"])
    flush(mail)
    wait_until(lambda: sink.commands("RCPT TO:<slow@"), "the slow delivery is under way")
    for number in 1, 2:
        write_transport(tables, f"now.test discard:number {number}\n")
        time.sleep(1.1)                 # tables are looked at once a second
        queue_id, = put(mail, rcpts=["a@now.test"])
        flush(mail)
        mail.wait_log(rf"{queue_id}: to=<a@now.test>.*status=sent \(number 1\)")
        assert len(children(mail, "qmgr")) == 2
    for pid in children(mail, "smtp"):
        os.kill(pid, signal.SIGKILL)
    mail.wait_log(rf"{slow}: to=<slow@far.test>.*status=deferred")
    deadline = time.monotonic() + 15
    while "(number 2)" not in mail.log():
        assert time.monotonic() < deadline, mail.log_tail()
        put(mail, rcpts=["a@now.test"])
        flush(mail)
        time.sleep(0.3)
    assert len(re.findall(r"qmgr\[\d+\]: table .* has changed -- restarting", mail.log())) == 2


def test_what_cannot_be_written_is_written_later(make_instance, sink):
    """As on a full disk: files that cannot be deferred, removed, marked or taken back at a start. Nothing is forgotten or repeated."""
    mail = make_instance(main=MAIN | {"default_transport": f"smtp:[127.0.0.1]:{sink.port}", "smtp_tls_security_level": "none"})
    sink.on(END_OF_DATA, Delay(1))
    deferred, active, incoming = (mail.queue_dir / name for name in ("deferred", "active", "incoming"))
    deferred.chmod(0o500)
    waits, = put(mail, rcpts=["a@retry.test"])
    half, = put(mail, rcpts=["half@far.test", "b@retry.test"], mode=0o500)
    goes, = put(mail, rcpts=["a@far.test"])
    flush(mail)
    wait_for(mail, goes, ["active"])
    mail.wait_log(rf"{waits}: to=<a@retry.test>.*status=deferred")
    active.chmod(0o500)
    mail.wait_log(rf"warning: {goes}: remove queue file active/{goes}: Permission denied; it stays in active")
    mail.wait_log(rf"warning: {waits}: .*: Permission denied; it stays in active")
    mail.wait_log(rf"warning: {half}: recipient cannot be marked done: open queue file active/{half}: Permission denied")
    mail.wait_log(rf"warning: {half}: open .*: Permission denied; it stays in active")
    for path in active, deferred, active / half:
        path.chmod(0o700)
    mail.wait_log(rf"{goes}: removed")
    for queue_id in waits, half:
        wait_for(mail, queue_id, ["defer", "deferred"])
    stranded, = put(mail, "active", rcpts=["c@retry.test"])
    incoming.chmod(0o500)
    for pid in children(mail, "qmgr"):
        os.kill(pid, signal.SIGKILL)
    mail.wait_log(rf"warning: move queue file active/{stranded} to incoming/{stranded}: Permission denied")
    incoming.chmod(0o700)
    wait_for(mail, stranded, ["defer", "deferred"])
    flush(mail)
    deadline = time.monotonic() + 10
    while mail.log().count(f"{half}: to=<b@retry.test>") < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    counts = [mail.log().count(f": to=<{rcpt}>") for rcpt in ("a@far.test", "half@far.test", "b@retry.test")]
    assert counts == [1, 1, 2]
    assert len(re.findall(r"warning: .*Permission denied", mail.log())) == 5, mail.log_tail()


def test_unknown_transport_defers(mail):
    queue_id, = put(mail, rcpts=["a@gone.test"])
    flush(mail)
    mail.wait_log(rf"{queue_id}: to=<a@gone.test>, relay=none, .*dsn=4.3.0, status=deferred \(mail transport unavailable\)")


def test_defer_transports(make_instance):
    mail = make_instance(main=MAIN | {"defer_transports": "discard"})
    queue_id, = put(mail)
    with socket.socket(socket.AF_UNIX) as trigger:          # look into incoming, as after the time of its wake-up
        trigger.connect(str(mail.queue_dir / "public" / "qmgr"))
        trigger.send(b"I")
    mail.wait_log(rf"{queue_id}: to=.*status=deferred \(deferred transport\)")
    wait_for(mail, queue_id, ["defer", "deferred"])
    flush(mail)
    mail.wait_log(rf"{queue_id}: to=.*status=sent")


def test_damaged_file_goes_to_corrupt(mail):
    queue_id, = put(mail)
    good, = put(mail)
    path = mail.queue_dir / "incoming" / queue_id
    path.write_bytes(path.read_bytes()[:600])
    flush(mail)
    mail.wait_log(f"{good}: removed")
    mail.wait_log(rf"warning: {queue_id}: damaged queue file")
    assert find(mail, queue_id) == ["corrupt"]


def test_many_recipients(mail):
    queue_id, = put(mail, rcpts=[f"r{i}@d{i % 7}.test" for i in range(2500)])
    flush(mail)
    mail.wait_log(f"{queue_id}: removed", timeout=60)
    assert len(set(re.findall(r"to=<(r\d+)@", mail.log()))) == 2500


def test_active_mail_survives_a_restart(own_mail):
    own_mail.stop()
    ids = put(own_mail, "active", count=5)
    own_mail.start()
    flush(own_mail)
    for queue_id in ids:
        own_mail.wait_log(f"{queue_id}: removed")


def test_complete_files_of_a_lost_boot_are_accepted(own_mail):
    own_mail.stop()
    whole, cut, changed = put(own_mail, count=3, mode=0o600)
    path = own_mail.queue_dir / "incoming" / cut
    path.write_bytes(path.read_bytes()[:-30])
    marker = own_mail.queue_dir / "active" / ".boot-id"
    if marker.exists():
        marker.write_text("another boot")
    for queue_id in whole, cut, changed:
        os.utime(own_mail.queue_dir / "incoming" / queue_id, (1, 1))
    path = own_mail.queue_dir / "incoming" / changed
    data = bytearray(path.read_bytes())
    data[520] ^= 1
    path.write_bytes(data)
    os.utime(path, (1, 1))
    own_mail.start()
    flush(own_mail)
    own_mail.wait_log(rf"incoming/{whole}: complete when the system stopped: accepted")
    own_mail.wait_log(rf"{whole}: removed")
    for queue_id in cut, changed:
        own_mail.wait_log(rf"incoming/{queue_id}: not complete when the system stopped")


def test_files_of_a_lost_boot_are_accepted_wherever_they_lie(own_mail):
    own_mail.stop()
    places = {queue: put(own_mail, queue, mode=0o600)[0] for queue in ("active", "hold", "deferred")}
    for queue, queue_id in places.items():
        os.utime(queue_path(own_mail, queue, queue_id), (1, 1))
    future, = put(own_mail, mode=0o600, due=100000)         # the clock is behind since then
    unread, = put(own_mail, mode=0o600)                     # nobody can tell yet
    os.utime(queue_path(own_mail, "incoming", unread), (1, 1))
    if os.geteuid() == 0:
        os.chown(queue_path(own_mail, "incoming", unread), 0, 0)
    else:
        os.chmod(queue_path(own_mail, "incoming", unread), 0)
    sealed, = put(own_mail, "hold", mode=0o100)             # the mark says all: nobody opens it
    marker = own_mail.queue_dir / "active" / ".boot-id"
    marker.write_text("another boot")
    own_mail.start()
    flush(own_mail)
    for queue, queue_id in (places | {"incoming": future}).items():
        own_mail.wait_log(rf"{queue}/{queue_id}: complete when the system stopped: accepted")
    assert sealed not in own_mail.log()
    own_mail.command("postsuper", "-H", places["hold"])
    for queue_id in [*places.values(), future]:
        own_mail.wait_log(rf"{queue_id}: removed")
    own_mail.wait_log(rf"warning: open queue file incoming/{unread}: Permission denied")
    assert marker.read_text() == "another boot"
    if os.geteuid() == 0:
        os.chown(queue_path(own_mail, "incoming", unread), pwd.getpwnam(own_mail.main["mail_owner"]).pw_uid, -1)
    os.chmod(queue_path(own_mail, "incoming", unread), 0o600)
    own_mail.stop()
    own_mail.start()
    own_mail.wait_log(rf"{unread}: removed")
    assert marker.read_text() != "another boot"


def test_complete_files_of_a_dead_process_are_not(own_mail):
    """But a day later, when nobody is at work on them, nothing that is whole is removed."""
    put(own_mail)
    flush(own_mail)
    own_mail.wait_log("removed")
    own_mail.stop()
    queue_id, = put(own_mail, mode=0o600)
    old, cut = put(own_mail, mode=0o600, due=-100000, count=2)
    os.truncate(queue_path(own_mail, "incoming", cut), 600)
    os.utime(queue_path(own_mail, "incoming", cut), (1, 1))
    own_mail.start()
    flush(own_mail)
    own_mail.wait_log(rf"incoming/{cut}: removed: it was never completed")
    own_mail.wait_log(rf"incoming/{old}: complete, but never marked ready: accepted")
    own_mail.wait_log(rf"{old}: removed")
    assert find(own_mail, queue_id) == ["incoming"]


def test_nothing_is_lost_or_repeated_by_reload(own_mail):
    put(own_mail, count=1500)
    flush(own_mail)
    for _ in range(3):
        time.sleep(0.1)
        own_mail.reload()
    wait_empty(own_mail)
    sent = re.findall(r"(\w+): to=.*status=sent", own_mail.log())
    assert len(sent) == len(set(sent)) == 1500


def test_a_killed_queue_manager_comes_back_by_itself(own_mail):
    flush(own_mail)
    queue_id, = put(own_mail)
    own_mail.command("postqueue", "-f")
    own_mail.wait_log(f"{queue_id}: removed")
    queue_id, = put(own_mail)
    for pid in children(own_mail, "qmgr"):
        os.kill(pid, signal.SIGKILL)
    own_mail.wait_log(f"{queue_id}: removed", timeout=20)


@pytest.mark.parametrize("victim", ["qmgr", "discard", "error", "bounce"])
def test_nothing_is_lost_by_kill(make_instance, victim):
    mail = make_instance(main=MAIN | {"transport_retry_time": "1s", "minimal_backoff_time": "1s",
                                      "service_throttle_time": "1s"})
    ids = set(put(mail, count=600))
    flush(mail)
    for _ in range(4):
        time.sleep(0.05)
        for pid in children(mail, victim):
            os.kill(pid, signal.SIGKILL)
        mail.command("postqueue", "-f", check=False)
    deadline = time.monotonic() + 90
    while left(mail) and time.monotonic() < deadline:
        time.sleep(1.1)
        mail.command("postqueue", "-f", check=False)
    assert not left(mail), mail.log_tail()
    assert ids <= set(re.findall(r"(\w+): to=.*status=sent", mail.log()))


def actives(mail, ids):
    """The order in which these messages became active: 'f' for the first list's, 'd' for the second's."""
    kind = {queue_id: letter for letter, group in zip("fd", ids) for queue_id in group}
    return "".join(kind[queue_id] for queue_id in re.findall(r"qmgr\[\d+\]: (\w+): from=.*\(queue active\)", mail.log()) if queue_id in kind)


@pytest.mark.parametrize("fresh, due", [(150, 5), (5, 150)], ids=["much new mail", "much due mail"])
def test_new_and_due_mail_take_turns(own_mail, fresh, due):
    own_mail.stop()
    ids = put(own_mail, count=fresh), put(own_mail, queue="deferred", count=due, age=4000)
    own_mail.start()
    wait_empty(own_mail)
    order = actives(own_mail, ids)
    assert len(order) == fresh + due
    few = "d" if due < fresh else "f"
    assert order.rindex(few) < 60, order


def test_one_recipient_per_delivery_makes_recipients_of_destinations(make_instance, sink):
    """With a concurrency of one, a slow recipient holds up nobody else of the same host."""
    mail = make_instance(main={"default_transport": f"smtp:[127.0.0.1]:{sink.port}", "smtp_destination_recipient_limit": "1",
                               "smtp_destination_concurrency_limit": "1", "smtp_initial_destination_concurrency": "1"})
    sink.on("RCPT TO:<slow@", HANG)
    queue_id, = put(mail, rcpts=["slow@far.test", "fast@far.test"])
    flush(mail)
    mail.wait_log(rf"{queue_id}: to=<fast@far.test>.*status=sent")


def test_domain_in_two_lists_is_warned_of(make_instance):
    mail = make_instance(main=MAIN | {"mydestination": "both.test", "virtual_mailbox_domains": "both.test",
                                      "transport_maps": "inline:{ {both.test = discard:x} }"})
    put(mail, rcpts=["a@both.test"])
    flush(mail)
    mail.wait_log(r"qmgr\[\d+\]: warning: do not list domain both.test in BOTH mydestination and virtual_mailbox_domains")

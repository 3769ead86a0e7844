# SPDX-License-Identifier: ISC
"""cleanup in a running instance: the sandbox lets it do its work, commit is asked, the file is mail."""

import os
import stat

import pytest

from service_client import ServiceClient

SERVICES = "cleanup-test pass - - n - - cleanup\n"
MAPPINGS_AND_CHECKS = 3
MESSAGE = b"Subject: hello\nFrom: a@sender.test\n\nthe body\n"


def hand_over(client, content=MESSAGE, sender="a@sender.test", rcpt="joe@example.test", **more):
    """One message; the queue ID and the answer."""
    client.send("mail_begin", flags=MAPPINGS_AND_CHECKS, sender=sender, submit_uid=-1,
                recipients=[{"address": rcpt}], **more)
    client.socket.sendall(len(content).to_bytes(4, "big") + b"d\0" + content)
    client.send("mail_end")
    name, answer = client.receive()
    assert name == "mail_done"
    return answer


def ready(client):
    name, answer = client.receive()
    assert name == "mail_ready"
    return answer["queue_id"]


def in_queue(mail, queue_id):
    """Wherever qmgr has moved it meanwhile; defer holds reasons, not mail."""
    while True:
        found = [path for path in mail.queue_dir.rglob(queue_id)
                 if path.is_file() and path.relative_to(mail.queue_dir).parts[0] != "defer"]
        if len(found) < 2:              # it was on its way from one directory to another
            return found


@pytest.fixture
def mail(make_instance):
    return make_instance(services=SERVICES, main={"default_transport": "retry:later", "virtual_alias_maps":
                                                  "inline:{alias@example.test=real@example.test}"})


def test_accepted_message_is_a_ready_file(mail):
    with ServiceClient(mail, "cleanup-test") as client:
        queue_id = ready(client)
        answer = hand_over(client)
        assert answer["status"] == "0" and answer["queue_id"] == queue_id
        assert answer["next_queue_id"] != queue_id
    mail.wait_log(rf"{queue_id}: to=<.*status=deferred")
    [path] = in_queue(mail, queue_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert path.read_bytes().endswith(b"\n") and b"the body\n" in path.read_bytes()


def test_kept_connection_carries_many(mail):
    with ServiceClient(mail, "cleanup-test") as client:
        expected = ready(client)
        for number in range(50):
            answer = hand_over(client, MESSAGE * (1 + number % 3))
            assert answer["queue_id"] == expected and answer["status"] == "0"
            expected = answer["next_queue_id"]


def test_large_message(mail):
    line = b"x" * 70 + b"\n"
    with ServiceClient(mail, "cleanup-test") as client:
        queue_id = ready(client)
        client.send("mail_begin", sender="a@sender.test", submit_uid=-1, recipients=[{"address": "joe@example.test"}])
        client.socket.sendall((len(MESSAGE)).to_bytes(4, "big") + b"d\0" + MESSAGE)
        for _ in range(40):
            piece = line * 900
            client.socket.sendall(len(piece).to_bytes(4, "big") + b"d\0" + piece)
        client.send("mail_end")
        assert client.receive()[1]["status"] == "0"
    [path] = in_queue(mail, queue_id)
    assert path.stat().st_size > 40 * 900 * 71


def test_refused_message_leaves_nothing(mail):
    with ServiceClient(mail, "cleanup-test") as client:
        queue_id = ready(client)
        answer = hand_over(client, size_limit=10)
        assert (answer["status"], answer["reply_code"], answer["dsn"]) == ("2", "552", "5.3.4")
    mail.wait_log(f"{queue_id}: removed \\(canceled\\)")
    assert not in_queue(mail, queue_id)


def test_client_that_leaves(mail):
    with ServiceClient(mail, "cleanup-test") as client:
        queue_id = ready(client)
        client.send("mail_begin", sender="a@sender.test", submit_uid=-1, recipients=[{"address": "joe@example.test"}])
        client.socket.sendall((200000).to_bytes(4, "big") + b"d\0" + b"Subject: x\n\n" + b"y\n" * 99994)
    mail.wait_log(f"{queue_id}: removed \\(canceled\\)")
    assert not in_queue(mail, queue_id)


def test_nonsense_is_cut_off(mail):
    for nonsense in (b"\0\0\0\1m\0x", b"\xff" * 100, b"\0\0\0\0d\0"):
        with ServiceClient(mail, "cleanup-test") as client:
            ready(client)
            client.socket.sendall(nonsense)
            with pytest.raises((EOFError, ConnectionError)):
                client.receive()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs other users")
def test_file_belongs_to_mail_owner(mail):
    with ServiceClient(mail, "cleanup-test") as client:
        queue_id = ready(client)
        hand_over(client)
    [path] = in_queue(mail, queue_id)
    assert path.stat().st_uid != 0

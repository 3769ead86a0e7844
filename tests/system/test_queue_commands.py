# SPDX-License-Identifier: ISC
"""postqueue, postsuper and postcat on queues made by hand."""

import json
import os
import re
import subprocess

import pytest

from queue_file import find, put, wait_for

MAIN = {"default_transport": "retry:4.2.0 try later", "transport_maps": "inline:{ {error.test = error:5.1.1 nobody} }"}


@pytest.fixture(scope="module")
def usual_instance(make_shared_instance):
    return make_shared_instance(main=MAIN)


@pytest.fixture
def mail(usual_instance):
    """With an empty queue; for tests that do not stop it."""
    usual_instance.command("postsuper", "-d", "ALL")
    usual_instance.forget_log()
    return usual_instance


@pytest.fixture
def own_mail(make_instance):
    return make_instance(main=MAIN)


def waiting(mail, **how):
    """Messages that lie in deferred for a long time."""
    return put(mail, "deferred", due=100000, **how)


def lines(mail, *args):
    return mail.command("postqueue", *args).stdout.decode().splitlines()


def postsuper(mail, *args, **more):
    return mail.command("postsuper", *args, **more).stderr.decode().replace("postsuper: ", "").splitlines()


def test_empty_queue(mail):
    assert lines(mail, "-p") == ["Mail queue is empty"]
    assert lines(mail, "-j") == []


def test_table(mail):
    hold, = put(mail, "hold", sender="a@x.test", rcpts=["b@y.test", ("done@y.test", {"done": True})])
    text = lines(mail, "-p")
    assert text[0] == "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------"
    assert re.fullmatch(rf"{hold}! +\d+ \w{{3}} \w{{3}} [ \d]\d \d\d:\d\d:\d\d  a@x\.test", text[1])
    assert text[2:] == [" " * 41 + "b@y.test", "", "-- 0 Kbytes in 1 Request."]


def test_mailq_is_postqueue_p(mail):
    assert mail.command("mailq").stdout.decode() == "Mail queue is empty\n"


def test_long_ids_have_wider_columns(make_instance):
    mail = make_instance(main=MAIN | {"enable_long_queue_ids": "yes"})
    put(mail, "hold")
    assert lines(mail, "-p")[0] == "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------"


def test_json(mail):
    hold, = put(mail, "hold", sender="", rcpts=[("b@y.test", {"original": "o@y.test"})])
    text, = lines(mail, "-j")
    entry = json.loads(text)
    assert list(entry) == ["queue_name", "queue_id", "arrival_time", "message_size", "forced_expire", "sender", "recipients"]
    assert (entry["queue_name"], entry["queue_id"], entry["sender"]) == ("hold", hold, "MAILER-DAEMON")
    assert entry["recipients"] == [{"orig_address": "o@y.test", "address": "b@y.test"}]
    assert '"queue_name": "hold", "queue_id"' in text


def test_reason_is_shown(mail):
    queue_id, = put(mail, rcpts=["a@x.test", "b@x.test"])
    mail.command("postqueue", "-f")
    wait_for(mail, queue_id, ["defer", "deferred"])
    text = lines(mail, "-p")
    assert text.count("(try later)".rjust(78)) == 1
    assert [r["delay_reason"] for r in json.loads(lines(mail, "-j")[0])["recipients"]] == ["try later", "try later"]


def test_many_recipients_come_in_pieces(mail):
    put(mail, "hold", rcpts=[f"r{i}@x.test" for i in range(950)])
    assert len(json.loads(lines(mail, "-j")[0])["recipients"]) == 950
    assert sum("@x.test" in line for line in lines(mail, "-p")) == 950


def test_listing_without_the_mail_system(own_mail):
    queue_id, = put(own_mail, "hold")
    own_mail.stop()
    if os.geteuid() == 0:
        assert queue_id in "".join(lines(own_mail, "-p"))
    else:
        done = own_mail.command("postqueue", "-p", check=False)
        assert done.returncode == 69 and b"mail system is down" in done.stderr


def test_flush_one(mail):
    one, other = waiting(mail, count=2)
    mail.command("postqueue", "-i", one)
    mail.wait_log(rf"{one}: to=.*status=deferred")
    assert f"{other}: " not in mail.log()


def test_flush_unknown_id_is_no_error(mail):
    for name in ("ABCDEF123456", "NOSUCH"):
        assert mail.command("postqueue", "-i", name).returncode == 0
    done = mail.command("postqueue", "-i", "x/y", check=False)
    assert done.returncode == 69 and done.stderr == b'postqueue: fatal: Cannot flush queue ID - invalid name: "x/y"\n'


def test_flush_all_takes_each_message_once(mail):
    ids = waiting(mail, count=20)
    mail.command("postqueue", "-f")
    for queue_id in ids:
        mail.wait_log(rf"{queue_id}: to=.*status=deferred")
    assert len(re.findall("status=deferred", mail.log())) == 20


def test_flush_site_without_flush_service(mail):
    done = mail.command("postqueue", "-s", "x.test", check=False)
    assert done.returncode == 69
    assert b'Flush service is not configured for destination "x.test"' in done.stderr


@pytest.mark.parametrize("args", [["-x"], [], ["-p", "-f"], ["-i"], ["-p", "more"]])
def test_postqueue_usage(mail, args):
    done = mail.command("postqueue", *args, check=False)
    assert done.returncode == 69 and b"postqueue: fatal: usage: postqueue -f | " in done.stderr


@pytest.mark.parametrize("queue", ["incoming", "deferred", "hold"])
def test_delete(mail, queue):
    queue_id, = put(mail, queue, due=100000, mode=0o700 if queue != "incoming" else 0o600)
    assert postsuper(mail, "-d", queue_id) == [f"{queue_id}: removed", "Deleted: 1 message"]
    assert find(mail, queue_id) == []


def test_delete_forgets_reasons(mail):
    queue_id, = put(mail)
    mail.command("postqueue", "-f")
    wait_for(mail, queue_id, ["defer", "deferred"])
    postsuper(mail, "-d", "ALL")
    assert find(mail, queue_id) == []


def test_nothing_to_delete_is_no_error(mail):
    assert postsuper(mail, "-d", "ABCDEF123456") == ["Deleted: 0 messages"]
    assert postsuper(mail, "-d", "ALL") == ["Deleted: 0 messages"]
    assert postsuper(mail, "-d", "NOSUCH") == ["Deleted: 0 messages"]
    assert postsuper(mail, "-d", "../x") == ["warning: invalid mail queue id: ../x", "Deleted: 0 messages"]


@pytest.mark.parametrize("args, said", [
    (["-d", "all"], "invalid mail queue id: all (ALL is written in capitals)"),
    (["-d", "ALL", "bogus"], "invalid directory name: bogus"),
    (["-x"], "usage: postsuper "),
])
def test_postsuper_usage(mail, args, said):
    done = mail.command("postsuper", *args, check=False)
    assert done.returncode == 1 and f"postsuper: fatal: {said}" in done.stderr.decode()


def test_ids_from_input(mail):
    ids = put(mail, "hold", count=3)
    said = postsuper(mail, "-d", "-", stdin="\n".join(ids[:2] + ["", "not an id!"]).encode())
    assert said[:2] == [f"{ids[0]}: removed", f"{ids[1]}: removed"] and said[-1] == "Deleted: 2 messages"
    assert find(mail, ids[2]) == ["hold"]


def test_hold_and_release(mail):
    ids = waiting(mail, count=2)
    assert postsuper(mail, "-h", "ALL")[-1] == "Placed on hold: 2 messages"
    assert find(mail, ids[0]) == ["hold"]
    assert postsuper(mail, "-H", ids[0]) == [f"{ids[0]}: released from hold", "Released from hold: 1 message"]
    mail.wait_log(rf"{ids[0]}: to=.*status=deferred")
    assert find(mail, ids[1]) == ["hold"]


def test_requeue_goes_to_maildrop(own_mail):
    own_mail.stop()
    queue_id, = put(own_mail, "hold")
    assert postsuper(own_mail, "-r", queue_id) == [f"{queue_id}: requeued", "Requeued: 1 message"]
    assert find(own_mail, queue_id) == ["maildrop"]


def test_expire_leaves_held_mail_held(mail):
    queue_id, = put(mail, "hold")
    assert postsuper(mail, "-e", queue_id) == [f"{queue_id}: expired", "Force-expired: 1 message"]
    assert postsuper(mail, "-e", queue_id) == ["Force-expired: 0 messages"]
    assert lines(mail, "-p")[1].startswith(f"{queue_id}!#")
    assert json.loads(lines(mail, "-j")[0])["forced_expire"] is True


def test_queue_arguments_limit_the_action(mail):
    held, = put(mail, "hold")
    later, = waiting(mail)
    assert postsuper(mail, "-d", "ALL", "deferred") == [f"{later}: removed", "Deleted: 1 message"]
    assert find(mail, held) == ["hold"]


def test_structure_after_a_change_of_hashing(own_mail):
    queue_id, = waiting(own_mail)
    own_mail.stop()
    own_mail.main["hash_queue_depth"] = "2"
    own_mail.write_configuration()
    postsuper(own_mail, "-s")
    path = own_mail.queue_dir / "deferred" / queue_id[0] / queue_id[1] / queue_id
    assert path.exists()
    assert queue_id in "".join(lines(own_mail, "-p")) or os.geteuid() != 0
    own_mail.main["hash_queue_depth"] = "1"
    own_mail.write_configuration()
    own_mail.start()                        # which does it too
    assert (own_mail.queue_dir / "deferred" / queue_id[0] / queue_id).exists()
    assert queue_id in "".join(lines(own_mail, "-p"))


def test_purge_removes_only_what_is_old_and_incomplete(own_mail):
    own_mail.stop()
    whole, = put(own_mail, "incoming", mode=0o600, due=-100000)
    old, young = put(own_mail, "incoming", mode=0o600, count=2)
    for name in (old, young):           # a complete one might be taken for mail that a loss of power cut off
        os.truncate(own_mail.queue_dir / "incoming" / name, 700)
    path = own_mail.queue_dir / "incoming" / old
    os.utime(path, (0, path.stat().st_mtime - 100000))
    postsuper(own_mail, "-p")
    assert find(own_mail, old) == [] and find(own_mail, young) == find(own_mail, whole) == ["incoming"]


def test_postsuper_is_for_root(mail):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    done = subprocess.run([mail.prefix / "sbin" / "postsuper", "-d", "ALL"], env=mail.environment(), capture_output=True,
                          user="nobody", check=False)
    assert done.returncode != 0


def test_postcat_whole(mail):
    queue_id, = put(mail, "hold", sender="s@x.test", body=b"one\ntwo\n", client_name="c.test",
                    rcpts=[("a@y.test", {"original": "o@y.test"}), ("b@y.test", {"done": True})])
    text = mail.command("postcat", "-q", queue_id).stdout.decode().splitlines()
    name = f"hold/{queue_id}"
    assert text[0] == f"*** ENVELOPE RECORDS {name} ***"
    assert text[1].startswith("message_size: ")
    for line in ("sender: s@x.test", "named_attribute: client_name=c.test", "original_recipient: o@y.test",
                 "recipient: a@y.test", "done_recipient: b@y.test"):
        assert line in text
    start = text.index(f"*** MESSAGE CONTENTS {name} ***")
    assert text[start + 1:] == ["Subject: test", "From: sender@client.test", "", "one", "two",
                                f"*** HEADER EXTRACTED {name} ***", f"*** MESSAGE FILE END {name} ***"]


@pytest.mark.parametrize("option, want", [
    ("-h", "Subject: test\nFrom: sender@client.test\n"),
    ("-b", "one\n\ntwo\n"),
    ("-hb", "Subject: test\nFrom: sender@client.test\n\none\n\ntwo\n"),
])
def test_postcat_parts(mail, option, want):
    queue_id, = put(mail, "hold", body=b"one\n\ntwo\n")
    assert mail.command("postcat", option, "-q", queue_id).stdout.decode() == want


def test_postcat_offsets_and_types(mail):
    """What stands before each line: the file's name, the place, the record's type; the text itself stays as it is."""
    queue_id, = put(mail, "hold", sender="s@x.test", body=b"one\n", rcpts=[("a@y.test", {}), ("b@y.test", {"done": True})])
    name = f"hold/{queue_id}"
    text = mail.command("postcat", "-d", "-q", queue_id).stdout.decode().splitlines()
    assert text[0] == f"*** ENVELOPE RECORDS {name} ***" and text[1].startswith(" 67 message_size: ")
    for line in (" 83 sender: s@x.test", " 82 recipient: a@y.test", " 68 done_recipient: b@y.test", f" 77 *** MESSAGE CONTENTS {name} ***",
                 " 78 Subject: test", " 78 one", f" 88 *** HEADER EXTRACTED {name} ***", f" 69 *** MESSAGE FILE END {name} ***"):
        assert line in text
    content = (mail.queue_dir / "hold" / queue_id).read_bytes()
    offsets = mail.command("postcat", "-b", "-f", "-o", "-v", "-q", queue_id).stdout.decode()
    assert offsets == f"{name}: {content.index(b'one'):9} regular_text: one\n"


def test_postcat_long_content(mail):
    body = b"".join(b"%d %s\n" % (i, b"x" * (i % 900)) for i in range(1000)) + b"y" * 200000 + b"\n"
    queue_id, = put(mail, "hold", body=body)
    printed = mail.command("postcat", "-b", "-q", queue_id).stdout
    assert printed.replace(b"\n", b"") == body.replace(b"\n", b"")


def test_postcat_missing_and_damaged(mail):
    done = mail.command("postcat", "-q", "ABCDEF123456", check=False)
    assert done.returncode == 1
    assert b"fatal: open queue file ABCDEF123456: No such file or directory" in done.stderr
    for name, said in (("NOSUCH", b"open queue file NOSUCH: No such file or directory"), ("../x", b"bad mail queue ID: ../x")):
        done = mail.command("postcat", "-q", name, check=False)
        assert done.returncode == 1 and done.stderr == b"postcat: fatal: " + said + b"\n"
    done = mail.command("postcat", "-x", check=False)
    assert done.returncode == 1 and b"postcat: fatal: usage: postcat " in done.stderr
    done = mail.command("postcat", mail.write("junk", "junk"), check=False)
    assert done.returncode == 1 and b"not a queue file" in done.stderr


def test_mail_that_pickup_has_not_taken(make_instance):
    mail = make_instance(main=MAIN)
    mail.command("carteiro", "-c", mail.config_dir, "stop")
    mail.command("sendmail", "-f", "joe@x.test", "ann@y.test", stdin=b"Subject: x\n\nbody\n")
    listed, = (json.loads(line) for line in lines(mail, "-j"))
    assert listed["queue_name"] == "maildrop" and listed["sender"] == "joe@x.test"
    assert [rcpt["address"] for rcpt in listed["recipients"]] == ["ann@y.test"]
    mail.command("carteiro", "-c", mail.config_dir, "start")

# SPDX-License-Identifier: ISC
"""commit in a running instance: many writers at once, and its sudden death."""

import concurrent.futures
import os
import pathlib
import signal
import time

import pytest

from service_client import ServiceClient
from test_cleanup import SERVICES, hand_over, ready


@pytest.fixture
def mail(make_instance):
    return make_instance(services=SERVICES, main={"default_transport": "retry:later", "queue_sync": "batch"})


def processes(mail, name):
    """Process ids of this instance's daemons of that name."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == name and \
                    str(mail.config_dir) in (entry / "environ").read_text(errors="replace"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def send_some(mail, count):
    with ServiceClient(mail, "cleanup-test") as client:
        ready(client)
        return [hand_over(client)["status"] for _ in range(count)]


def test_many_writers(mail):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        results = list(pool.map(lambda _: send_some(mail, 10), range(20)))
    assert results == [["0"] * 10] * 20


def test_death_in_the_middle(mail):
    """Whoever waits is refused for now or accepted; later messages are accepted again."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        work = [pool.submit(send_some, mail, 30) for _ in range(8)]
        for _ in range(5):
            time.sleep(0.1)
            for pid in processes(mail, "commit"):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
        statuses = {status for one in work for status in one.result()}
    assert statuses <= {"0", "1"} and "0" in statuses
    assert send_some(mail, 3) == ["0"] * 3


def test_default(make_instance):
    """Without queue_sync = batch nobody asks commit."""
    mail = make_instance(services=SERVICES)
    assert send_some(mail, 5) == ["0"] * 5
    assert not processes(mail, "commit")


def test_no_commit_service(make_instance):
    """Everybody flushes by himself."""
    mail = make_instance(services=SERVICES, main={"queue_sync": "batch", "commit_service_name": "not-there"})
    assert send_some(mail, 5) == ["0"] * 5

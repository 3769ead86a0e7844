# SPDX-License-Identifier: ISC
"""./dev run --once: status 0 when every message arrived, and only then; nothing is left behind."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pytest

import run_demo
from instance import prefix

pytestmark = pytest.mark.skipif(prefix() is None, reason="no programs are installed under CARTEIRO_PREFIX")


@pytest.fixture
def place():
    """Short: a socket's name has room for 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="run-") as directory:
        os.chmod(directory, 0o755)
        yield pathlib.Path(directory)


@pytest.fixture
def small(monkeypatch, place):
    """Few messages, and a directory that can be looked into."""
    monkeypatch.setattr(run_demo, "COUNT", 10)
    monkeypatch.setattr(run_demo, "WAIT_S", 10)
    monkeypatch.setattr(run_demo, "make_directory", lambda: make_directory(place / "d"))
    monkeypatch.setattr(sys, "argv", ["run", "--once"])
    monkeypatch.setattr(run_demo.signal, "signal", lambda *args: None)
    return place / "d"


def make_directory(path):
    path.mkdir()
    return str(path)


def test_everything_arrives(small, capsys):
    assert run_demo.main() == 0
    assert "Everything arrived where it should." in capsys.readouterr().out
    assert not small.exists()


def test_a_message_that_vanishes_is_noticed(small, capsys):
    """Somebody takes one message out of the Maildir before it is counted."""
    done = threading.Event()

    def thief():
        while not done.is_set():
            for path in (small / "mail" / "box" / "new").glob("*"):
                path.unlink()
                return
            time.sleep(0.001)
    thread = threading.Thread(target=thief)
    thread.start()
    try:
        assert run_demo.main() == 1
    finally:
        done.set()
        thread.join()
    out = capsys.readouterr().out
    assert re.search(r"BAD messages in the Maildir .*: 9 of 10", out) and f"logs: {small}" in out
    assert list(small.glob("near/log/*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_by_a_signal_cleans_up(number, place):
    place.chmod(0o755)
    script = pathlib.Path(run_demo.__file__)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(place)},
                          start_new_session=True) as demo:
        lines = iter(demo.stdout.readline, "")
        text = "".join(iter(lambda: next(lines), "Ctrl-C ends it.\n"))
        masters = [int(path.read_text().split()[0]) for path in place.glob("*/*/spool/pid/master.pid")]
        assert len(masters) == 2, text
        demo.send_signal(number)
        assert demo.wait(30) == 0
    assert not list(place.iterdir())
    assert not any(pathlib.Path(f"/proc/{pid}").exists() for pid in masters)

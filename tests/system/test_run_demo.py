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
from crash import process_table
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


def test_a_lost_message_is_noticed(small, capsys):
    """Somebody puts a copy of one message in the place of another before they are counted."""
    done = threading.Event()

    def forger():
        while not done.is_set():
            files = list((small / "mail" / "box" / "new").glob("*"))
            if len(files) > 1:
                files[0].write_bytes(files[1].read_bytes())
                return
            time.sleep(0.001)
    thread = threading.Thread(target=forger)
    thread.start()
    try:
        assert run_demo.main() == 1
    finally:
        done.set()
        thread.join()
    out = capsys.readouterr().out
    good, wanted = re.search(r"BAD messages in the Maildir .*: (\d+) of (\d+)", out).groups()
    assert int(good) == int(wanted) - 1 and f"logs: {small}" in out
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
        try:
            assert demo.wait(30) == 0
        finally:
            demo.kill()
    assert not list(place.iterdir())
    assert not set(masters) & set(process_table())

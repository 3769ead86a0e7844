# SPDX-License-Identifier: ISC
"""When a mail system has nothing in hand: what was submitted or received is gone, or waits in deferred, hold or corrupt."""

import time

BUSY = ("maildrop", "active", "incoming")


def is_empty(queue_dir):
    return not any(path.is_file() and path.name[0] != "." for name in BUSY for path in (queue_dir / name).rglob("*"))


def wait_rest(queue_dir, timeout=20):
    """Twice in a row, since a notice comes into incoming while the message that it is about leaves active."""
    deadline, seen = time.monotonic() + timeout, 0
    while seen < 2:
        assert time.monotonic() < deadline, f"the queue is still at work: {[str(p) for name in BUSY for p in (queue_dir / name).rglob('*')]}"
        seen = seen + 1 if is_empty(queue_dir) else 0
        time.sleep(0.01)

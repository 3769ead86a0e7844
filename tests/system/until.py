# SPDX-License-Identifier: ISC
"""Waiting for a fact, instead of for some time."""

import time


def wait_until(fact, what, timeout=20):
    """What fact() returns, as soon as that is true."""
    deadline = time.monotonic() + timeout
    while not (value := fact()):
        assert time.monotonic() < deadline, f"not after {timeout} s: {what}"
        time.sleep(0.02)
    return value

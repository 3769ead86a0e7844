# SPDX-License-Identifier: ISC
"""Fixtures of the system tests.

make_instance(main={...}, services="...", dns=dns)    a started instance; stopped, and its log examined, at the end
make_shared_instance(...)                             the same, for all tests of a module
dns, sink                                             a name server and an SMTP server, empty of rules
tables                                                a directory for lookup tables, and the commands run in it
certificate                                           (certificate file, key file) for localhost and mail.example.test
"""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from dns_server import DnsServer            # noqa: E402
from instance import Instance, prefix       # noqa: E402
from map_tables import Tables               # noqa: E402
from smtp_sink import SmtpSink              # noqa: E402


@contextlib.contextmanager
def instances():
    """A function that makes instances, which end here. Short paths: a socket's name has room for 107 bytes."""
    if prefix() is None:
        pytest.skip("no server is installed under CARTEIRO_PREFIX")
    with contextlib.ExitStack() as stack:
        def make(**how):
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="carteiro-", ignore_cleanup_errors=True))
            return stack.enter_context(Instance(directory, **how))
        yield make


@pytest.fixture
def make_instance():
    with instances() as make:
        yield make


@pytest.fixture(scope="module")
def make_shared_instance():
    with instances() as make:
        yield make


@pytest.fixture
def dns():
    with DnsServer() as server:
        yield server


@pytest.fixture
def sink():
    with SmtpSink() as server:
        yield server


@pytest.fixture
def tables():
    with tempfile.TemporaryDirectory(prefix="carteiro-") as directory:
        os.chmod(directory, 0o755)
        yield Tables(directory)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    cert, key = str(directory / "cert.pem"), str(directory / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", key, "-out", cert, "-subj", "/CN=mail.example.test",
         "-addext", "subjectAltName=DNS:localhost,DNS:mail.example.test,IP:127.0.0.1"],
        check=True, capture_output=True)
    return cert, key

# SPDX-License-Identifier: ISC
"""Debian's own main.cf and master.cf of Postfix start a system here; what is not supported is named."""

import re

import pytest

from postfix_peer import unpack_postfix


def test_stock_files_start(make_instance):
    root = unpack_postfix()
    if root is None:
        pytest.skip("Postfix's package is not at hand")
    mail = make_instance()
    mail.stop()
    share = root / "usr" / "share" / "postfix"
    stock = (share / "main.cf.debian").read_text() if (share / "main.cf.debian").exists() else (share / "main.cf.tls").read_text()
    ours = (mail.config_dir / "main.cf").read_text()
    stock = re.sub(r"(?m)^smtp inet|^smtp\s+inet", f"127.0.0.1:{mail.smtp_port} inet", (share / "master.cf.dist").read_text()), stock
    (mail.config_dir / "master.cf").write_text(stock[0])
    (mail.config_dir / "main.cf").write_text(stock[1] + "\n" + ours)
    before = mail.log_mark()
    mail.start()
    mail.wait_log(r"daemon started", since=before)
    said = mail.log()[before:]
    for program in ("pipe", "verify", "flush"):
        assert re.search(rf"warning: .*master\.cf: line \d+: service \S+: program {program}: ", said), (program, said)
    with mail.smtp() as c:
        assert "PIPELINING" in c.ehlo()

# SPDX-License-Identifier: ISC
"""postlog: lines of scripts in the mail log."""

import re


def test_arguments_and_priorities(make_instance):
    mail = make_instance()
    mail.command("postlog", "-p", "warn", "-t", "postfix/backup", "the queue", "is copied")
    mail.wait_log(r" postfix/backup\[\d+\]: warning: the queue is copied$")
    mail.command("postlog", "-p", "fatal", "not the end")
    mail.wait_log(r" postfix/postlog\[\d+\]: fatal: not the end$")
    assert mail.command("postlog", "-p", "loud", "x", check=False).returncode == 1


def test_standard_input_line_by_line(make_instance):
    mail = make_instance()
    mail.command("postlog", stdin=b"first\nsecond \x1b[31m\nNov 20 forged\n" + b"x" * 5000 + b"\n")
    mail.wait_log(r"postlog\[\d+\]: first$")
    mail.wait_log(r"postlog\[\d+\]: second \?\[31m$")
    mail.wait_log(r"postlog\[\d+\]: Nov 20 forged$")
    mail.wait_log(r"postlog\[\d+\]: x{900,}$")
    assert all(re.match(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ postfix/", line) for line in mail.log().splitlines())

# SPDX-License-Identifier: ISC
"""Us and Debian's Postfix side by side, with the same main.cf, each with a server of its own where all its mail goes.

    from postfix_sides import make_sides        # a fixture
    ours, theirs = make_sides({"append_dot_mydomain": "yes"})
    assert ours.deliver(case) == theirs.deliver(case)
"""

import os
import pathlib
import re
import tempfile
import time

import pytest

from postfix_peer import PostfixPeer, need_postfix
from queue_rest import wait_rest
from smtp_client import SmtpClient
from smtp_sink import SmtpSink


def unfold(message):
    """Where a header that was rewritten is folded is a matter of taste."""
    head, empty, body = message.partition("\r\n\r\n")
    return re.sub(r"\r\n[ \t]+", " ", head) + empty + body


class Side:
    """One of the two servers, and where its mail goes."""

    def __init__(self, server, port, sink):
        self.server, self.port, self.sink = server, port, sink

    def mask(self, text, queue_id):
        if queue_id:
            text = text.replace(queue_id, "QID")
        text = re.sub(r"\b20\d{12}\.", "STAMP.", text).replace(f"[127.0.0.1]:{self.sink.port}", "[127.0.0.1]:SINK")
        text = re.sub(r"\[\d+\]: ", ": ", text)
        text = re.sub(r"warning: (QID|[0-9A-F]{10,}): ", "warning: ", text)
        return re.sub(r"\w{3}, [ \d]?\d \w{3} 20\d\d \d\d:\d\d:\d\d [-+]\d{4}(?: \(\w+\))?",
                      lambda found: found[0] if found[0].startswith("Fri, 20 Nov 2026 12:00:00") else "DATE", text)

    def deliver(self, case):
        """What is answered, logged and delivered, without what cannot be equal."""
        mark, seen, replies = len(self.server.log()), len(self.sink.messages), []
        with SmtpClient("127.0.0.1", self.port) as client:
            client.ehlo()
            replies.append(client.cmd(f"MAIL FROM:<{case.sender}> {case.params}".rstrip()))
            replies += [client.cmd(f"RCPT TO:<{recipient}>") for recipient in case.recipients]
            if all(reply.code == 250 for reply in replies):
                client.expect("DATA", 354)
                body = case.text.encode()
                body = re.sub(rb"\r?\n", b"\r\n", body)
                if body and not body.endswith(b"\r\n"):
                    body += b"\r\n"
                client.send_raw(re.sub(rb"(?m)^\.", b"..", body) + b".\r\n")
                replies.append(client.reply())
        queued = re.search(r"queued as (\w+)", replies[-1].text)
        if queued:
            self.wait_end(queued[1])
        self.wait_line(mark, "disconnect from")         # all that was logged before this session's end is in the log now
        wait_rest(self.server.queue_dir)
        queue_id = queued[1] if queued else self.logged_id(mark)
        log = [self.mask(line.split("cleanup", 1)[1], queue_id) for line in self.server.log()[mark:].splitlines()
               if re.search(rf"/cleanup\[\d+\]: (warning: |{queue_id})", line) and not line.endswith(("removed (canceled)", "removed (discarded)"))]
        return {
            "replies": [self.mask(f"{reply.code} {reply.text}", queue_id) for reply in replies],
            "log": log,
            "mail": sorted((m.sender, sorted(p for p in m.mail_params if not p.startswith(("SIZE=", "BODY="))), sorted((r, sorted(p)) for r, p in zip(m.recipients, m.rcpt_params)),
                            self.mask(unfold(m.data.decode("utf-8", "surrogateescape")), queue_id)) for m in self.sink.messages[seen:]),
        }

    def logged_id(self, mark):
        found = re.search(r"smtpd\[\d+\]: (\w+): client=", self.server.log()[mark:])
        return found[1] if found else None

    def wait_line(self, mark, text):
        deadline = time.monotonic() + 20
        while text not in self.server.log()[mark:]:
            assert time.monotonic() < deadline, f"not in the log: {text}"
            time.sleep(0.01)

    def wait_end(self, queue_id):
        """Gone, held or discarded."""
        self.server.wait_log(rf"{queue_id}: (removed|hold: |discard: )")


@pytest.fixture
def make_sides(make_instance):
    root = need_postfix()
    with tempfile.TemporaryDirectory(prefix="carteiro-peer-", ignore_cleanup_errors=True) as directory, SmtpSink() as one, SmtpSink() as two:
        os.chmod(directory, 0o755)
        peers = []

        def make(settings):
            def main(sink):
                return {"myhostname": "mail.example.test", "myorigin": "mail.example.test",
                        "smtpd_delay_reject": "yes", "notify_classes": "", "compatibility_level": "3.6",
                        "smtpd_client_restrictions": "", "smtpd_peername_lookup": "no", "maximal_queue_lifetime": "0", "smtp_tls_security_level": "none",
                        "smtpd_discard_ehlo_keywords": "chunking", "mydestination": "", "local_recipient_maps": "", "smtpd_tls_security_level": "none",
                        "default_transport": f"smtp:[127.0.0.1]:{sink.port}", "internal_mail_filter_classes": None} | {
                        name: value.replace("@PORT@", str(sink.port)) for name, value in settings.items()}

            peer = PostfixPeer(pathlib.Path(directory) / "peer", root, main=main(two))
            mail = make_instance(main=main(one))
            peers.append(peer.__enter__())
            return Side(mail, mail.smtp_port, one), Side(peer, peer.smtp_port, two)
        yield make
        for peer in peers:
            peer.__exit__(None, None, None)

# SPDX-License-Identifier: ISC
"""A raw SMTP (or LMTP) client for tests: says what it is told, reads replies, hides nothing.

    with SmtpClient("127.0.0.1", port) as c:
        c.expect("EHLO client.test", 250)
        c.expect("MAIL FROM:<a@x.test>", 250)
        reply = c.cmd("RCPT TO:<b@y.test>")         # reply.code, reply.lines, reply.text, reply.dsn
        c.send_raw(b"DATA\\r\\n")                     # any bytes at all
"""

import re
import socket
import ssl


class Reply:
    def __init__(self, code, lines):
        self.code = code
        self.lines = lines
        self.text = "\n".join(lines)
        match = re.match(r"([245]\.\d{1,3}\.\d{1,3}) ", lines[-1] + " ")
        self.dsn = match.group(1) if match else None

    def __repr__(self):
        return f"{self.code} {self.text!r}"


class Closed(Exception):
    """The server closed the connection where a reply was due."""


def dot_stuff(content):
    """A message with CRLF line ends as it goes after DATA, with the final dot."""
    content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"


class SmtpClient:
    def __init__(self, host="127.0.0.1", port=25, timeout=20, source=None, greet=True):
        self.sock = socket.create_connection((host, port), timeout, source and (source, 0))
        self.file = self.sock.makefile("rb")
        self.greeting = self.reply() if greet else None

    def send_raw(self, data):
        self.sock.sendall(data)

    def send(self, line):
        self.send_raw(line.encode("utf-8") + b"\r\n")

    def reply(self):
        lines = []
        while True:
            raw = self.file.readline(65536)
            if not raw.endswith(b"\n"):
                raise Closed(f"after {lines!r}, {raw!r}")
            assert raw.endswith(b"\r\n"), f"bare LF in a reply: {raw!r}"
            line = raw[:-2].decode("utf-8")
            assert re.match(r"[2-5]\d\d([ -]|$)", line), f"not a reply line: {line!r}"
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]), lines)

    def cmd(self, line):
        self.send(line)
        return self.reply()

    def expect(self, line, code):
        reply = self.cmd(line)
        assert reply.code == code, f"{line!r}: wanted {code}, got {reply}"
        return reply

    def ehlo(self, name="client.test", verb="EHLO"):
        """Keywords that are offered: {"SIZE": "10240000", "PIPELINING": ""}."""
        reply = self.expect(f"{verb} {name}", 250)
        return {word: rest for word, _, rest in (line.partition(" ") for line in reply.lines[1:])}

    def starttls(self, **verify):
        """Go on encrypted. No certificate is checked unless a context is given."""
        self.expect("STARTTLS", 220)
        self.start_tls_now(**verify)

    def start_tls_now(self, context=None, server_name=None):
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.file.close()
        self.sock = context.wrap_socket(self.sock, server_hostname=server_name)
        self.file = self.sock.makefile("rb")

    def data(self, content):
        """DATA, the message (bytes, any line ends), the final dot; the reply to the dot."""
        self.expect("DATA", 354)
        self.send_raw(dot_stuff(content))
        return self.reply()

    def mail(self, sender, recipients, content):
        """One whole transaction in which everything must succeed; the last reply."""
        self.expect(f"MAIL FROM:<{sender}>", 250)
        for recipient in recipients:
            self.expect(f"RCPT TO:<{recipient}>", 250)
        reply = self.data(content)
        assert reply.code == 250, f"end of data: {reply}"
        return reply

    def is_closed(self):
        """Nothing more comes: the server has closed."""
        return self.file.read(1) == b""

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

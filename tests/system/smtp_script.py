# SPDX-License-Identifier: ISC
"""Scripted SMTP sessions: what a client says, line by line, played against any server; what the server said is a list of lines.

    EHLO client.test        one command; one reply is read
    > Subject: x            a line whose reply is not waited for (content, pipelined commands)
    >> BDAT 3\\r\\nabc        bytes as written, with Python's escapes, nothing added
    <                       read one reply
    >>* 5000 x              one byte string, so many times
    ~ STARTTLS              a command, and a TLS handshake behind its reply
    $                       the server closes the connection
"""

import codecs
import re
import ssl

from smtp_client import Closed, SmtpClient


def unescape(text):
    return codecs.decode(text, "unicode_escape").encode("latin-1")


def step(c, line):
    """Do one line; what the server said, as a list."""
    if line.startswith(">>* "):
        _, count, text = line.split(" ", 2)
        return c.send_raw(unescape(text) * int(count))
    if line.startswith(">>"):
        return c.send_raw(unescape(line[3:]))
    if line.startswith(">"):
        return c.send_raw(line[2:].encode() + b"\r\n")
    if line == "$":
        return [ending(c)]
    if line.startswith("~ "):
        said = read(c, line[2:])
        if said[0].startswith("220"):
            c.start_tls_now()
        return said
    return read(c, None if line == "<" else line)


def ending(c):
    """What comes where the end of the connection is expected."""
    try:
        return "closed" if c.is_closed() else "more"
    except TimeoutError:
        return "open"
    except ConnectionError:
        return "closed"


def read(c, line):
    reply = c.reply() if line is None else c.cmd(line)
    return [f"{reply.code} {text}" for text in reply.lines]


def play(port, script, source=None):
    """All replies to a script, the greeting first; what was said stands before its reply."""
    said = []
    with SmtpClient("127.0.0.1", port, timeout=8, source=source, greet=False) as c:
        try:
            said += read(c, None)
            for line in script:
                said.append("C: " + line)
                said += step(c, line) or []
        except (Closed, ConnectionError, TimeoutError, ssl.SSLError):
            said.append("closed")
    return said


def normalise(line):
    """Without what differs from one run, or one installation, to the next."""
    line = re.sub(r"(queued as )\w+", r"\1ID", line)
    return re.sub(r"\b(127\.0\.0\.\d+\]):\d+", r"\1:PORT", line)


def parse_scripts(text):
    """Scripts by name: a "## name [world]" line begins one. "#" lines are comments."""
    scripts, lines = {}, None
    for line in text.splitlines():
        if line.startswith("## "):
            name, _, world = line[3:].partition(" @")
            assert name not in scripts, name
            lines = []
            scripts[name] = (world or "plain", lines)
        elif line.strip() and not line.startswith("# "):
            lines.append(line)
    return scripts

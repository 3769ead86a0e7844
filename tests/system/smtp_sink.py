# SPDX-License-Identifier: ISC
"""An SMTP or LMTP server for tests that keeps what it gets and fails as it is told.

    with SmtpSink() as sink:
        sink.on("RCPT TO:<bad@", "550 5.1.1 no such user")          # a regular expression at the line's start
        sink.on("DATA", "451 4.3.0 later", times=1)                 # once, then as usual
        sink.on("CONNECT", "421 4.3.2 too busy")                    # instead of the greeting
        sink.on(END_OF_DATA, CLOSE)                                 # close without a word
        sink.on("MAIL", HANG)                                       # never answer
        sink.on("EHLO", Delay(2))                                   # then as usual
        ...
        message = sink.wait(1)[0]       # .sender .recipients .data .mail_params .rcpt_params .helo .is_tls .peer

LMTP answers the end of data once per recipient: a rule for `". <user@"` is for that recipient.
"""

import collections
import re
import socket
import socketserver
import ssl
import threading
import time

CLOSE = "close"
HANG = "hang"
END_OF_DATA = r"\."
LINE_MAX = 65536

Delay = collections.namedtuple("Delay", "seconds")
EXTENSIONS = ("PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "CHUNKING")


class Rule:
    def __init__(self, pattern, action, times):
        self.pattern = re.compile(pattern, re.I)
        self.action = action
        self.times = times


class Message:
    def __init__(self, session, sender, mail_params):
        self.helo = session.helo
        self.is_tls = session.is_tls
        self.peer = session.client_address[0]
        self.session = session.number
        self.sender = sender
        self.mail_params = mail_params
        self.recipients = []
        self.rcpt_params = []
        self.data = b""                 # CRLF line ends, dots removed


class Ended(Exception):
    """This session is over."""


class Session(socketserver.BaseRequestHandler):
    """One client; everything it may say is a method do_VERB."""

    def setup(self):
        self.sink = self.server.sink
        self.helo = None
        self.is_tls = False
        self.message = None
        self.chunks = []
        self.request.settimeout(self.sink.timeout)
        self.file = self.request.makefile("rb")
        with self.sink.changed:
            self.sink.sessions += 1
            self.number = self.sink.sessions

    def handle(self):
        try:
            if self.sink.implicit_tls:
                self.enter_tls()
            self.act("CONNECT", lambda: self.say(f"220 {self.sink.name} ESMTP"))
            while True:
                line = self.read_line()
                verb = line.split(" ")[0].split(":")[0].upper()
                method = getattr(self, "do_" + verb.lower(), None) if verb.isalpha() else None
                self.act(line, (lambda line=line, m=method: m(line)) if method else
                         lambda: self.say("500 5.5.2 unknown command"))
        except (Ended, OSError):
            pass
        finally:
            self.file.close()

    def read_line(self):
        raw = self.file.readline(LINE_MAX)
        if not raw.endswith(b"\n"):
            raise Ended
        line = raw.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
        with self.sink.changed:
            self.sink.lines.append((self.number, line))
        return line

    def say(self, text):
        self.request.sendall("".join(line + "\r\n" for line in text.split("\n")).encode("utf-8"))

    def act(self, what, usual):
        """Follow the first rule that matches, else do the usual thing."""
        self.follow(self.sink.take_action(what), what, usual)

    def follow(self, action, what, usual):
        if isinstance(action, Delay):
            time.sleep(action.seconds)
            action = None
        if action is None:
            usual()
        elif action == CLOSE:
            raise Ended
        elif action == HANG:
            self.sink.closing.wait(self.sink.timeout)
            raise Ended
        else:
            self.say(action)
            if action.startswith("421") or (what == "CONNECT" and not action.startswith("220")):
                raise Ended

    def do_helo(self, line):
        self.helo = line[5:]
        self.message = None
        self.say(f"250 {self.sink.name}")

    def do_ehlo(self, line):
        self.helo = line[5:]
        self.message = None
        words = list(self.sink.extensions)
        if self.sink.tls_context and not self.is_tls:
            words.append("STARTTLS")
        lines = [self.sink.name] + words
        self.say("\n".join(f"250{'-' if i < len(lines) - 1 else ' '}{word}" for i, word in enumerate(lines)))

    do_lhlo = do_ehlo

    def do_starttls(self, _line):
        if not self.sink.tls_context:
            self.say("502 5.5.1 no TLS here")
            return
        self.say("220 2.0.0 go on")
        self.enter_tls()
        self.helo = None

    def enter_tls(self):
        self.file.close()
        self.request = self.sink.tls_context.wrap_socket(self.request, server_side=True)
        self.file = self.request.makefile("rb")
        self.is_tls = True

    def do_mail(self, line):
        match = re.match(r"MAIL FROM:<(.*?)>(?: (.*))?$", line, re.I)
        if not match or self.message:
            self.say("501 5.5.4 not now" if match else "501 5.1.7 bad syntax")
            return
        self.message = Message(self, match.group(1), (match.group(2) or "").split())
        self.chunks = []
        self.say("250 2.1.0 sender ok")

    def do_rcpt(self, line):
        match = re.match(r"RCPT TO:<(.*?)>(?: (.*))?$", line, re.I)
        if not match or not self.message:
            self.say("503 5.5.1 MAIL first" if match else "501 5.1.3 bad syntax")
            return
        self.message.recipients.append(match.group(1))
        self.message.rcpt_params.append((match.group(2) or "").split())
        self.say("250 2.1.5 recipient ok")

    def do_data(self, _line):
        if not self.message or not self.message.recipients:
            self.say("503 5.5.1 RCPT first")
            return
        self.say("354 go on")
        lines = []
        while True:
            line = self.file.readline(LINE_MAX)
            if not line.endswith(b"\n"):
                raise Ended
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        self.message.data = b"".join(lines)
        self.end_of_message()

    def do_bdat(self, line):
        words = line.split()
        chunk = self.file.read(int(words[1]))
        self.chunks.append(chunk)
        if not self.message or not self.message.recipients:
            self.say("503 5.5.1 RCPT first")
        elif len(words) > 2 and words[2].upper() == "LAST":
            self.message.data = b"".join(self.chunks)
            self.end_of_message()
        else:
            self.say(f"250 2.0.0 {len(chunk)} bytes")

    def end_of_message(self):
        """Answer the end of data. The message counts when it (in LMTP: for some recipient) is accepted."""
        message, self.message = self.message, None
        if not self.sink.is_lmtp:
            self.act(".", lambda: self.keep(message))
            return
        actions = [(r, self.sink.take_action(f". <{r}>")) for r in message.recipients]
        message.recipients = [r for r, action in actions if action is None or isinstance(action, Delay)]
        if message.recipients:
            self.sink.keep(message)
        for _, action in actions:
            self.follow(action, ".", lambda: self.say("250 2.0.0 kept"))

    def keep(self, message):
        """First kept, then answered: who waits for the answer finds the message."""
        self.sink.keep(message)
        self.say("250 2.0.0 kept")

    def do_rset(self, _line):
        self.message = None
        self.say("250 2.0.0 ok")

    def do_noop(self, _line):
        self.say("250 2.0.0 ok")

    def do_vrfy(self, _line):
        self.say("252 2.0.0 send it and see")

    def do_quit(self, _line):
        self.say("221 2.0.0 bye")
        raise Ended


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class Server6(Server):
    address_family = socket.AF_INET6


class UnixServer(Server):
    address_family = socket.AF_UNIX

    def get_request(self):
        request, _ = super().get_request()
        return request, ("unix", 0)


class SmtpSink:
    """tls: (certificate file, key file) to offer STARTTLS, or to speak TLS at once with implicit_tls."""

    def __init__(self, host="127.0.0.1", port=0, path=None, name="sink.test", extensions=EXTENSIONS,
                 tls=None, implicit_tls=False, is_lmtp=False, timeout=60):
        self.name, self.extensions, self.is_lmtp = name, extensions, is_lmtp
        self.implicit_tls, self.timeout = implicit_tls, timeout
        self.messages, self.lines, self.rules, self.sessions = [], [], [], 0
        self.changed = threading.Condition()
        self.closing = threading.Event()
        self.tls_context = None
        if tls:
            self.tls_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls_context.load_cert_chain(*tls)
        if path:
            self.server = UnixServer(path, Session)
            self.host, self.port = path, None
        else:
            self.server = (Server6 if ":" in host else Server)((host, port), Session)
            self.host, self.port = self.server.server_address[:2]
        self.server.sink = self

    def on(self, pattern, action, times=None):
        """The rule made last is asked first."""
        with self.changed:
            self.rules.insert(0, Rule(pattern, action, times))

    def forget_rules(self):
        with self.changed:
            self.rules.clear()

    def take_action(self, what):
        with self.changed:
            for rule in self.rules:
                if rule.times != 0 and rule.pattern.match(what):
                    if rule.times is not None:
                        rule.times -= 1
                    return rule.action
        return None

    def keep(self, message):
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def wait(self, count, timeout=20):
        """All messages, when there are at least so many."""
        with self.changed:
            enough = self.changed.wait_for(lambda: len(self.messages) >= count, timeout)
            assert enough, f"wanted {count} messages, got {len(self.messages)} in {timeout} s; heard: {self.lines[-20:]}"
            return list(self.messages)

    def commands(self, pattern=""):
        """Lines heard that begin so, in order."""
        with self.changed:
            return [line for _, line in self.lines if re.match(pattern, line, re.I)]

    def accept(self):
        """Without the polling of serve_forever: some tests have hundreds of these servers."""
        while not self.closing.is_set():
            try:
                request, address = self.server.get_request()
            except OSError:
                continue
            self.server.process_request(request, address)

    def __enter__(self):
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()
        return self

    def __exit__(self, *exc):
        self.closing.set()
        self.server.socket.shutdown(socket.SHUT_RDWR)           # accept() returns
        self.acceptor.join()
        self.server.server_close()

REJECT with its own code and text; the conversation stays in step for the next message.
--- main.cf
header_checks = regexp:{ {/^X-Reject:/ REJECT 5.7.9 bad header}, {/^X-Plain:/ REJECT} }
--- begin
sender: a@b.test
rcpt: c@d.test
client: 192.0.2.1
--- data
X-Reject: 1

body
--- end
perm 550 5.7.9 bad header
--- queue
nothing
--- log
QID: reject: header X-Reject: 1 from client.example.net[192.0.2.1]; from=<a@b.test> to=<c@d.test> proto=ESMTP helo=<helo.example.net>: 5.7.9 bad header
QID: removed (canceled)
--- next
--- begin
sender:
rcpt: c@d.test
context: local
--- data
X-Plain: 1
Message-Id: <1@2>

--- end
perm 550 5.7.1 message content rejected
--- log
QID: reject: header X-Plain: 1 from local; from=<> to=<c@d.test>: 5.7.1 message content rejected
--- next
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
Message-Id: <1@2>

fine
--- end
accepted
--- content
fine

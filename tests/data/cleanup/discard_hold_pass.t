DISCARD says yes and keeps nothing; HOLD puts it aside; PASS ends the inspection.
--- main.cf
header_checks = regexp:{ {/^X-Discard:/ DISCARD gone}, {/^X-Hold:/ HOLD wait}, {/^X-Pass:/ PASS}, {/^X-Reject:/ REJECT} }
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
X-Discard: 1
X-Reject: 1

--- end
discarded
--- queue
nothing
--- log
QID: discard: header X-Discard: 1 from local; from=<a@b.test> to=<c@d.test>: gone
QID: removed (discarded)
--- next
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
X-Hold: 1
Message-Id: <1@2>

--- end
accepted
--- queue
hold
--- log
QID: hold: header X-Hold: 1 from local; from=<a@b.test> to=<c@d.test>: wait
--- next
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
X-Pass: 1
X-Reject: 1
Message-Id: <1@2>

--- end
accepted
--- queue
incoming

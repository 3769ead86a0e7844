A client that gives up is told the next queue ID; nothing of the message is left, however much was written.
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
Message-Id: <1@2>

--- abort
--- queue
nothing
--- log
QID: message-id=<1@2>
QID: removed (canceled)
--- next
--- begin
sender: a@b.test
--- rcpts
rcpt: e@f.test
--- data
Message-Id: <2@2>

--- end
accepted
--- envelope
rcpt: e@f.test e@f.test

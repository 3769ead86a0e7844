A message that has been around too often is refused; our own trace counts.
--- main.cf
hopcount_limit = 3
--- begin
sender: a@b.test
rcpt: x@example.com
trace: Received: one\x0a
--- data
Received: two
Received: three
Message-Id: <1@2>

--- end
perm 554 5.4.0 Error: too many hops
--- log
QID: message rejected: hopcount exceeded
--- queue
nothing

What the client decides after the content wins over the envelope and the header checks.
--- main.cf
header_checks = regexp:{ {/^Subject: checked/ FILTER checks:hop} }
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
Subject: checked
Message-Id: <1@2>

body
--- late
flags: hold
filter: late:hop
redirect: r@d.test
rcpt: copy@d.test
--- queue
hold
--- envelope
rcpt: c@d.test c@d.test
rcpt: copy@d.test copy@d.test never
filter: late:hop
redirect: r@d.test
--- next
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
Subject: checked

body
--- late
--- queue
incoming
--- envelope
filter: checks:hop
--- next
--- begin
sender: a@b.test
rcpt: c@d.test
--- data

body
--- late
flags: discard
--- queue
nothing
--- log
removed (discarded)

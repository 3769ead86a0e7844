A message that was sent again gets the missing Resent- fields, not the plain ones.
--- main.cf
header_from_format = obsolete
--- begin
sender: joe
rcpt: ann
context: local
name: Joe (J)
--- data
Resent-To: ann
From: x@y.test
Message-Id: <old@y.test>

--- end
accepted
--- header
Resent-To: ann@example.com
From: x@y.test
Message-Id: <old@y.test>
Resent-Message-Id: <20261120091825.QID@mail.example.com>
Resent-Date: Fri, 20 Nov 2026 09:18:25 +0000 (UTC)
Resent-From: joe@example.com (Joe \\(J\\))
--- content
--- envelope
message-id: <old@y.test>
--- log
QID: message-id=<old@y.test>
QID: resent-message-id=<20261120091825.QID@mail.example.com>

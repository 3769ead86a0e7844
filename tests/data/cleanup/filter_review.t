A filter sees the header as it will stand, without our trace, and names fields by their number then.
--- begin
sender: joe
rcpt: ann
rcpt: bob
context: local
trace: Received: by us\x0a
prepend: X-Policy: seen
--- data
Subject: old
X-Del: 1
From: joe
To: ann
Date: x
Message-Id: <1@2>

--- review
Subject: old
X-Del: 1
From: joe@example.com
To: ann@example.com
Date: x
Message-Id: <1@2>
--- data
the body
--- edits
insert 1 X-First: 1
change 1 Subject: new
delete 2
insert 3 X-Third: folded\x0a	line
add X-Last: a\x0ab
change 99 X-None: 1
sender other@example.com
rcpt carl
unrcpt bob
--- end
accepted
--- header
X-Policy: seen
Received: by us
X-First: 1
Subject: new
X-Third: folded
	line
From: joe@example.com
To: ann@example.com
Date: x
Message-Id: <1@2>
X-Last: a
	b
--- content
the body
--- envelope
sender: other@example.com
rcpt: ann@example.com ann
rcpt: carl@example.com carl
--- log
nrcpt=2

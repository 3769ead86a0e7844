A stranger's message passes unchanged, with our trace on top; nothing is added.
--- begin
sender: a@sender.test
rcpt: joe@example.com
client: 192.0.2.1
trace: Received: from x by y\x0a	id z; now\x0a
--- data
Subject: hello
From: a@sender.test
To: joe

line one
.dot
--- end
accepted
--- header
Received: from x by y
	id z; now
Subject: hello
From: a@sender.test
To: joe
--- content
line one
.dot
--- envelope
sender: a@sender.test
rcpt: joe@example.com joe@example.com
message-id: 
size: 99
facts: dot longest=21 hops=1
--- log
QID: message-id=<>
queued QID size=99 nrcpt=1
--- queue
incoming

A CR that is no line end, and a NUL: no later reader can make a line end or an end of mail of them.
--- begin
sender: a@b.test
rcpt: c@d.test
--- data 5
Subject: a\rb
Message-Id: <1@2>

one\r
.\r
two\r\r\0three
--- end
accepted
--- header
Subject: a b
Message-Id: <1@2>
--- content
one 
. 
two  \0three
--- envelope
facts: dot nul longest=17 hops=0

A line of the header that begins with a dot is noted as one of the body would be.
--- begin
sender: a@b.test
rcpt: x@example.com
--- data
.X-Dot: 1
Message-Id: <1@2>

text
--- end
accepted
--- envelope
facts: dot longest=17 hops=0

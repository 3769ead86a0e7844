A message without body, without even the line end.
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
Message-Id: <1@2>
--- end
accepted
--- header
Message-Id: <1@2>
--- content
--- envelope
size: 21

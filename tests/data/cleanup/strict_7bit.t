strict_7bit_headers refuses what strict mailers refuse.
--- main.cf
strict_7bit_headers = yes
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
Subject: \xc3\xb6
Message-Id: <1@2>

--- end
perm 550 5.6.0 improper use of 8-bit data in message header
--- queue
nothing

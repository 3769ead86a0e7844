Copies by sender, by recipient and always; nobody is told about them.
--- main.cf
always_bcc = archive
sender_bcc_maps = inline:{a@b.test=s@example.com}
recipient_bcc_maps = inline:{x@example.com=r@example.com}
--- begin
sender: a@b.test
rcpt: x@example.com
--- data
Message-Id: <1@2>

--- end
accepted
--- envelope
rcpt: s@example.com s@example.com never
rcpt: x@example.com x@example.com
rcpt: r@example.com r@example.com never
rcpt: archive@example.com archive never

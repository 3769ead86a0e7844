receive_override_options = no_address_mappings leaves all tables alone.
--- main.cf
virtual_alias_maps = inline:{x@example.com=y@example.com}
canonical_maps = inline:{a@b.test=c@d.test}
always_bcc = copy@example.com
--- begin
sender: a@b.test
rcpt: x@example.com
flags: checks
--- data
Message-Id: <1@2>

--- end
accepted
--- envelope
sender: a@b.test
rcpt: x@example.com x@example.com
--- log
nrcpt=1

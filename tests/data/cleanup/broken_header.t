A header that ends without an empty line: the line is body; the fault can be shown in the header.
--- main.cf
non_empty_end_of_header_action = add_hdr
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
Message-Id: <1@2>
this is no field
rest
--- end
accepted
--- header
Message-Id: <1@2>
MIME-Error: message header was not terminated by empty line
--- content
this is no field
rest

A table that does not answer makes the client try again.
--- main.cf
virtual_alias_maps = fail:x
--- begin
sender: a@b.test
rcpt: x@example.com
--- data
Message-Id: <1@2>

--- end
temp 451 4.3.0 Error: queue file write error
--- queue
nothing

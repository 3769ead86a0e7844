An expansion without end is refused for now.
--- main.cf
virtual_alias_expansion_limit = 3
virtual_alias_maps = inline:{ {all@example.com = a@example.com, b@example.com, c@example.com, d@example.com} }
--- begin
sender: a@b.test
rcpt: all@example.com
--- data
Message-Id: <1@2>

--- end
temp 451 4.6.0 Alias expansion error
--- log
unreasonable virtual_alias_maps map expansion size for all@example.com -- message not accepted, try again later
QID: removed (canceled)
--- queue
nothing

Aliases expand recursively, meet themselves without harm, keep "@domain" users, and give each address once.
--- main.cf
virtual_alias_maps = inline:{ {all@example.com = ann@example.com, bob@example.com, all@example.com}, {bob@example.com = carl@example.net, ann@example.com}, {@old.test = @new.test}, {loop1@example.com = loop2@example.com}, {loop2@example.com = loop1@example.com} }
--- begin
sender: a@b.test
rcpt: all@example.com all@example.com
rcpt: joe+x@old.test joe+x@old.test
rcpt: loop1@example.com loop1@example.com
rcpt: all@example.com all@example.com
--- data
Message-Id: <1@2>

--- end
accepted
--- envelope
rcpt: ann@example.com all@example.com
rcpt: carl@example.net all@example.com
rcpt: all@example.com all@example.com
rcpt: joe+x@new.test joe+x@old.test
rcpt: loop1@example.com loop1@example.com
--- log
nrcpt=5

Canonical tables by class, then masquerading, in envelope and header; extensions are kept.
--- main.cf
sender_canonical_maps = inline:{joe@example.com=Joe.Doe@example.com}
recipient_canonical_maps = inline:{ann=Ann.Lee@example.com}
canonical_maps = inline:{old@example.com=new@example.com, loop@example.com=loop@example.com}
masquerade_domains = !keep.test test
masquerade_exceptions = root
--- begin
sender: joe
rcpt: ann+list
rcpt: old@example.com
rcpt: loop@example.com
rcpt: x@host.sub.test
context: local
--- data
From: joe, root@a.test, u@a.test, u@b.keep.test
To: old, ann
Message-Id: <1@2>
Date: x

--- end
accepted
--- header
From: Joe.Doe@example.com, root@a.test, u@test, u@b.keep.test
To: new@example.com, Ann.Lee@example.com
Message-Id: <1@2>
Date: x
--- envelope
sender: Joe.Doe@example.com
rcpt: Ann.Lee+list@example.com ann+list
rcpt: new@example.com old@example.com
rcpt: loop@example.com loop@example.com
rcpt: x@host.sub.test x@host.sub.test

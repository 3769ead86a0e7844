sendmail -t: recipients come from the header, blind copies too, and are added to those that were given.
--- begin
sender: joe
rcpt: given@example.com
flags: mappings extract
context: local
--- data
To: ann, "Bob B." <bob@b.test>
Cc: group: carl@c.test, ann;
Bcc: secret@s.test
Message-Id: <1@2>
Date: x
From: joe

--- end
accepted
--- header
To: ann@example.com, "Bob B." <bob@b.test>
Cc: group: carl@c.test, ann@example.com;
Message-Id: <1@2>
Date: x
From: joe@example.com
--- envelope
rcpt: given@example.com given@example.com
rcpt: ann@example.com ann
rcpt: bob@b.test bob@b.test
rcpt: carl@c.test carl@c.test
rcpt: secret@s.test secret@s.test
--- log
nrcpt=5

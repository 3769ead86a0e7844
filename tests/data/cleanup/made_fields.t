Fields that the client made itself pass the checks too: many sites hide where their users are.
--- main.cf
header_checks = regexp:{{/^Received: from home/ REPLACE Received: from somewhere}, {/^X-Policy: (.*)/ PREPEND X-Seen: $$1}}
virtual_alias_maps = inline:{{both@example.com = one@example.com two@example.com}}
--- begin
sender: joe@example.com
rcpt: both@example.com
rcpt: Both@Example.com
trace: Received: from home.test\x0a\x09by us\x0a
prepend: X-Policy: 1\x0a
context: local
--- data
From: joe@example.com
To: ann@example.com
Message-Id: <1@2>
Date: x

--- end
accepted
--- header
X-Seen: 1
X-Policy: 1
Received: from somewhere
From: joe@example.com
To: ann@example.com
Message-Id: <1@2>
Date: x
--- envelope
sender: joe@example.com
rcpt: one@example.com both@example.com
rcpt: two@example.com both@example.com
facts: longest=24 hops=1

A filter replaces the body: nothing of the first one remains, and its facts are forgotten.
--- begin
sender: a@b.test
rcpt: c@d.test
--- data
Message-Id: <1@2>

.first \xff body
--- review
Message-Id: <1@2>
--- edits
hold
--- body
second
--- end
accepted
--- content
second
--- envelope
facts: longest=17 hops=0
--- queue
hold

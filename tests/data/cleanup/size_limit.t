Every byte counts, also those before the first header field; the file that was begun goes away.
--- begin
sender: a@b.test
rcpt: c@d.test
limit: 40
--- data 10
From x@y Fri Nov 20
Subject: x

0123456789
0123456789
--- end
perm 552 5.3.4 Error: message file too big
--- queue
nothing
--- log
QID: queue file size limit exceeded

# With pipelining the replies to what was sent ahead are read and do not count.
S: 220 mx.test ESMTP
S: 250-mx.test
S: 250 PIPELINING
S: 450 4.7.1 later
S: 503 MAIL first
S: 503 RCPT first
S: 250 reset
C: EHLO client.test
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@y.test>
C: DATA
C: RSET
C: QUIT
R: 1 deferred 4.7.1 host mx.test[192.0.2.1] said: 450 4.7.1 later (in reply to MAIL FROM command)

# What the next server may mend is not reported; what it cannot is.
not last
rcpt b@y.test
rcpt c@y.test
S: 220 mx.test ESMTP
S: 250 mx.test
S: 250 ok
S: 450 4.2.0 greylisted
S: 550 5.1.1 unknown
S: 250 reset
C: EHLO client.test
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@y.test>
C: RCPT TO:<c@y.test>
C: RSET
C: QUIT
R: 2 bounced 5.1.1 host mx.test[192.0.2.1] said: 550 5.1.1 unknown (in reply to RCPT TO command)

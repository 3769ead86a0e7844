# Without pipelining DATA is not sent for nobody.
S: 220 mx.test ESMTP
S: 250 mx.test
S: 250 ok
S: 550 5.1.1 unknown
S: 250 reset
C: EHLO client.test
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@y.test>
C: RSET
C: QUIT
R: 1 bounced 5.1.1 host mx.test[192.0.2.1] said: 550 5.1.1 unknown (in reply to RCPT TO command)

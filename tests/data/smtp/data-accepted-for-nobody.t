# A server that wants data though nobody was accepted gets an empty message (RFC 2920 3.1).
S: 220 mx.test ESMTP
S: 250-mx.test
S: 250 PIPELINING
S: 250 ok
S: 550 5.1.1 unknown
S: 354 go
S: 554 5.5.1 no recipients
C: EHLO client.test
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@y.test>
C: DATA
C: .
C: QUIT
R: 1 bounced 5.1.1 host mx.test[192.0.2.1] said: 550 5.1.1 unknown (in reply to RCPT TO command)

# One message, one command at a time.
S: 220 mx.test ESMTP
S: 250 mx.test
S: 250 2.1.0 ok
S: 250 2.1.5 ok
S: 354 go
S: 250 2.0.0 kept
C: EHLO client.test
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@y.test>
C: DATA
C: Subject: x
C: 
C: body
C: .
C: QUIT
R: 1 sent 2.0.0 250 2.0.0 kept

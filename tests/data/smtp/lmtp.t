# One reply per accepted recipient after the data.
lmtp
rcpt b@y.test
rcpt no@y.test
rcpt c@y.test
S: 220 mx.test LMTP
S: 250-mx.test
S: 250 PIPELINING
S: 250 ok
S: 250 ok
S: 550 5.1.1 unknown
S: 250 ok
S: 354 go
S: 250 2.0.0 b kept
S: 452 4.2.2 c is full
C: LHLO client.test
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@y.test>
C: RCPT TO:<no@y.test>
C: RCPT TO:<c@y.test>
C: DATA
C: Subject: x
C: 
C: body
C: .
C: QUIT
R: 2 bounced 5.1.1 host mx.test[192.0.2.1] said: 550 5.1.1 unknown (in reply to RCPT TO command)
R: 1 sent 2.0.0 250 2.0.0 b kept
R: 3 deferred 4.2.2 host mx.test[192.0.2.1] said: 452 4.2.2 c is full (in reply to end of DATA command)

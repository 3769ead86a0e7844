# What was answered is delivered; what was not is tried again.
lmtp
rcpt b@y.test
rcpt c@y.test
S: 220 mx.test LMTP
S: 250 mx.test
S: 250 ok
S: 250 ok
S: 250 ok
S: 354 go
S: 250 2.0.0 b kept
C: LHLO client.test
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@y.test>
C: RCPT TO:<c@y.test>
C: DATA
C: Subject: x
C: 
C: body
C: .
R: 1 sent 2.0.0 250 2.0.0 b kept
R: 2 deferred 4.4.2 lost connection with mx.test[192.0.2.1] while sending end of data -- message may be sent more than once
broken

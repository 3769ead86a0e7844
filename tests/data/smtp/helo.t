# EHLO is refused: HELO, and no extension is used.
S: 220-mx.test
S: 220 welcome
S: 500 what?
S: 250-SIZE 10
S: 250 mx.test
S: 250 ok
S: 250 ok
S: 354 go
S: 250 kept
C: EHLO client.test
C: HELO client.test
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@y.test>
C: DATA
C: Subject: x
C: 
C: body
C: .
C: QUIT
R: 1 sent 2.0.0 250 kept

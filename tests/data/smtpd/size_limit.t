Content past message_size_limit is read to its end and refused; the next message is fine.
conf: message_size_limit = 20
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: DATA
S+ 354 
C: 1234567890
C: 1234567890
C: From 
C: .
S: 552 5.3.4 Error: message file too big
C: RCPT TO:<u@example.org>
S: 503 5.5.1 Error: need MAIL command
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: DATA
S+ 354 
C: small
C: .
S+ 250 

More recipients than smtpd_recipient_limit: refused for now, the others stay.
conf: smtpd_recipient_limit = 1
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: RCPT TO:<u2@example.org>
S: 452 4.5.3 Error: too many recipients
C: DATA
S+ 354 
C: .
S+ 250 
M: from=<a@b.example> to=<u@example.org> flags=0

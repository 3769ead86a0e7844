An address that begins with a hyphen could be read as an option: refused by default (allow_min_user = no).
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<-a@b.example>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<-u@example.org>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<"-u"@example.org>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<u@example.org>
S+ 250 
C: RSET
S+ 250 
C: VRFY -u@example.org
S: 501 5.1.3 Bad recipient address syntax
L: Illegal address syntax from client.example[192.0.2.1] in RCPT command: <-u@example.org>

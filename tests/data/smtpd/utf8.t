UTF-8 in addresses needs SMTPUTF8; VRFY leaves no transaction behind.
conf: strict_smtputf8 = yes
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<ü@b.example>
S: 553 5.6.7 Must declare SMTPUTF8 to send unicode address
C: MAIL FROM:<ü@b.example> SMTPUTF8
S: 250 2.1.0 Ok
C: RCPT TO:<ü@example.org>
S+ 550 5.1.1 <ü@example.org>
C: RSET
S+ 250 
C: VRFY <ü@example.org>
S: 553 5.6.7 Must declare SMTPUTF8 to send unicode address
C: VRFY <ü@example.org> SMTPUTF8
S+ 550 
C: RCPT TO:<u@example.org>
S: 503 5.5.1 Error: need MAIL command
c: NOOP \xff\r\n
S: 500 5.5.2 Error: bad UTF-8 syntax

Commands out of order.
conf: smtpd_hard_error_limit = 100
conf: smtpd_helo_required = yes
S+ 220 
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: send HELO/EHLO first
C: HELO
S: 501 Syntax: HELO hostname
C: EHLO
S: 501 Syntax: EHLO hostname
C: HELO c
S+ 250 
C: RCPT TO:<u@example.org>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<a@b.example>
S+ 250 
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: nested MAIL command
C: DATA
S: 554 5.5.1 Error: no valid recipients
C: RSET
S: 250 2.0.0 Ok
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: VRFY
S: 501 5.5.4 Syntax: VRFY address [SMTPUTF8]
C: NONSENSE
S: 500 5.5.2 Error: command not recognized
C: RSET now
S: 501 5.5.4 Syntax: RSET
C: HELP
S: 214 2.0.0 Commands: BDAT DATA EHLO ETRN HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY XCLIENT XFORWARD
C: STARTTLS
S: 502 5.5.1 Error: command not implemented
C: QUIT
S+ 221 
L: disconnect from client.example[192.0.2.1] helo=1/2 ehlo=0/1 starttls=0/1 mail=1/3 rcpt=0/1 data=0/3 rset=1/2 vrfy=0/1 quit=1 help=1 unknown=0/1 commands=5/17

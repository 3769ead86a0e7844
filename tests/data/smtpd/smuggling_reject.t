smtpd_forbid_bare_newline = reject: content with a bare LF is refused and the client is gone.
conf: smtpd_forbid_bare_newline = reject
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: DATA
S+ 354 
c: one\ntwo\r\n.\r\n
S: 550 5.5.2 mx.example Error: bare <LF> received
E:

A notification to two recipients at once.
conf: smtpd_data_restrictions = reject_multi_recipient_bounce
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: RCPT TO:<u2@example.org>
S+ 250 
C: DATA
S: 550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce
C: RSET
S+ 250 

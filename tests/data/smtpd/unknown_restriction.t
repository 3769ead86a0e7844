A restriction that does not exist defers the mail; it is never passed over.
conf: smtpd_recipient_restrictions = reject_nonsense
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S: 451 4.3.5 Server configuration error
L: smtpd_recipient_restrictions: unknown or unsupported restriction: reject_nonsense

warn_if_reject only logs; it holds for the one restriction behind it.
conf: smtpd_recipient_restrictions = warn_if_reject reject_plaintext_session, inline:{{u2@example.org = REJECT}}
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: RCPT TO:<u2@example.org>
S+ 554 
L: NOQUEUE: reject_warning: RCPT from client.example[192.0.2.1]: 450 4.7.1 Session encryption is required; from=<a@b.example> to=<u@example.org> proto=SMTP helo=<c>

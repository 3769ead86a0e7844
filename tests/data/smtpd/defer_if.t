defer_if_permit turns the final permission, defer_if_reject a refusal into a deferral.
conf: smtpd_recipient_restrictions = inline:{ {u@example.org = DEFER_IF_PERMIT not sure}, {u2@example.org = DEFER_IF_REJECT not sure} }, inline:{{u2@example.org = REJECT}}
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S: 450 4.7.1 <u@example.org>: Recipient address rejected: not sure
C: RCPT TO:<u2@example.org>
S: 450 4.7.1 <u2@example.org>: Recipient address rejected: not sure
C: RCPT TO:<postmaster>
S+ 250 

A table that could not be read is of class data alone.
conf: notify_classes = bounce, policy, protocol, resource, software
conf: smtpd_recipient_restrictions = check_recipient_access fail:broken
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S: 451 4.3.0 <u@example.org>: Recipient address rejected: Temporary lookup failure
C: QUIT
S+ 221 
E:
M!

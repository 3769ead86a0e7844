A restriction that this version has not defers what reaches it; its argument is none of a table.
conf: smtpd_recipient_restrictions = inline:{{u2@example.org = OK}}, check_policy_service { inet:127.0.0.1:1, timeout = 1s }, reject
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u2@example.org>
S+ 250 
C: RCPT TO:<u@example.org>
S: 451 4.3.5 Server configuration error
L: warning: restriction check_policy_service: policy servers are not in this version

Client, HELO and sender restrictions wait for RCPT, and are asked for each recipient.
conf: smtpd_client_restrictions = inline:{{client.example = REJECT}}
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<postmaster>
S+ 250 
C: RCPT TO:<u@example.org>
S: 554 5.7.1 <client.example[192.0.2.1]>: Client host rejected: Access denied

smtpd_delay_reject = no: each list speaks at its own command.
conf: smtpd_delay_reject = no
conf: smtpd_helo_restrictions = reject_non_fqdn_helo_hostname
conf: smtpd_sender_restrictions = inline:{{<> = REJECT}}, reject_non_fqdn_sender
S+ 220 
C: HELO c
S: 504 5.5.2 <c>: Helo command rejected: need fully-qualified hostname
C: HELO c.example
S+ 250 
C: MAIL FROM:<a@b>
S: 504 5.5.2 <a@b>: Sender address rejected: need fully-qualified address
C: MAIL FROM:<>
S: 554 5.7.1 <>: Sender address rejected: Access denied
C: MAIL FROM:<a@b.example>
S+ 250 
L: NOQUEUE: reject: MAIL from client.example[192.0.2.1]: 504 5.5.2 <a@b>: Sender address rejected: need fully-qualified address; from=<a@b> proto=SMTP helo=<c.example>

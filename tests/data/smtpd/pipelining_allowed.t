smtpd_forbid_unauth_pipelining = no: noted, and refused by reject_unauth_pipelining.
conf: smtpd_forbid_unauth_pipelining = no
conf: smtpd_data_restrictions = reject_unauth_pipelining
S+ 220 
c: HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n
S+ 250 
S+ 250 
S+ 250 
S: 503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining

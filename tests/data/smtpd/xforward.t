XFORWARD tells the log of the real client.
conf: smtpd_authorized_xforward_hosts = 192.0.2.1
S+ 220 
C: HELO c
S+ 250 
C: XFORWARD NAME=other.example ADDR=198.51.100.7 IDENT=ABC
S: 250 2.0.0 Ok
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
L: QID1: client=client.example[192.0.2.1], orig_queue_id=ABC, orig_client=other.example[198.51.100.7]

A load balancer announces the client, which checks, log and replies then mean.
conf: smtpd_upstream_proxy_protocol = haproxy
conf: smtpd_client_restrictions = inline:{{198.51.100.7 = REJECT}}
c: PROXY TCP4 198.51.100.7 203.0.113.1 40000 25\r\n
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S: 554 5.7.1 <unknown[198.51.100.7]>: Client host rejected: Access denied
C: QUIT
S+ 221 
L: connect from unknown[198.51.100.7]
L: disconnect from unknown[198.51.100.7]

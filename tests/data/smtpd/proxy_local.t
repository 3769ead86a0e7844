The balancer asks for itself: it is the client.
conf: smtpd_upstream_proxy_protocol = haproxy
c: PROXY UNKNOWN\r\n
S+ 220 
C: QUIT
S+ 221 
L: connect from client.example[192.0.2.1]

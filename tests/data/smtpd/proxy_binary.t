The same in version 2, over IPv6, with the client's first command right behind it.
conf: smtpd_upstream_proxy_protocol = haproxy
conf: smtpd_forbid_unauth_pipelining = no
c: \r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x24\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x9c\x40\x00\x19HELO c\r\n
S+ 220 
S+ 250 
C: QUIT
S+ 221 
L: connect from unknown[2001:db8::1]

Who connects past the balancer is not served.
conf: smtpd_upstream_proxy_protocol = haproxy
C: EHLO c
S: 421 4.3.0 mx.example Server local error
E:
L: warning: haproxy read from [192.0.2.1]: missing protocol header
L: disconnect from client.example[192.0.2.1] commands=0/0

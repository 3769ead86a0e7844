A connection without announcement ends after smtpd_upstream_proxy_timeout.
conf: smtpd_upstream_proxy_protocol = haproxy
conf: smtpd_upstream_proxy_timeout = 1s
S: 421 4.3.0 mx.example Server local error
E:
L: warning: haproxy read from [192.0.2.1]: timeout error

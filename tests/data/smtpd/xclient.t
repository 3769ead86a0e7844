XCLIENT: another client, a new greeting, and nothing of the old session.
conf: smtpd_authorized_xclient_hosts = 192.0.2.1
conf: smtpd_recipient_restrictions = inline:{{198.51.100.7 = REJECT}}, inline:{{other.example = OK}}, check_client_access inline:{{198.51.100.7 = REJECT}}
S+ 220 
C: HELO c
S+ 250 
C: XCLIENT ADDR=nonsense
S: 501 5.5.4 Bad ADDR syntax: nonsense
C: XCLIENT NAME=other.example ADDR=198.51.100.7
S+ 220 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S: 554 5.7.1 <other.example[198.51.100.7]>: Client host rejected: Access denied
C: RSET
S+ 250 
C: XCLIENT ADDR=IPV6:2001:db8::1 NAME=[UNAVAILABLE]
S: 550 5.7.0 Error: insufficient authorization

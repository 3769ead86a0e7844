A client refused at connect may only leave.
conf: smtpd_delay_reject = no
conf: smtpd_client_restrictions = inline:{{192.0.2 = 554 not you}}
S: 554 5.7.1 <client.example[192.0.2.1]>: Client host rejected: not you
C: HELO c
S: 503 5.7.0 Error: access denied for client.example[192.0.2.1]
C: QUIT
S+ 221 
E:

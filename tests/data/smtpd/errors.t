Too many errors end the session.
conf: smtpd_hard_error_limit = 3
S+ 220 
C: A
S+ 500 
C: B
S+ 500 
C: C
S+ 500 
S: 421 4.7.0 mx.example Error: too many errors
E:
L: NOQUEUE: too many errors after UNKNOWN from client.example[192.0.2.1]
L: disconnect from client.example[192.0.2.1] unknown=0/3 commands=0/3

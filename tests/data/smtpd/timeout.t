A client that says nothing.
conf: smtpd_timeout = 1
S+ 220 
S: 421 4.4.2 mx.example Error: timeout exceeded
E:
L: NOQUEUE: timeout after CONNECT from client.example[192.0.2.1]

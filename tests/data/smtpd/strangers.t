A browser is told to go.
S+ 220 
C: GET / HTTP/1.0
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
E:
L: warning: non-SMTP command from client.example[192.0.2.1]: GET / HTTP/1.0

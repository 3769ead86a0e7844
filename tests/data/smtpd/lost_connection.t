The client goes away in the middle of the content: nothing is accepted.
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: DATA
S+ 354 
C: some
L: QID1: lost connection after DATA content (6 bytes) from client.example[192.0.2.1]
L: disconnect from client.example[192.0.2.1] helo=1 mail=1 rcpt=1 data=0/1 commands=3/4

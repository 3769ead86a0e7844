A message, its queue ID, its content and its Received: free way to cleanup.
S+ 220 
C: EHLO c
S+ 250-mx
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250 
C: MAIL FROM:<a@b.example> SIZE=100 BODY=8BITMIME
S: 250 2.1.0 Ok
C: RCPT TO:<u@example.org>
S: 250 2.1.5 Ok
C: DATA
S: 354 End data with <CR><LF>.<CR><LF>
C: Subject: x
C: 
C: ..stuffed
C: .
S: 250 2.0.0 Ok: queued as QID1
M: from=<a@b.example> to=<u@example.org> flags=0
M: Subject: x
M:
M: .stuffed
M: <end>
C: MAIL FROM:<>
S: 250 2.1.0 Ok
C: RCPT TO:<u2@example.org>
S: 250 2.1.5 Ok
C: RCPT TO:<u@example.org>
S: 250 2.1.5 Ok
C: DATA
S+ 354 
C: two
C: .
S: 250 2.0.0 Ok: queued as QID2
M: from=<> to=<u2@example.org> to=<u@example.org> flags=0
M: two
M: <end>
C: QUIT
S+ 221 
L: QID1: client=client.example[192.0.2.1]
L: QID2: client=client.example[192.0.2.1]
L: disconnect from client.example[192.0.2.1] ehlo=1 mail=2 rcpt=3 data=2 quit=1 commands=9

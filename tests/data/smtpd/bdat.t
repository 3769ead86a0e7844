Chunks, a line end between two of them, no final line end.
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
c: BDAT 6\r\nab\r\nc\r
S: 250 2.0.0 Ok: 6 bytes
c: BDAT 4\r\n\n.\r\n
S: 250 2.0.0 Ok: 4 bytes
C: BDAT 0 LAST
S: 250 2.0.0 Ok: 10 bytes queued as QID1
M: from=<a@b.example> to=<u@example.org> flags=0
M: ab
M: c
M: .
M: <end>
C: MAIL FROM:<a@b.example>
S+ 250 

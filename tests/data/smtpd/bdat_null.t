A chunk of nothing that is not the last only grows the log: refused.
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: BDAT 0
S: 551 5.7.1 Null BDAT request
C: BDAT 0
S: 551 5.0.0 Discarded 0 bytes after earlier error
C: BDAT 0 LAST
S: 551 5.0.0 Discarded 0 bytes after earlier error
C: MAIL FROM:<a@b.example>
S+ 250 
L: warning: QID1: null BDAT request from client.example[192.0.2.1]

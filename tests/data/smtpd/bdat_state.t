In a chunked message nothing but chunks; after an error nothing is left of the transaction.
S+ 220 
C: HELO c
S+ 250 
c: BDAT 3\r\nabc
S: 503 5.5.1 Error: need RCPT command
c: BDAT 3 LAST\r\nabc
S: 551 5.0.0 Discarded 3 bytes after earlier error
C: RCPT TO:<u@example.org>
S: 503 5.5.1 Error: need MAIL command
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<nobody@example.org>
S+ 550 
c: BDAT 3\r\nabc
S: 554 5.5.1 Error: no valid recipients
C: RCPT TO:<u@example.org>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: DATA after BDAT
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: MAIL after BDAT
C: RSET
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
c: BDAT 3\r\nabc
S+ 250 
C: RCPT TO:<u@example.org>
S: 503 5.5.1 Error: RCPT after BDAT
C: DATA
S: 503 5.5.1 Error: DATA after BDAT
C: RSET
S+ 250 
C: DATA
S: 503 5.5.1 Error: need RCPT command

Chunks that together pass the size limit; one that alone does is not even read.
conf: message_size_limit = 10
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
c: BDAT 8\r\n12345678
S+ 250 
c: BDAT 8\r\n12345678
S: 552 5.3.4 Chunk exceeds message size limit
C: RSET
S+ 250 
C: BDAT 20
S: 521 5.3.4 Chunk exceeds message size limit
E:

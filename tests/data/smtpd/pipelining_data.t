Content sent behind DATA without waiting for 354.
S+ 220 
C: EHLO c
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250 
c: MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nSubject: x\r\n
S+ 250 
S+ 250 
S: 554 5.5.0 Error: SMTP protocol synchronization
E:

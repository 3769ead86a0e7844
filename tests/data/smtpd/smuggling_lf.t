LF dot LF, LF dot CRLF and CRLF dot LF do not end a message: the "second message" is content.
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: DATA
S+ 354 
c: one\n.\nMAIL FROM:<evil@b.example>\r\ntwo\n.\r\nthree\r\n.\nfour\r.\rfive\r\n.\r\n
S: 250 2.0.0 Ok: queued as QID1
M: from=<a@b.example> to=<u@example.org> flags=0
M: one
M: .
M: MAIL FROM:<evil@b.example>
M: two
M: .
M: three
M: .

Greeting, EHLO with all extensions in order, HELO, QUIT.
S: 220 mx.example ESMTP Postfix
C: EHLO client.example
S: 250-mx.example
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-DSN
S: 250-SMTPUTF8
S: 250 CHUNKING
C: HELO client.example
S: 250 mx.example
C: QUIT
S: 221 2.0.0 Bye
E:
L: connect from client.example[192.0.2.1]
L: disconnect from client.example[192.0.2.1] helo=1 ehlo=1 quit=1 commands=3

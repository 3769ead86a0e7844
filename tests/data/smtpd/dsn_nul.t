An encoded NUL in ENVID or ORCPT is refused.
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example> ENVID=a+00b
S: 501 5.5.4 Bad ENVID parameter syntax
C: MAIL FROM:<a@b.example> ENVID=a+2Bb
S: 250 2.1.0 Ok
C: RCPT TO:<u@example.org> ORCPT=rfc822;u+00@example.org
S: 501 5.5.4 Error: Bad ORCPT parameter syntax
C: RCPT TO:<u@example.org> ORCPT=rfc822;u+0A@example.org
S: 501 5.5.4 Error: Bad ORCPT parameter syntax

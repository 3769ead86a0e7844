Addresses and parameters that are none.
conf: smtpd_hard_error_limit = 100
S+ 220 
C: HELO c
S+ 250 
C: MAIL
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL TO:<a@b.example>
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL FROM:<a@b.example
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@b.example>x
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@b.example> FOO
S: 555 5.5.4 Unsupported option: FOO
C: MAIL FROM:<a@b.example> FOO=bar
S: 555 5.5.4 Unsupported option: FOO=bar
C: MAIL FROM:<a@b.example> SIZE=x
S: 501 5.5.4 Bad message size syntax
C: MAIL FROM:<a@b.example> SIZE=99999999999999999999
S: 552 5.3.4 Message size exceeds fixed limit
C: MAIL FROM:<a@b.example> BODY=BINARYMIME
S: 555 5.5.4 Unsupported option: BODY=BINARYMIME
C: MAIL FROM:<a@b.example> SIZE=20000000
S: 552 5.3.4 Message size exceeds fixed limit
C: MAIL FROM:<a@b.example> RET=SOME
S: 501 5.5.4 Bad RET parameter syntax
C: MAIL FROM: <a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<u@example.org> NOTIFY=NEVER,DELAY
S: 501 5.5.4 Error: Bad NOTIFY parameter syntax
C: RCPT TO:<u@example.org> ORCPT=u@example.org
S: 501 5.5.4 Error: Bad ORCPT parameter syntax
C: RCPT TO:<u@example.org> X=Y
S: 555 5.5.4 Unsupported option: X=Y
C: RCPT TO:<@relay.example:u@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;u+2Bx@example.org
S: 250 2.1.5 Ok

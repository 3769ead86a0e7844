# Without pipelining nothing is sent after a refused MAIL but RSET.
S: 220 mx.test ESMTP
S: 250 mx.test
S: 550 5.7.1 no
S: 250 reset
C: EHLO client.test
C: MAIL FROM:<a@x.test>
C: RSET
C: QUIT
R: 1 bounced 5.7.1 host mx.test[192.0.2.1] said: 550 5.7.1 no (in reply to MAIL FROM command)

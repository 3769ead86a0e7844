# A server with our own name.
S: 220 client.test ESMTP
S: 250 client.test
C: EHLO client.test
C: QUIT
R: 1 bounced 5.4.6 mail for y.test loops back to myself

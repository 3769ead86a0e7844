# What is no reply ends it. (All of this was there before the client had to wait, so it had sent nothing yet.)
S: 220 mx.test ESMTP
S: 250 mx.test
S: HTTP/1.0 400 Bad Request
R: 1 deferred 4.4.2 protocol error: mx.test[192.0.2.1] sent no reply while sending MAIL FROM
broken

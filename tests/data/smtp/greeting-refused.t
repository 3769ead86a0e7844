# 5xx in the greeting is no last word about the mail.
S: 554 5.3.2 not here
C: QUIT
R: 1 deferred 4.3.2 host mx.test[192.0.2.1] refused to talk to me: 554 5.3.2 not here

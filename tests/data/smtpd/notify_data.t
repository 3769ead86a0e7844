notify_classes = data: the postmaster hears of a table that could not be read.
conf: notify_classes = data
conf: smtpd_recipient_restrictions = check_recipient_access fail:broken
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S: 451 4.3.0 <u@example.org>: Recipient address rejected: Temporary lookup failure
C: QUIT
S+ 221 
E:
M: from=<double-bounce@mx.example> to=<postmaster@mx.example> flags=1028
M: From: Mail Delivery System <MAILER-DAEMON>
M: To: Postmaster <postmaster>
M: Subject: Postfix SMTP server: errors from client.example[192.0.2.1]

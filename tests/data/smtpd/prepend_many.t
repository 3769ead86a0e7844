PREPEND for each of many recipients: all of it goes to cleanup, and when there is no more room, that recipient has to wait.
conf: smtpd_reject_unlisted_recipient = no
conf: smtpd_recipient_limit = 1000
conf: smtpd_client_restrictions = inline:{ {192.0.2.1 = PREPEND X-Long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx} }
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u0@example.org>
S+ 250 
C: RCPT TO:<u1@example.org>
S+ 250 
C: RCPT TO:<u2@example.org>
S+ 250 
C: RCPT TO:<u3@example.org>
S+ 250 
C: RCPT TO:<u4@example.org>
S+ 250 
C: RCPT TO:<u5@example.org>
S+ 250 
C: RCPT TO:<u6@example.org>
S+ 250 
C: RCPT TO:<u7@example.org>
S+ 250 
C: RCPT TO:<u8@example.org>
S+ 250 
C: RCPT TO:<u9@example.org>
S+ 250 
C: RCPT TO:<u10@example.org>
S+ 250 
C: RCPT TO:<u11@example.org>
S+ 250 
C: RCPT TO:<u12@example.org>
S+ 250 
C: RCPT TO:<u13@example.org>
S+ 250 
C: RCPT TO:<u14@example.org>
S+ 250 
C: RCPT TO:<u15@example.org>
S+ 250 
C: RCPT TO:<u16@example.org>
S+ 250 
C: RCPT TO:<u17@example.org>
S+ 250 
C: RCPT TO:<u18@example.org>
S+ 250 
C: RCPT TO:<u19@example.org>
S+ 250 
C: RCPT TO:<u20@example.org>
S+ 250 
C: RCPT TO:<u21@example.org>
S+ 250 
C: RCPT TO:<u22@example.org>
S+ 250 
C: RCPT TO:<u23@example.org>
S+ 250 
C: RCPT TO:<u24@example.org>
S+ 250 
C: RCPT TO:<u25@example.org>
S+ 250 
C: RCPT TO:<u26@example.org>
S+ 250 
C: RCPT TO:<u27@example.org>
S+ 250 
C: RCPT TO:<u28@example.org>
S+ 250 
C: RCPT TO:<u29@example.org>
S+ 250 
C: RCPT TO:<u30@example.org>
S+ 250 
C: RCPT TO:<u31@example.org>
S+ 250 
C: RCPT TO:<u32@example.org>
S+ 250 
C: RCPT TO:<u33@example.org>
S+ 250 
C: RCPT TO:<u34@example.org>
S+ 250 
C: RCPT TO:<u35@example.org>
S+ 250 
C: RCPT TO:<u36@example.org>
S+ 250 
C: RCPT TO:<u37@example.org>
S+ 250 
C: RCPT TO:<u38@example.org>
S+ 250 
C: RCPT TO:<u39@example.org>
S+ 250 
C: RCPT TO:<u40@example.org>
S+ 250 
C: RCPT TO:<u41@example.org>
S+ 250 
C: RCPT TO:<u42@example.org>
S+ 250 
C: RCPT TO:<u43@example.org>
S+ 250 
C: RCPT TO:<u44@example.org>
S+ 250 
C: RCPT TO:<u45@example.org>
S+ 250 
C: RCPT TO:<u46@example.org>
S+ 250 
C: RCPT TO:<u47@example.org>
S+ 250 
C: RCPT TO:<u48@example.org>
S+ 250 
C: RCPT TO:<u49@example.org>
S+ 250 
C: RCPT TO:<u50@example.org>
S+ 250 
C: RCPT TO:<u51@example.org>
S+ 250 
C: RCPT TO:<u52@example.org>
S+ 250 
C: RCPT TO:<u53@example.org>
S+ 250 
C: RCPT TO:<u54@example.org>
S+ 250 
C: RCPT TO:<u55@example.org>
S+ 250 
C: RCPT TO:<u56@example.org>
S+ 250 
C: RCPT TO:<u57@example.org>
S+ 250 
C: RCPT TO:<u58@example.org>
S+ 250 
C: RCPT TO:<u59@example.org>
S+ 250 
C: RCPT TO:<u60@example.org>
S+ 250 
C: RCPT TO:<u61@example.org>
S+ 250 
C: RCPT TO:<u62@example.org>
S+ 250 
C: RCPT TO:<u63@example.org>
S+ 250 
C: RCPT TO:<u64@example.org>
S+ 451 4.3.5 
C: QUIT
S+ 221 
L: warning: access table smtpd_client_restrictions: no room for PREPEND after 256000 bytes of it

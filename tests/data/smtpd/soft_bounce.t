soft_bounce: refusals become deferrals, in the log too.
conf: soft_bounce = yes
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<nobody@example.org>
S: 450 4.1.1 <nobody@example.org>: Recipient address rejected: User unknown in local recipient table
C: NONSENSE
S: 400 4.5.2 Error: command not recognized
L: 450 4.1.1 <nobody@example.org>

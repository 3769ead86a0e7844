Commands of one group in one write; the replies come in order.
S+ 220 
C: EHLO c
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250 
c: MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\n
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in local recipient table
S+ 354 
c: x\r\n.\r\nQUIT\r\n
S+ 250 2.0.0 Ok: queued
S+ 221 
L: QID1: reject: RCPT from client.example[192.0.2.1]: 550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in local recipient table; from=<a@b.example> to=<nobody@example.org> proto=ESMTP helo=<c>

VRFY answers as RCPT would.
S+ 220 
C: HELO c
S+ 250 
C: VRFY u@example.org
S: 252 2.0.0 u@example.org
C: VRFY <nobody@example.org>
S: 550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in local recipient table
C: VRFY x@elsewhere.example
S+ 554 5.7.1 
L: NOQUEUE: reject: VRFY from client.example[192.0.2.1]: 550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in local recipient table; to=<nobody@example.org> proto=SMTP helo=<c>

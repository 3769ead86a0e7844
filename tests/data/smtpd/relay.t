Mail from strangers to strangers is refused, also with routing characters.
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<x@elsewhere.example>
S: 554 5.7.1 <x@elsewhere.example>: Relay access denied
C: RCPT TO:<x%elsewhere.example@example.org>
S: 554 5.7.1 <x%elsewhere.example@example.org>: Relay access denied
C: RCPT TO:<"x@elsewhere.example"@example.org>
S: 554 5.7.1 <"x@elsewhere.example"@example.org>: Relay access denied
C: RCPT TO:<elsewhere.example!x@example.org>
S+ 554 5.7.1 
C: RCPT TO:<postmaster>
S: 250 2.1.5 Ok
C: DATA
S+ 354 
C: .
S+ 250 
M: from=<a@b.example> to=<postmaster> flags=0
L: NOQUEUE: reject: RCPT from client.example[192.0.2.1]: 554 5.7.1 <x@elsewhere.example>: Relay access denied; from=<a@b.example> to=<x@elsewhere.example> proto=SMTP helo=<c>

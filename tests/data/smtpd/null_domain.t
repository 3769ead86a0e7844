resolve_null_domain: user@ is a user of this host, as in Postfix; one @ too many does not count.
conf: resolve_null_domain = yes
conf: local_header_rewrite_clients =
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<root@>
S: 250 2.1.0 Ok
C: RCPT TO:<root@>
S: 250 2.1.5 Ok
C: RCPT TO:<u@example.org@>
S: 250 2.1.5 Ok
C: RCPT TO:<nobody@>
S: 550 5.1.1 <nobody@mx.example>: Recipient address rejected: User unknown in local recipient table
C: RCPT TO:<u@other.example@>
S: 554 5.7.1 <u@other.example>: Relay access denied
C: RCPT TO:<u%other.example@>
S: 554 5.7.1 <u%other.example@mx.example>: Relay access denied
C: RCPT TO:<@>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<u@[>
S: 501 5.1.3 Bad recipient address syntax
C: DATA
S+ 354 
C: x
C: .
S+ 250 
M: from=<root@mx.example> to=<root@mx.example> to=<u@example.org> flags=0

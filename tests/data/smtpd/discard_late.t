DISCARD at the end of the content: the client hears of success.
conf: smtpd_end_of_data_restrictions = check_client_access inline:{{192.0.2.1 = DISCARD}}
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@example.org>
S+ 250 
C: DATA
S+ 354 
C: x
C: .
S: 250 2.0.0 Ok: queued as QID1
C: DATA
S: 503 5.5.1 Error: need RCPT command
M: from=<a@b.example> to=<u@example.org> flags=0
M: x
M: <end> flags=16
L: QID1: discard: END-OF-MESSAGE from client.example[192.0.2.1]: <client.example[192.0.2.1]>: Client host triggers DISCARD action; from=<a@b.example> to=<u@example.org> proto=SMTP helo=<c>

A refusal at the end of the content ends the transaction: no RCPT or DATA without MAIL.
conf: smtpd_end_of_data_restrictions = reject
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
S: 554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied
C: RCPT TO:<u@example.org>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: need RCPT command
L: QID1: reject: END-OF-MESSAGE from client.example[192.0.2.1]: 554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied; from=<a@b.example> to=<u@example.org> proto=SMTP helo=<c>

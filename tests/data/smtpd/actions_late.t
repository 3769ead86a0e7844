Actions at the end of the content go to cleanup with it; those before went with the envelope, and not again. One copy is enough.
conf: smtpd_sender_restrictions = inline:{ {a@b.example = FILTER early:hop} }
conf: smtpd_end_of_data_restrictions = check_client_access inline:{{192.0.2.1 = HOLD}}, check_helo_access inline:{{c = BCC copy@b.example}}, check_client_access inline:{{client.example = BCC copy@b.example}}, check_sender_access inline:{{b@b.example = FILTER late:hop}}, check_recipient_access inline:{{u@example.org = REDIRECT r@b.example}, {u2@example.org = PREPEND X-Late: yes}}
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
M: from=<a@b.example> to=<u@example.org> flags=0
M: x
M: <end> flags=8 redirect=r@b.example bcc=copy@b.example
C: MAIL FROM:<b@b.example>
S+ 250 
C: RCPT TO:<u2@example.org>
S+ 250 
C: DATA
S+ 354 
C: x
C: .
S: 250 2.0.0 Ok: queued as QID2
M: from=<b@b.example> to=<u2@example.org> flags=0
M: x
M: <end> flags=8 filter=late:hop bcc=copy@b.example
L: QID2: filter: END-OF-MESSAGE from client.example[192.0.2.1]: <b@b.example>: Sender address triggers FILTER late:hop; from=<b@b.example> to=<u2@example.org> proto=SMTP helo=<c>
L: warning: access table smtpd_end_of_data_restrictions: action PREPEND must be used before smtpd_end_of_data_restrictions

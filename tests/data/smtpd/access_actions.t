What access tables can say.
conf: smtpd_recipient_restrictions = inline:{ {rej@example.org = REJECT go away}, {code@example.org = 450 4.2.1 later}, {def@example.org = DEFER}, {hold@example.org = HOLD}, {num@example.org = 12}, {bad@example.org = NOSUCH}, {pre@example.org = PREPEND X-Seen: yes}, {class@example.org = strict}, {dsn@example.org = REJECT 5.1.8 text}, {u@example.org = OK} }, reject
conf: smtpd_restriction_classes = strict
conf: strict = reject_plaintext_session
conf: smtpd_hard_error_limit = 100
conf: smtpd_reject_unlisted_recipient = no
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<rej@example.org>
S: 554 5.7.1 <rej@example.org>: Recipient address rejected: go away
C: RCPT TO:<code@example.org>
S: 450 4.2.1 <code@example.org>: Recipient address rejected: later
C: RCPT TO:<def@example.org>
S: 450 4.7.1 <def@example.org>: Recipient address rejected: Access denied
C: RCPT TO:<bad@example.org>
S: 451 4.3.5 Server configuration error
C: RCPT TO:<class@example.org>
S: 450 4.7.1 Session encryption is required
C: RCPT TO:<dsn@example.org>
S: 554 5.1.2 <dsn@example.org>: Recipient address rejected: text
C: RCPT TO:<hold@example.org>
S: 554 5.7.1 <hold@example.org>: Recipient address rejected: Access denied
C: RCPT TO:<pre@example.org>
S+ 554 
C: RCPT TO:<num@example.org>
S: 250 2.1.5 Ok
C: RCPT TO:<u@example.org>
S: 250 2.1.5 Ok
C: DATA
S+ 354 
C: x
C: .
S+ 250 
M: from=<a@b.example> to=<num@example.org> to=<u@example.org> flags=8
M: X-Seen: yes
M: x
L: NOQUEUE: hold: RCPT from client.example[192.0.2.1]: <hold@example.org>: Recipient address triggers HOLD action; from=<a@b.example> to=<hold@example.org> proto=SMTP helo=<c>

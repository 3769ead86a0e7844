smtpd_command_filter mends a command.
conf: smtpd_command_filter = regexp:{{/^RCPT TO:<(.*)@wrong>$$/ RCPT TO:<$$1@example.org>}}
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<u@wrong>
S: 250 2.1.5 Ok

smtpd_reject_filter_maps changes a refusal, and the log says so.
conf: smtpd_reject_filter_maps = regexp:{{/^554 5.7.1 (.*)/ 550 5.7.0 No}}
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S+ 250 
C: RCPT TO:<x@elsewhere.example>
S: 550 5.7.0 No
L: NOQUEUE: reply filter in: 554 5.7.1 <x@elsewhere.example>: Relay access denied
L: NOQUEUE: reply filter out: 550 5.7.0 No

A footer behind refusals, with the client's facts.
conf: smtpd_reject_footer = \c. Ask postmaster\nyou are $client_address, rcpt $recipient
S+ 220 
C: HELO c
S+ 250 
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@elsewhere.example>
S: 554-5.7.1 <x@elsewhere.example>: Relay access denied. Ask postmaster
S: 554 5.7.1 you are 192.0.2.1, rcpt x@elsewhere.example

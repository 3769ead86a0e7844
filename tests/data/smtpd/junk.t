Commands that lead nowhere count as errors beyond smtpd_junk_command_limit; a delivered message forgives.
conf: smtpd_hard_error_limit = 1
conf: smtpd_junk_command_limit = 2
S+ 220 
C: NOOP
S+ 250 
C: NOOP
S+ 250 
C: NOOP
S+ 250 
C: NOOP
S+ 250 
S: 421 4.7.0 mx.example Error: too many errors
E:

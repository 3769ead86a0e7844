smtpd_forbid_bare_newline = note: accepted, and told at the end.
conf: smtpd_forbid_bare_newline = note
S+ 220 
c: HELO c\n
S+ 250 
C: QUIT
S+ 221 
L: helo=1 quit=1 commands=2 notes=bare_lf

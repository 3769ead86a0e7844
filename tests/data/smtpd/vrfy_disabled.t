disable_vrfy_command hides it and refuses it.
conf: disable_vrfy_command = yes
S+ 220 
C: EHLO c
S+ 250-
S+ 250-
S+ 250-SIZE
S: 250-ETRN
S+ 250-
S+ 250-
S+ 250-
S+ 250-
S+ 250 
C: VRFY u@example.org
S: 502 5.5.1 VRFY command is disabled

A size that cannot be read leaves no way to find the next command.
S+ 220 
C: HELO c
S+ 250 
C: BDAT x
S: 521 5.5.4 Syntax: BDAT count [LAST]
E:

A header field where a command should be.
S+ 220 
C: Subject: x
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
E:

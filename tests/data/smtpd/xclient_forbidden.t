XCLIENT and XFORWARD are for those we trust.
S+ 220 
C: HELO c
S+ 250 
C: XCLIENT NAME=other.example
S: 550 5.7.0 Error: insufficient authorization
C: XFORWARD NAME=other.example
S: 550 5.7.0 Error: insufficient authorization

ETRN: three-digit replies only.
S+ 220 
C: HELO c
S+ 250 
C: ETRN
S: 500 Syntax: ETRN domain
C: ETRN b..example
S: 501 Error: invalid parameter syntax
C: ETRN b.example
S: 459 <b.example>: service unavailable
C: ETRN @b.example
S: 459 <b.example>: service unavailable
L: warning: reject: ETRN b.example... from client.example[192.0.2.1]

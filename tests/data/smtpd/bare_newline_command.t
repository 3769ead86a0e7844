A command that ends in a bare LF: taken by default, refused on demand.
conf: smtpd_forbid_bare_newline = reject
S+ 220 
c: HELO c\n
S: 550 5.5.2 mx.example Error: bare <LF> received
E:

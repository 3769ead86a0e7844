Hidden extensions are unknown ones.
conf: smtpd_discard_ehlo_keywords = dsn, chunking, silent-discard, size, etrn, vrfy, smtputf8, enhancedstatuscodes
S+ 220 
C: EHLO c
S: 250-mx.example
S: 250-PIPELINING
S: 250 8BITMIME
C: MAIL FROM:<a@b.example> RET=FULL
S: 555 5.5.4 Unsupported option: RET=FULL

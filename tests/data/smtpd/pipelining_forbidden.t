Commands sent behind EHLO without waiting: the connection ends.
S+ 220 
c: EHLO c\r\nMAIL FROM:<a@b.example>\r\n
S: 554 5.5.0 Error: SMTP protocol synchronization
E:
L: improper command pipelining after EHLO from client.example[192.0.2.1]: MAIL FROM:<a@b.example>\r\n

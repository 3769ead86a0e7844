The null sender stays null in the envelope and is MAILER-DAEMON in the header; a null recipient has a name.
--- begin
sender:
rcpt:  
context: local
--- data
Subject: x
Message-Id: <1@2>
Date: x

--- end
accepted
--- header
Subject: x
Message-Id: <1@2>
Date: x
From: MAILER-DAEMON@example.com
--- envelope
sender: 
rcpt: MAILER-DAEMON@example.com

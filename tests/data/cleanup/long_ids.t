Long queue IDs stand alone in Message-Ids; undisclosed recipients are told; Bcc and friends go.
--- main.cf
enable_long_queue_ids = yes
undisclosed_recipients_header = To: undisclosed-recipients:;
--- begin
sender: joe
rcpt: ann
context: local
--- data
Bcc: secret@example.com
Return-Path: <x@y>
Content-Length: 5
From: joe
Date: now

--- end
accepted
--- header
From: joe@example.com
Date: now
Message-Id: <QID@mail.example.com>
To: undisclosed-recipients:;

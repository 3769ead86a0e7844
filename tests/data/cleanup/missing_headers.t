Local mail gets Message-Id, Date and From, with the sender's full name; addresses are completed.
--- begin
sender: joe
rcpt: ann
context: local
name: Joe "J" Doe
--- data
To: Ann <ann>, bob@host.example.net
Subject: x

body
--- end
accepted
--- header
To: Ann <ann@example.com>, bob@host.example.net
Subject: x
Message-Id: <20261120091825.QID@mail.example.com>
Date: Fri, 20 Nov 2026 09:18:25 +0000 (UTC)
From: "Joe \\"J\\" Doe" <joe@example.com>
--- envelope
sender: joe@example.com
rcpt: ann@example.com ann
message-id: <20261120091825.QID@mail.example.com>
--- log
QID: message-id=<20261120091825.QID@mail.example.com>

always_add_missing_headers completes strangers' mail too, but does not touch its addresses.
--- main.cf
always_add_missing_headers = yes
--- begin
sender: a@b.test
rcpt: ann
--- data
To: ann

x
--- end
accepted
--- header
To: ann
Message-Id: <20261120091825.QID@mail.example.com>
Date: Fri, 20 Nov 2026 09:18:25 +0000 (UTC)
From: a@b.test

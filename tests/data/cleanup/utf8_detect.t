Eight-bit facts; for mail by smtpd the need of SMTPUTF8 is not found out by default.
--- main.cf
smtputf8_autodetect_classes = smtpd
--- begin
sender: a@b.test
rcpt: c@d.test
client: 192.0.2.1
--- data
Subject: \xc3\xb6
Message-Id: <1@2>

\xff
--- end
accepted
--- envelope
facts: 8bit-header 8bit-body smtputf8 longest=17 hops=0

Every action on a header field, and its log line.
--- main.cf
header_checks = regexp:{ {/^X-Warn:/ WARN seen it}, {/^X-Info:/ INFO}, {/^X-Ignore:/ IGNORE}, {/^X-Strip:/ STRIP}, {/^X-Replace: (.*)/ REPLACE X-New: $$1}, {/^X-Prepend:/ PREPEND X-Before: yes}, {/^X-Filter:/ FILTER scan:[127.0.0.1]:10025}, {/^X-Bcc:/ BCC spy@example.com}, {/^X-Redirect:/ REDIRECT other@example.com}, {/^X-Bad:/ FROBNICATE}, {/^X-BadReplace:/ REPLACE no header}, {/^Subject: two/ WARN} }
mime_header_checks = regexp:{ {/^Content-Type: text.x-bad/ REPLACE Content-Type: text/plain} }
--- begin
sender: a@b.test
rcpt: x@example.com
client: 192.0.2.1
--- data 10
X-Warn: 1
X-Info: 2
X-Ignore: 3
X-Strip: 4
X-Replace: five
X-Prepend: 6
X-Filter: 7
X-Bcc: 8
X-Bad: 10
X-BadReplace: 11
Subject: two
 lines
Content-Type: text/x-bad
X-Redirect: 9
X-Warn: not looked at
Message-Id: <1@2>

--- end
accepted
--- header
X-Warn: 1
X-Info: 2
X-New: five
X-Before: yes
X-Prepend: 6
X-Filter: 7
X-Bcc: 8
X-Bad: 10
X-BadReplace: 11
Subject: two
 lines
Content-Type: text/plain
X-Redirect: 9
X-Warn: not looked at
Message-Id: <1@2>
--- envelope
rcpt: x@example.com x@example.com
rcpt: spy@example.com spy@example.com never
filter: scan:[127.0.0.1]:10025
redirect: other@example.com
--- log
QID: warning: header X-Warn: 1 from client.example.net[192.0.2.1]; from=<a@b.test> to=<x@example.com> proto=ESMTP helo=<helo.example.net>: seen it
QID: info: header X-Info: 2 from client.example.net[192.0.2.1]; from=<a@b.test> to=<x@example.com> proto=ESMTP helo=<helo.example.net>
QID: strip: header X-Strip: 4 from
QID: replace: header X-Replace: five from client.example.net[192.0.2.1]; from=<a@b.test> to=<x@example.com> proto=ESMTP helo=<helo.example.net>: X-New: five
QID: prepend: header X-Prepend: 6 from
QID: filter: header X-Filter: 7 from
QID: bcc: header X-Bcc: 8 from
unknown command in header_checks map: FROBNICATE
bad REPLACE header text "no header" in header_checks map -- need "headername: headervalue"
QID: warning: header Subject: two
QID: redirect: header X-Redirect: 9 from

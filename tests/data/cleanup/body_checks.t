Body lines one at a time, in every part, up to the limit in each.
--- main.cf
body_checks = regexp:{ {/^drop me/ IGNORE}, {/^swap/ REPLACE swapped}, {/^before/ PREPEND prepended}, {/^late/ REJECT} }
body_checks_size_limit = 60
nested_header_checks = regexp:{ {/^X-Inner:/ IGNORE} }
mime_header_checks = regexp:{ {/^Content-Description:/ STRIP} }
--- begin
sender: a@b.test
rcpt: c@d.test
--- data 7
Content-Type: multipart/mixed; boundary=b
Message-Id: <1@2>

drop me
swap
--b
Content-Type: text/plain
Content-Description: x

before
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
late
--b
Content-Type: message/rfc822

X-Inner: 1
Subject: inner

drop me
end
--b--
--- end
accepted
--- content
swapped
--b
Content-Type: text/plain

prepended
before
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
late
--b
Content-Type: message/rfc822

Subject: inner

end
--b--

remote_header_rewrite_domain completes strangers' addresses with a domain that shows where they are from.
--- main.cf
remote_header_rewrite_domain = domain.invalid
--- begin
sender: a@b.test
rcpt: ann
--- data
To: ann, bob@host
Cc: (nobody)

x
--- end
accepted
--- header
To: ann@domain.invalid, bob@host
Cc: (nobody)

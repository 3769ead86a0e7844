# What mail looks like: grammars and formats, memory only.
pkglib_LTLIBRARIES += libcarteiro_mail.la
L_MAIL = libcarteiro_mail.la
TEST_LIBS += libcarteiro_mail.la

libcarteiro_mail_la_SOURCES = \
	lib/mail/addr.c lib/mail/addr.h \
	lib/mail/addr_list.c lib/mail/addr_list.h \
	lib/mail/addr_path.c lib/mail/addr_path.h \
	lib/mail/charset.c lib/mail/charset.h \
	lib/mail/date.c lib/mail/date.h \
	lib/mail/dsn.c lib/mail/dsn.h \
	lib/mail/dsn_report.c lib/mail/dsn_report.h \
	lib/mail/header.c lib/mail/header.h \
	lib/mail/header_rcpt.c lib/mail/header_rcpt.h \
	lib/mail/mime_downgrade.c lib/mail/mime_downgrade.h \
	lib/mail/mime_param.c lib/mail/mime_param.h \
	lib/mail/mime_scan.c lib/mail/mime_scan.h \
	lib/mail/proxy_header.c lib/mail/proxy_header.h \
	lib/mail/received.c lib/mail/received.h \
	lib/mail/rewrite.c lib/mail/rewrite.h \
	lib/mail/rfc2047.c lib/mail/rfc2047.h \
	lib/mail/smtp_cmd.c lib/mail/smtp_cmd.h \
	lib/mail/smtp_reply.c lib/mail/smtp_reply.h \
	lib/mail/verp.c lib/mail/verp.h
libcarteiro_mail_la_LIBADD = $(L_BASE)

# What only mailbox access needs.
pkglib_LTLIBRARIES += libcarteiro_imap.la
L_IMAP = libcarteiro_imap.la
TEST_LIBS += libcarteiro_imap.la

libcarteiro_imap_la_SOURCES = \
	lib/mail/imap_args.c lib/mail/imap_args.h \
	lib/mail/imap_search.c lib/mail/imap_search.h \
	lib/mail/imap_set.c lib/mail/imap_set.h \
	lib/mail/imap_structure.c lib/mail/imap_structure.h \
	lib/mail/imap_text.c lib/mail/imap_text.h \
	lib/mail/mime_part.c lib/mail/mime_part.h \
	lib/mail/subject.c lib/mail/subject.h \
	lib/mail/thread.c lib/mail/thread.h \
	lib/mail/utf7.c lib/mail/utf7.h
libcarteiro_imap_la_LIBADD = $(L_MAIL) $(L_BASE) $(UNISTRING_LIBS)

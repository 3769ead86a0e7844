# What mail looks like: grammars and formats, memory only.
pkglib_LTLIBRARIES += libcarteiro_mail.la
L_MAIL = libcarteiro_mail.la
TEST_LIBS += libcarteiro_mail.la

libcarteiro_mail_la_SOURCES = \
	lib/mail/addr.c lib/mail/addr.h \
	lib/mail/addr_list.c lib/mail/addr_list.h \
	lib/mail/addr_path.c lib/mail/addr_path.h
libcarteiro_mail_la_LIBADD = $(L_BASE)

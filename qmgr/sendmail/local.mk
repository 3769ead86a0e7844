# sendmail, also installed as mailq and newaliases.
sbin_PROGRAMS += qmgr/sendmail/sendmail
qmgr_sendmail_sendmail_SOURCES = qmgr/sendmail/sendmail.c qmgr/sendmail/sendmail_enqueue.c \
	qmgr/sendmail/sendmail_drop.c qmgr/sendmail/sendmail_options.c \
	qmgr/sendmail/sendmail_smtp.c qmgr/sendmail/sendmail_int.h
qmgr_sendmail_sendmail_LDADD = $(L_QUEUE) $(L_MAIL)
INSTALL_LINKS += sendmail:mailq sendmail:newaliases
dist_man_MANS += man/man1/sendmail.1 man/man1/newaliases.1

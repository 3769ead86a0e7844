# Notifications (services bounce, defer, trace).
pkglibexec_PROGRAMS += qmgr/bounce/bounce
qmgr_bounce_bounce_SOURCES = qmgr/bounce/bounce.c qmgr/bounce/bounce_int.h \
	qmgr/bounce/bounce_compose.c \
	qmgr/bounce/bounce_notice.c \
	qmgr/bounce/bounce_records.c \
	qmgr/bounce/bounce_send.c
qmgr_bounce_bounce_LDADD = $(L_QUEUE) $(L_MAIL)
libcarteiro_sys_la_SOURCES += qmgr/bounce/bounce_manifest.c
dist_man_MANS += man/man8/bounce.8 man/man5/bounce.5

# The administrator's hand in the queue.
sbin_PROGRAMS += qmgr/postsuper/postsuper
qmgr_postsuper_postsuper_SOURCES = qmgr/postsuper/postsuper.c qmgr/postsuper/postsuper_int.h \
	qmgr/postsuper/postsuper_action.c \
	qmgr/postsuper/postsuper_structure.c
qmgr_postsuper_postsuper_LDADD = $(L_QUEUE)
dist_man_MANS += man/man1/postsuper.1

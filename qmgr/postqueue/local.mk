# The users' view of the queue, also as mailq.
sbin_PROGRAMS += qmgr/postqueue/postqueue
qmgr_postqueue_postqueue_SOURCES = qmgr/postqueue/postqueue.c \
	qmgr/postqueue/queue_print.c qmgr/postqueue/queue_print.h
qmgr_postqueue_postqueue_LDADD = $(L_TABLE) $(L_QUEUE) $(L_MAIL)
INSTALL_LINKS += postqueue:mailq
dist_man_MANS += man/man1/postqueue.1 man/man1/mailq.1

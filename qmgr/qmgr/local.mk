# The queue manager.
pkglibexec_PROGRAMS += qmgr/qmgr/qmgr
qmgr_qmgr_qmgr_SOURCES = qmgr/qmgr/qmgr.c qmgr/qmgr/qmgr_int.h \
	qmgr/qmgr/due.c qmgr/qmgr/due.h \
	qmgr/qmgr/feedback.c qmgr/qmgr/feedback.h \
	qmgr/qmgr/qmgr_agent.c \
	qmgr/qmgr/qmgr_bounce.c \
	qmgr/qmgr/qmgr_clog.c \
	qmgr/qmgr/qmgr_deliver.c \
	qmgr/qmgr/qmgr_feed.c \
	qmgr/qmgr/qmgr_finish.c \
	qmgr/qmgr/qmgr_message.c \
	qmgr/qmgr/qmgr_notice.c \
	qmgr/qmgr/qmgr_recover.c \
	qmgr/qmgr/qmgr_resolve.c \
	qmgr/qmgr/qmgr_scan.c \
	qmgr/qmgr/qmgr_settle.c \
	qmgr/qmgr/sched.c qmgr/qmgr/sched.h qmgr/qmgr/sched_int.h \
	qmgr/qmgr/sched_job.c \
	qmgr/qmgr/sched_message.c
qmgr_qmgr_qmgr_LDADD = $(L_TABLE) $(L_QUEUE) $(L_MAIL) -lm
libcarteiro_sys_la_SOURCES += qmgr/qmgr/qmgr_manifest.c
dist_man_MANS += man/man8/qmgr.8

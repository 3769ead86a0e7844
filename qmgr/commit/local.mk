# Makes files durable, in batches.
pkglibexec_PROGRAMS += qmgr/commit/commit
qmgr_commit_commit_SOURCES = qmgr/commit/commit.c \
	qmgr/commit/batches.c qmgr/commit/batches.h \
	qmgr/commit/flusher.c qmgr/commit/flusher.h
qmgr_commit_commit_LDADD = $(L_QUEUE) $(EVENT_LIBS)
libcarteiro_sys_la_SOURCES += qmgr/commit/commit_manifest.c \
	qmgr/commit/commit_conf.c qmgr/commit/commit_conf.h
dist_man_MANS += man/man8/commit.8

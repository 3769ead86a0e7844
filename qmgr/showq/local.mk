# The listing of the queue.
pkglibexec_PROGRAMS += qmgr/showq/showq
qmgr_showq_showq_SOURCES = qmgr/showq/showq.c
qmgr_showq_showq_LDADD = $(L_QUEUE)
libcarteiro_sys_la_SOURCES += qmgr/showq/showq_manifest.c
dist_man_MANS += man/man8/showq.8

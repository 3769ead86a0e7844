# Takes messages and puts them into the queue.
CLEANUP_PARTS = qmgr/cleanup/cleanup_address.c qmgr/cleanup/cleanup_address.h \
	qmgr/cleanup/cleanup_block.c qmgr/cleanup/cleanup_block.h \
	qmgr/cleanup/cleanup_checks.c qmgr/cleanup/cleanup_checks.h \
	qmgr/cleanup/cleanup_content.c qmgr/cleanup/cleanup_content.h \
	qmgr/cleanup/cleanup_envelope.c qmgr/cleanup/cleanup_envelope.h \
	qmgr/cleanup/cleanup_header.c qmgr/cleanup/cleanup_header.h \
	qmgr/cleanup/cleanup_message.c qmgr/cleanup/cleanup_message.h \
	qmgr/cleanup/cleanup_queue.c qmgr/cleanup/cleanup_queue.h \
	qmgr/cleanup/cleanup_session.c qmgr/cleanup/cleanup_session.h \
	qmgr/cleanup/cleanup_settings.c qmgr/cleanup/cleanup_settings.h
pkglibexec_PROGRAMS += qmgr/cleanup/cleanup
qmgr_cleanup_cleanup_SOURCES = qmgr/cleanup/cleanup.c $(CLEANUP_PARTS)
qmgr_cleanup_cleanup_LDADD = $(L_QUEUE) $(L_TABLE)
libcarteiro_sys_la_SOURCES += qmgr/cleanup/cleanup_manifest.c
dist_man_MANS += man/man8/cleanup.8 man/man5/queue-file.5 man/man5/canonical.5 man/man5/virtual.5
dist_man_MANS += man/man5/header_checks.5 man/man5/body_checks.5

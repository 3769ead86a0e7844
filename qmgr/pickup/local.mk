# Takes submitted mail to cleanup.
pkglibexec_PROGRAMS += qmgr/pickup/pickup
qmgr_pickup_pickup_SOURCES = qmgr/pickup/pickup.c qmgr/pickup/pickup_mail.c qmgr/pickup/pickup_mail.h
qmgr_pickup_pickup_LDADD = $(L_QUEUE) $(L_MAIL)
libcarteiro_sys_la_SOURCES += qmgr/pickup/pickup_manifest.c
dist_man_MANS += man/man8/pickup.8

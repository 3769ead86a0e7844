# Puts submitted mail into maildrop; installed set-gid (setgid_group).
sbin_PROGRAMS += qmgr/postdrop/postdrop
qmgr_postdrop_postdrop_SOURCES = qmgr/postdrop/postdrop.c
qmgr_postdrop_postdrop_LDADD = $(L_QUEUE) $(L_TABLE) $(L_MAIL)
dist_man_MANS += man/man1/postdrop.1

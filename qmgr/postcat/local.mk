# Prints queue files.
sbin_PROGRAMS += qmgr/postcat/postcat
qmgr_postcat_postcat_SOURCES = qmgr/postcat/postcat.c
qmgr_postcat_postcat_LDADD = $(L_QUEUE) $(L_MAIL)
dist_man_MANS += man/man1/postcat.1

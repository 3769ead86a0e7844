pkglibexec_PROGRAMS += master/postlogd/postlogd
master_postlogd_postlogd_SOURCES = master/postlogd/postlogd.c
master_postlogd_postlogd_LDADD = $(L_SYS)
libcarteiro_sys_la_SOURCES += master/postlogd/postlogd_manifest.c
dist_man_MANS += man/man8/postlogd.8

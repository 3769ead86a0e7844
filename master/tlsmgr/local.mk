pkglibexec_PROGRAMS += master/tlsmgr/tlsmgr
master_tlsmgr_tlsmgr_SOURCES = master/tlsmgr/tlsmgr.c
master_tlsmgr_tlsmgr_LDADD = $(L_NET)
libcarteiro_sys_la_SOURCES += master/tlsmgr/tlsmgr_manifest.c
dist_man_MANS += man/man8/tlsmgr.8

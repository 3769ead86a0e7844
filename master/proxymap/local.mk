# Opens tables for others.
pkglibexec_PROGRAMS += master/proxymap/proxymap
master_proxymap_proxymap_SOURCES = master/proxymap/proxymap.c
master_proxymap_proxymap_LDADD = $(L_INDEX)
libcarteiro_sys_la_SOURCES += master/proxymap/proxymap_manifest.c
dist_man_MANS += man/man8/proxymap.8

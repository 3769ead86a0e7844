pkglibexec_PROGRAMS += master/anvil/anvil
master_anvil_anvil_SOURCES = master/anvil/anvil.c master/anvil/anvil_count.c master/anvil/anvil_count.h
master_anvil_anvil_LDADD = $(L_NET)
libcarteiro_sys_la_SOURCES += master/anvil/anvil_manifest.c
dist_man_MANS += man/man8/anvil.8

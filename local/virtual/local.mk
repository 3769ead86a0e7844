# The delivery agent for mailboxes that tables name.
pkglibexec_PROGRAMS += local/virtual/virtual
local_virtual_virtual_SOURCES = local/virtual/virtual.c $(WORKER_SOURCES)
local_virtual_virtual_LDADD = $(L_TABLE) $(L_QUEUE) $(L_STORE)
libcarteiro_sys_la_SOURCES += local/virtual/virtual_manifest.c
dist_man_MANS += man/man8/virtual.8

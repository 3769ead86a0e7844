# The delivery agent that discards.
pkglibexec_PROGRAMS += local/discard/discard
local_discard_discard_SOURCES = local/discard/discard.c
local_discard_discard_LDADD = $(L_QUEUE)
libcarteiro_sys_la_SOURCES += local/discard/discard_manifest.c
dist_man_MANS += man/man8/discard.8

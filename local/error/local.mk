# The delivery agent that bounces (error) or defers (retry).
pkglibexec_PROGRAMS += local/error/error
local_error_error_SOURCES = local/error/error.c
local_error_error_LDADD = $(L_QUEUE)
libcarteiro_sys_la_SOURCES += local/error/error_manifest.c
dist_man_MANS += man/man8/error.8

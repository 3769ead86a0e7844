# The delivery agent for the system's users.
pkglibexec_PROGRAMS += local/local/local
local_local_local_SOURCES = \
	local/local/local.c local/local/local_int.h \
	local/local/local_alias.c \
	local/local/local_command.c \
	local/local/local_exec.c local/local/local_exec.h \
	local/local/local_expand.c \
	local/local/local_forward.c \
	local/local/local_include.c \
	local/local/local_macro.c local/local/local_macro.h \
	local/local/local_mailbox.c \
	local/local/local_pass.c \
	local/local/local_recipient.c \
	local/local/local_requeue.c \
	local/local/local_token.c local/local/local_token.h \
	$(WORKER_SOURCES)
local_local_local_LDADD = $(L_TABLE) $(L_QUEUE) $(L_STORE)
libcarteiro_sys_la_SOURCES += local/local/local_manifest.c
dist_man_MANS += man/man8/local.8 man/man5/aliases.5

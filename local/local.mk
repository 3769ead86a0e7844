# Processes that write mailboxes as their owners; compiled into local and virtual.
WORKER_SOURCES = \
	local/child.c local/child.h \
	local/worker.c local/worker.h \
	local/worker_proto.c local/worker_proto.h \
	local/worker_serve.c local/worker_serve.h

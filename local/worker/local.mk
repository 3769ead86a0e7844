# Processes that write mailboxes as their owners; compiled into local and virtual.
WORKER_SOURCES = \
	local/worker/worker.c local/worker/worker.h \
	local/worker/worker_proto.c local/worker/worker_proto.h \
	local/worker/worker_serve.c local/worker/worker_serve.h

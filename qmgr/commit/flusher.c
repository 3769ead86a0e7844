/* SPDX-License-Identifier: ISC */
/*
 * The flushing child. It waits in fsync(2) or syncfs(2), so that commit never does. A failed flush
 * is reported for the whole batch and never tried again: the kernel may have dropped the pages.
 */
#include "qmgr/commit/flusher.h"

#include "lib/queue/commit_proto.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_BYTES = 4096, CHILD_FD = 3 };

static int
flush_fd(int fd, bool whole)
{
	int result;

	do {
		result = whole ? syncfs(fd) : fsync(fd);
	} while (result != 0 && errno == EINTR);
	return result == 0 ? 0 : errno;
}

/* All of them, also after an error; the first error counts. */
static int
flush_all(const struct commit_flush *request)
{
	struct commit_item *items = request->items.items;
	int first = 0;

	for (size_t i = 0; i < request->items.count; i++) {
		int errnum = flush_fd(items[i].fd, request->whole);

		if (first == 0)
			first = errnum;
		fd_close(&items[i].fd);
	}
	return first;
}

void
flusher_serve(int fd)
{
	CLEANUP(peer_free) struct peer *peer = peer_new(fd, "commit", FRAME_BYTES);
	CLEANUP(arena_free) struct arena *arena = arena_new("flush", FRAME_BYTES);
	struct commit_flush request;
	struct err err = { 0 };

	while (peer_expect(peer, &commit_flush_desc, &request, arena, CLOCK_NEVER, &err)) {
		struct commit_flushed answer = { .errnum = flush_all(&request) };

		if (!peer_send(peer, &commit_flushed_desc, &answer, &err) ||
		    !peer_flush(peer, CLOCK_NEVER, &err))
			break;
		arena_clear(arena);
	}
}

int
flusher_start(struct err *err)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		err_temp_errno(err, "make a socket pair");
		return -1;
	}
	pid = fork();
	if (pid < 0) {
		err_temp_errno(err, "make a process that flushes");
		fd_close(&pair[0]);
		fd_close(&pair[1]);
		return -1;
	}
	if (pid == 0) {
		/* Nothing of commit's but this connection: its end is the child's end too. */
		if (dup2(pair[1], CHILD_FD) < 0 || close_range(CHILD_FD + 1, ~0u, 0) != 0)
			_exit(1);
		flusher_serve(CHILD_FD);
		_exit(0);
	}
	close(pair[1]);
	return pair[0];
}

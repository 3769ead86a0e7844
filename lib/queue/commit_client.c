/* SPDX-License-Identifier: ISC */
/*
 * Asking commit. Once a request has left, its answer alone counts: an error that commit's flush met
 * would not show again in an fsync of ours, since both share the open file. So a commit that dies
 * in between is a failure of this one request; one that cannot be asked is done without.
 */
#include "lib/queue/commit_client.h"

#include "lib/queue/commit_proto.h"
#include "lib/sys/clock.h"

#include <errno.h>
#include <unistd.h>

/* How long commit may take to accept a connection. */
enum { READY_US = 300000 };

static bool
flush_one(int fd, const char *what, struct err *err)
{
	int result;

	if (fd < 0)
		return true;
	do {
		result = fsync(fd);
	} while (result != 0 && errno == EINTR);
	return result == 0 || err_temp_errno(err, "flush %s to disk", what);
}

bool
commit_file_directly(int file_fd, int dir_fd, struct err *err)
{
	return flush_one(file_fd, "file", err) && flush_one(dir_fd, "directory", err);
}

/*
 * The connection, with the request on its way; NULL: commit cannot be asked. A kept connection may
 * be dead, then a new one is tried; one that nobody takes is not waited for.
 */
static struct peer *
send_request(struct program *program, const struct commit_request *request, int64_t deadline_us)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		CLEANUP(arena_free) struct arena *arena = arena_new("commit", 4096);
		struct err err = { 0 };
		struct peer *peer = service_peer(program, program->mail->commit_service_name, &err);
		struct commit_ready ready;

		if (peer == NULL)
			return NULL;
		if (peer_expect(
			peer, &commit_ready_desc, &ready, arena, clock_deadline(READY_US), &err) &&
		    peer_send(peer, &commit_request_desc, request, &err) &&
		    peer_flush(peer, deadline_us, &err))
			return peer;
		service_forget(program, peer);
		if (err.errnum == ETIMEDOUT)
			return NULL;
	}
	return NULL;
}

/* Through commit. */
static bool
commit_by_service(struct program *program, int file_fd, int dir_fd, struct err *err)
{
	struct commit_request request = { .id = 1, .file_fd = file_fd, .dir_fd = dir_fd };
	int64_t deadline = clock_deadline(program->mail->ipc_timeout.us);
	CLEANUP(arena_free) struct arena *arena = NULL;
	struct commit_done done;
	struct peer *peer = send_request(program, &request, deadline);

	if (peer == NULL)
		return commit_file_directly(file_fd, dir_fd, err);
	arena = arena_new("commit answer", 4096);
	if (!peer_expect(peer, &commit_done_desc, &done, arena, deadline, err)) {
		service_forget(program, peer);
		return err_prefix(err, "flush to disk");
	}
	if (done.error.len > 0)
		return err_temp(err, "flush to disk: %.*s", SPAN_ARG(done.error));
	return true;
}

bool
commit_file(struct program *program, int file_fd, int dir_fd, struct err *err)
{
	return strcmp(program->mail->queue_sync, "batch") == 0
	    ? commit_by_service(program, file_fd, dir_fd, err)
	    : commit_file_directly(file_fd, dir_fd, err);
}

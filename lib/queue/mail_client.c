/* SPDX-License-Identifier: ISC */
/*
 * Handing mail on to cleanup. A connection that fails is forgotten, and with it the message that it
 * carried: cleanup takes its end for a message that was never finished.
 */
#include "lib/queue/mail_client.h"

#include "lib/sys/clock.h"
#include "lib/sys/file.h"

enum { BLOCK_BYTES = 60000, BACKLOG_MAX = 1 << 20 };

static int64_t
deadline(const struct mail_client *client)
{
	return clock_deadline(client->program->mail->ipc_timeout.us);
}

static void
note_next_id(struct mail_client *client, struct span id)
{
	(void) snprintf(client->next_id, sizeof(client->next_id), "%.*s", SPAN_ARG(id));
}

static bool
forget(struct mail_client *client, struct peer *peer)
{
	service_forget(client->program, peer);
	client->peer = NULL;
	return false;
}

/*
 * A connection whose next queue ID is known. One that cleanup has closed meanwhile is replaced.
 */
static struct peer *
reach(struct mail_client *client, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("cleanup's queue ID", 4096);
	const char *name = client->program->mail->cleanup_service_name;
	struct peer *peer = service_peer(client->program, name, err);
	struct mail_ready ready;

	if (peer != NULL && peer == client->peer && peer_has_input(peer)) {
		(void) forget(client, peer);
		peer = service_peer(client->program, name, err);
	}
	if (peer == NULL || peer == client->peer)
		return peer;
	if (!peer_expect(peer, &mail_ready_desc, &ready, arena, deadline(client), err)) {
		(void) forget(client, peer);
		return NULL;
	}
	client->peer = peer;
	note_next_id(client, ready.queue_id);
	return peer;
}

const char *
mail_client_next_id(struct mail_client *client, struct err *err)
{
	return reach(client, err) == NULL ? NULL : client->next_id;
}

static bool
send_bytes(const struct mail_client *client, struct span bytes, struct err *err)
{
	while (bytes.len > 0) {
		if (!peer_send_data(client->peer, span_slice(bytes, 0, BLOCK_BYTES), err))
			return false;
		bytes = span_from(bytes, BLOCK_BYTES);
		if (peer_backlog(client->peer) > BACKLOG_MAX &&
		    !peer_flush(client->peer, deadline(client), err))
			return false;
	}
	return true;
}

static bool
send_extent(const struct mail_client *client, int fd, int64_t offset, int64_t left, struct err *err)
{
	char block[BLOCK_BYTES];

	while (left > 0) {
		size_t now = left < BLOCK_BYTES ? (size_t) left : BLOCK_BYTES;

		if (!fd_pread_all(fd, block, now, offset, "queue file", err) ||
		    !send_bytes(client, span_make(block, now), err))
			return false;
		offset += (int64_t) now;
		left -= (int64_t) now;
	}
	return true;
}

static bool
converse(const struct mail_client *client, const struct mail_begin *begin, struct span top,
    const struct deliver *content, struct arena *arena, struct mail_done *done, struct err *err)
{
	return peer_send(client->peer, &mail_begin_desc, begin, err) &&
	    send_bytes(client, top, err) &&
	    send_extent(client, content->fd, content->header_offset, content->header_bytes, err) &&
	    send_bytes(client, SPAN("\n"), err) &&
	    send_extent(client, content->fd, content->body_offset, content->body_bytes, err) &&
	    peer_send(client->peer, &mail_end_desc, &(struct mail_none){ false }, err) &&
	    peer_expect(client->peer, &mail_done_desc, done, arena, deadline(client), err);
}

bool
mail_client_resend(struct mail_client *client, const struct mail_begin *begin, struct span top,
    const struct deliver *content, struct arena *arena, struct span *id_out, struct err *err)
{
	struct mail_done done = { 0 };

	if (reach(client, err) == NULL)
		return false;
	if (!converse(client, begin, top, content, arena, &done, err))
		return forget(client, client->peer);
	note_next_id(client, done.next_queue_id);
	*id_out = arena_dup(arena, done.queue_id);
	if (done.status == MAIL_ACCEPTED || done.status == MAIL_DISCARDED)
		return true;
	return err_set(err, done.status == MAIL_PERM ? ERR_PERM : ERR_TEMP,
	    done.dsn.len > 0               ? arena_cstr(arena, done.dsn)
		: done.status == MAIL_PERM ? "5.3.0"
					   : "4.3.0",
	    "%.*s", SPAN_ARG(done.text));
}

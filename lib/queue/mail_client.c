/* SPDX-License-Identifier: ISC */
/*
 * Handing mail to cleanup. A connection that fails is forgotten, and with it the message that it
 * carried. One on which cleanup has said farewell is given up before the next message begins;
 * cleanup stays until then, so nothing is lost between the two.
 */
#include "lib/queue/mail_client.h"

#include <time.h>

#include "lib/mail/received.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"

/* Sent in pieces of that backlog, so that cleanup works meanwhile. */
enum { BLOCK_BYTES = 64 * 1024, BACKLOG_MAX = 128 * 1024 };

void
mail_client_init(
    struct mail_client *client, const struct mail_conf *mail, struct service_peers peers)
{
	*client = (struct mail_client){ .mail = mail, .peers = peers };
}

static int64_t
deadline(const struct mail_client *client)
{
	return clock_deadline(client->mail->ipc_timeout.us);
}

static void
note_next_id(struct mail_client *client, struct span id)
{
	(void) snprintf(client->next_id, sizeof(client->next_id), "%.*s", SPAN_ARG(id));
}

void
mail_client_abandon(struct mail_client *client)
{
	if (client->peer != NULL)
		client->peers.forget(client->peers.ctx, client->peer);
	client->peer = NULL;
}

static bool
give_up(struct mail_client *client)
{
	mail_client_abandon(client);
	return false;
}

static bool
reach(struct mail_client *client, struct err *err)
{
	client->peer = client->peers.get(
	    client->peers.ctx, client->mail->cleanup_service_name, err);
	return client->peer != NULL;
}

/* A message was left unfinished on it, or cleanup has said farewell, or died. */
static bool
is_spent(const struct mail_client *client)
{
	return peer_has_spoken(client->peer) && (client->is_begun || peer_has_input(client->peer));
}

/* A new connection says first which queue ID comes next. */
static bool
take_greeting(struct mail_client *client, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("cleanup's queue ID", 4096);
	struct mail_ready ready;

	if (!peer_expect(client->peer, &mail_ready_desc, &ready, arena, deadline(client), err))
		return give_up(client);
	note_next_id(client, ready.queue_id);
	return true;
}

const char *
mail_client_next_id(struct mail_client *client, struct err *err)
{
	if (!reach(client, err))
		return NULL;
	if (is_spent(client)) {
		mail_client_abandon(client);
		if (!reach(client, err))
			return NULL;
	}
	client->is_begun = false;
	return peer_has_spoken(client->peer) || take_greeting(client, err) ? client->next_id : NULL;
}

bool
mail_client_begin(struct mail_client *client, const struct mail_begin *begin, struct err *err)
{
	client->is_begun = true;
	return peer_send(client->peer, &mail_begin_desc, begin, err) || give_up(client);
}

bool
mail_client_rcpts(struct mail_client *client, const struct mail_rcpts *rcpts, struct err *err)
{
	return peer_send(client->peer, &mail_rcpts_desc, rcpts, err) || give_up(client);
}

bool
mail_client_bytes(struct mail_client *client, struct span bytes, struct err *err)
{
	while (bytes.len > 0) {
		if (!peer_send_data(client->peer, span_slice(bytes, 0, BLOCK_BYTES), err))
			return give_up(client);
		bytes = span_from(bytes, BLOCK_BYTES);
		if (peer_backlog(client->peer) > BACKLOG_MAX &&
		    !peer_flush(client->peer, deadline(client), err))
			return give_up(client);
	}
	return true;
}

bool
mail_client_extent(
    struct mail_client *client, int fd, int64_t offset, int64_t count, struct err *err)
{
	char block[BLOCK_BYTES];

	while (count > 0) {
		size_t now = count < BLOCK_BYTES ? (size_t) count : BLOCK_BYTES;

		if (!fd_pread_all(fd, block, now, offset, "queue file", err))
			return give_up(client);
		if (!mail_client_bytes(client, span_make(block, now), err))
			return false;
		offset += (int64_t) now;
		count -= (int64_t) now;
	}
	return true;
}

/* The answer to mail_end. A farewell on its way (mail_leave) shows as done_out->closing. */
static bool
await_done(struct mail_client *client, struct mail_done *done_out, struct arena *arena,
    struct err *err)
{
	bool leaves = false;
	struct frame frame;

	if (!peer_recv(client->peer, &frame, deadline(client), err))
		return false;
	if (frame_is(&frame, &mail_leave_desc)) {
		leaves = true;
		if (!peer_recv(client->peer, &frame, deadline(client), err))
			return false;
	}
	if (!frame_is(&frame, &mail_done_desc)) {
		frame_drop_fds(&frame);
		return err_temp(err, "unexpected answer of cleanup");
	}
	if (msg_decode(&mail_done_desc, &frame, arena, done_out, err) != PARSE_OK)
		return false;
	done_out->queue_id = arena_dup(arena, done_out->queue_id);
	done_out->dsn = arena_dup(arena, done_out->dsn);
	done_out->text = arena_dup(arena, done_out->text);
	done_out->next_queue_id = arena_dup(arena, done_out->next_queue_id);
	done_out->closing |= leaves;
	return true;
}

bool
mail_client_end(struct mail_client *client, const struct mail_end *end, struct arena *arena,
    struct mail_done *done_out, struct err *err)
{
	static const struct mail_end nothing;

	if (!peer_send(client->peer, &mail_end_desc, end != NULL ? end : &nothing, err) ||
	    !await_done(client, done_out, arena, err))
		return give_up(client);
	note_next_id(client, done_out->next_queue_id);
	client->is_begun = false;
	if (done_out->closing)
		mail_client_abandon(client);
	client->peer = NULL;
	return true;
}

bool
mail_client_resend(struct mail_client *client, const struct mail_begin *begin, struct span top,
    const struct deliver *content, struct arena *arena, struct span *id_out, struct err *err)
{
	int fd = content->fd;
	struct mail_done done;

	if (!mail_client_begin(client, begin, err) || !mail_client_bytes(client, top, err) ||
	    !mail_client_extent(client, fd, content->header_offset, content->header_bytes, err) ||
	    !mail_client_bytes(client, SPAN("\n"), err) ||
	    !mail_client_extent(client, fd, content->body_offset, content->body_bytes, err) ||
	    !mail_client_end(client, NULL, arena, &done, err))
		return false;
	*id_out = done.queue_id;
	if (done.status == MAIL_ACCEPTED || done.status == MAIL_DISCARDED)
		return true;
	return err_set(err, done.status == MAIL_PERM ? ERR_PERM : ERR_TEMP,
	    done.dsn.len > 0               ? arena_cstr(arena, done.dsn)
		: done.status == MAIL_PERM ? "5.3.0"
					   : "4.3.0",
	    "%.*s", SPAN_ARG(done.text));
}

void
mail_client_add_trace(const struct mail_conf *mail, const char *queue_id, struct str *out)
{
	time_t seconds = (time_t) (clock_wall_us() / CLOCK_SECOND_US);
	struct tm tm = { 0 };
	struct received received = {
		.hostname = span_of(mail->myhostname),
		.mail_name = span_of(mail->mail_name),
		.queue_id = span_of(queue_id),
		.seconds = seconds,
	};

	if (localtime_r(&seconds, &tm) != NULL) {
		received.zone_minutes = (int) (tm.tm_gmtoff / 60);
		received.zone_name = tm.tm_zone;
	}
	received_print(out, &received);
}

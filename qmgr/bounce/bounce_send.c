/* SPDX-License-Identifier: ISC */
/* One notification as mail: through cleanup, over a kept connection, the original straight from its file. */
#include "qmgr/bounce/bounce_int.h"

#include <time.h>

#include "lib/mail/received.h"
#include "lib/queue/mail_proto.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"

enum { TRACE_MAX = 4000, HEAD_MAX = 32 << 20, TAIL_MAX = 2000, BLOCK_BYTES = 60000, BACKLOG_MAX = 1 << 20 };

static int64_t
deadline(const struct notice *notice)
{
	return clock_deadline(notice->bounce->program->mail->ipc_timeout.us);
}

static void
note_next_id(struct bounce *bounce, struct span id)
{
	snprintf(bounce->next_id, sizeof(bounce->next_id), "%.*s", SPAN_ARG(id));
}

/* A new connection announces the ID of its first message. */
static struct peer *
get_cleanup(struct notice *notice, struct err *err)
{
	struct bounce *bounce = notice->bounce;
	struct peer *peer = service_peer(bounce->program, bounce->program->mail->cleanup_service_name, err);
	struct mail_ready ready;

	if (peer == NULL || peer == bounce->cleanup)
		return peer;
	bounce->cleanup = NULL;
	if (!peer_expect(peer, &mail_ready_desc, &ready, notice->arena, deadline(notice), err)) {
		service_forget(bounce->program, peer);
		return NULL;
	}
	bounce->cleanup = peer;
	note_next_id(bounce, ready.queue_id);
	return peer;
}

static bool
send_bytes(const struct notice *notice, struct peer *peer, struct span bytes, struct err *err)
{
	while (bytes.len > 0) {
		if (!peer_send_data(peer, span_slice(bytes, 0, BLOCK_BYTES), err))
			return false;
		bytes = span_from(bytes, BLOCK_BYTES);
		if (peer_backlog(peer) > BACKLOG_MAX && !peer_flush(peer, deadline(notice), err))
			return false;
	}
	return true;
}

/* Part of the queue file. */
static bool
send_extent(const struct notice *notice, struct peer *peer, int64_t offset, int64_t count, struct err *err)
{
	char block[BLOCK_BYTES];

	while (count > 0) {
		size_t now = count < BLOCK_BYTES ? (size_t) count : BLOCK_BYTES;

		if (!fd_pread_all(notice->fd, block, now, offset, "queue file", err) ||
		    !send_bytes(notice, peer, span_make(block, now), err))
			return false;
		offset += (int64_t) now;
		count -= (int64_t) now;
	}
	return true;
}

static bool
send_original(const struct notice *notice, const struct notice_mail *mail, struct peer *peer, struct err *err)
{
	const struct queue_content *content = &notice->content;

	if (!send_extent(notice, peer, content->header_offset, content->header_bytes, err))
		return false;
	if (mail->headers_only)
		return true;
	return send_bytes(notice, peer, SPAN("\n"), err) &&
	       send_extent(notice, peer, content->body_offset, content->body_bytes, err);
}

/* "Received: by host (Postfix) id QID; date" */
static void
add_trace(const struct notice *notice, struct str *out)
{
	const struct mail_conf *mail = notice->bounce->program->mail;
	time_t seconds = (time_t) (clock_wall_us() / CLOCK_SECOND_US);
	struct tm tm = { 0 };
	struct received received = {
		.hostname = span_of(mail->myhostname),
		.mail_name = span_of(mail->mail_name),
		.queue_id = span_of(notice->bounce->next_id),
		.seconds = seconds,
	};

	if (localtime_r(&seconds, &tm) != NULL) {
		received.zone_minutes = (int) (tm.tm_gmtoff / 60);
		received.zone_name = tm.tm_zone;
	}
	received_print(out, &received);
}

static bool
send_begin(const struct notice *notice, const struct notice_mail *mail, struct peer *peer, struct err *err)
{
	CLEANUP(str_fini) struct str trace = { .max = TRACE_MAX };
	struct mail_rcpt rcpt = { .address = mail->to };
	struct mail_begin begin = {
		.flags = MAIL_BOUNCE | MAIL_NO_MILTERS | (notice->envelope.smtputf8 ? MAIL_SMTPUTF8 : 0) |
		         (notice->envelope.requiretls ? MAIL_REQUIRETLS : 0),
		.sender = mail->sender,
		.arrival_us = clock_wall_us(),
		.rewrite_context = SPAN("local"),
		.encoding = notice->content.has_8bit_body || notice->content.has_8bit_header ? SPAN("8bit") : SPAN("7bit"),
		.submit_uid = -1,
		.recipients = { &rcpt, 1 },
	};

	add_trace(notice, &trace);
	begin.trace = str_span(&trace);
	return peer_send(peer, &mail_begin_desc, &begin, err);
}

static bool
converse(struct notice *notice, const struct notice_mail *mail, struct peer *peer, struct mail_done *done, struct err *err)
{
	CLEANUP(str_fini) struct str head = { .max = HEAD_MAX };
	CLEANUP(str_fini) struct str tail = { .max = TAIL_MAX };

	return bounce_compose(notice, mail, notice->queue_id, &head, &tail, err) &&
	       send_begin(notice, mail, peer, err) && send_bytes(notice, peer, str_span(&head), err) &&
	       send_original(notice, mail, peer, err) && send_bytes(notice, peer, str_span(&tail), err) &&
	       peer_send(peer, &mail_end_desc, &(struct mail_none){ false }, err) &&
	       peer_expect(peer, &mail_done_desc, done, notice->arena, deadline(notice), err);
}

bool
bounce_send(struct notice *notice, const struct notice_mail *mail, struct span *id_out, struct err *err)
{
	struct peer *peer = get_cleanup(notice, err);
	struct mail_done done = { 0 };

	if (peer == NULL)
		return false;
	if (!converse(notice, mail, peer, &done, err)) {
		notice->bounce->cleanup = NULL;
		service_forget(notice->bounce->program, peer);
		return false;
	}
	note_next_id(notice->bounce, done.next_queue_id);
	*id_out = arena_dup(notice->arena, done.queue_id);
	if (done.status == MAIL_ACCEPTED || done.status == MAIL_DISCARDED)
		return true;
	return err_temp(err, "%.*s", SPAN_ARG(done.text));
}

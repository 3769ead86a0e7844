/* SPDX-License-Identifier: ISC */
/* One notification as mail: through cleanup, over a kept connection, the original straight from its file. */
#include "qmgr/bounce/bounce_int.h"

#include "lib/sys/clock.h"

enum { TRACE_MAX = 4000, HEAD_MAX = 32 << 20, TAIL_MAX = 2000 };

static bool
send_begin(struct notice *notice, const struct notice_mail *mail, const char *next_id, struct err *err)
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

	mail_client_add_trace(notice->bounce->program->mail, next_id, &trace);
	begin.trace = str_span(&trace);
	return mail_client_begin(&notice->bounce->cleanup, &begin, err);
}

static bool
send_original(struct notice *notice, const struct notice_mail *mail, struct err *err)
{
	struct mail_client *cleanup = &notice->bounce->cleanup;
	const struct queue_content *content = &notice->content;

	if (!mail_client_extent(cleanup, notice->fd, content->header_offset, content->header_bytes, err))
		return false;
	if (mail->headers_only)
		return true;
	return mail_client_bytes(cleanup, SPAN("\n"), err) &&
	       mail_client_extent(cleanup, notice->fd, content->body_offset, content->body_bytes, err);
}

static bool
send_all(struct notice *notice, const struct notice_mail *mail, const char *next_id, struct mail_done *done, struct err *err)
{
	struct mail_client *cleanup = &notice->bounce->cleanup;
	CLEANUP(str_fini) struct str head = { .max = HEAD_MAX };
	CLEANUP(str_fini) struct str tail = { .max = TAIL_MAX };

	return bounce_compose(notice, mail, notice->queue_id, &head, &tail, err) &&
	       send_begin(notice, mail, next_id, err) && mail_client_bytes(cleanup, str_span(&head), err) &&
	       send_original(notice, mail, err) && mail_client_bytes(cleanup, str_span(&tail), err) &&
	       mail_client_end(cleanup, NULL, notice->arena, done, err);
}

bool
bounce_send(struct notice *notice, const struct notice_mail *mail, struct span *id_out, struct err *err)
{
	const char *next_id = mail_client_next_id(&notice->bounce->cleanup, err);
	struct mail_done done;

	if (next_id == NULL || !send_all(notice, mail, next_id, &done, err))
		return false;
	*id_out = done.queue_id;
	if (done.status == MAIL_ACCEPTED || done.status == MAIL_DISCARDED)
		return true;
	return err_temp(err, "%.*s", SPAN_ARG(done.text));
}

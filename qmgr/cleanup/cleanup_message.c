/* SPDX-License-Identifier: ISC */
/* One message: its life and its verdict. */
#include "qmgr/cleanup/cleanup_message.h"

#include "lib/queue/delivery_log.h"

#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "qmgr/cleanup/cleanup_content.h"

enum { LINE_SCRATCH_MAX = 2 * MSG_FRAME_MAX };

struct message *
message_new(const struct cleanup *c, struct arena *arena, const char *queue_id,
    const struct mail_begin *begin)
{
	struct message *m = xcalloc(1, sizeof(*m));

	m->c = c;
	m->arena = arena;
	m->queue_id = queue_id;
	m->begin = *begin;
	m->encoding = begin->encoding;
	m->flags = (unsigned) begin->flags;
	m->arrival_us = begin->arrival_us != 0 ? begin->arrival_us : clock_wall_us();
	m->is_local = span_eq_str(begin->rewrite_context, "local");
	m->sender = begin->sender;
	m->content_filter = begin->content_filter;
	m->redirect = begin->redirect;
	m->smtputf8 = (m->flags & MAIL_SMTPUTF8) != 0;
	m->requiretls = (m->flags & MAIL_REQUIRETLS) != 0 && c->mail->requiretls_enable;
	m->is_held = (m->flags & MAIL_HOLD) != 0;
	m->extracted.max = 10000;
	str_init(&m->line, LINE_SCRATCH_MAX);
	block_init(&m->block, arena);
	m->writer = queue_writer_create(c->queue, "incoming", span_of(queue_id));
	content_start(m);
	return m;
}

void
message_free(struct message **message)
{
	struct message *m = *message;

	*message = NULL;
	if (m == NULL)
		return;
	mime_scan_free(&m->scan);
	mime_downgrade_free(&m->downgrade);
	queue_writer_free(&m->writer);
	if (m->seen != NULL)
		map_free(&m->seen, NULL);
	str_fini(&m->line);
	free(m);
}

bool
message_is_failed(const struct message *m)
{
	return m->status != MAIL_ACCEPTED;
}

void
message_fail(struct message *m, enum mail_status status, int reply_code, const char *dsn,
    const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	if (message_is_failed(m))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->status = status;
	m->reply_code = reply_code;
	snprintf(m->dsn, sizeof(m->dsn), "%s", dsn);
	m->reason = span_of(arena_strdup(m->arena, text));
}

void
message_fail_err(struct message *m, const struct err *err)
{
	bool is_ours = err->class == ERR_TEMP;

	message_fail(m, is_ours ? MAIL_TEMP : MAIL_PERM, is_ours ? 451 : 550,
	    err->dsn[0] ? err->dsn : "4.3.0", "%s",
	    err->dsn[0] != '\0' ? err->text : "Error: queue file write error");
}

const char *
message_log_address(struct message *m, struct span address)
{
	CLEANUP(str_fini) struct str text = { .max = 3 * MAIL_ADDRESS_MAX };

	(void) delivery_log_add_address(&text, m->c->mail, address);
	return arena_cstr(m->arena, str_span(&text));
}

struct span
message_log_context(struct message *m)
{
	const struct mail_begin *b = &m->begin;
	struct str out CLEANUP(str_fini);

	str_init(&out, 8192);
	if (b->client_address.len > 0)
		str_addf(&out, " from %.*s[%.*s];",
		    SPAN_ARG(b->client_name.len > 0 ? b->client_name : SPAN("unknown")),
		    SPAN_ARG(b->client_address));
	else
		str_add_str(&out, " from local;");
	str_addf(&out, " from=<%s>", message_log_address(m, m->begin.sender));
	if (m->log_recipient.len > 0)
		str_addf(&out, " to=<%s>", message_log_address(m, m->log_recipient));
	if (b->client_protocol.len > 0)
		str_addf(&out, " proto=%.*s", SPAN_ARG(b->client_protocol));
	if (b->client_helo.len > 0)
		str_addf(&out, " helo=<%.*s>", SPAN_ARG(b->client_helo));
	return arena_dup(m->arena, str_span(&out));
}

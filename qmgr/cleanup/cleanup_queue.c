/* SPDX-License-Identifier: ISC */
/*
 * From a message in hand to mail in the queue. Order: file complete, in the queue where it belongs,
 * durable with its name, marked ready, notice to qmgr, answer. A failure at any point before the
 * mark leaves a file that nobody delivers, and it is removed.
 */
#include "qmgr/cleanup/cleanup_queue.h"

#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "qmgr/cleanup/cleanup_content.h"
#include "qmgr/cleanup/cleanup_envelope.h"
#include "qmgr/cleanup/cleanup_header.h"

static const char *
queue_name(const struct message *m)
{
	return m->is_held ? "hold" : "incoming";
}

/* Remove the file, if it was made; where that fails nobody may take it for mail later. */
static void
remove_file(struct message *m, const char *name, const char *why)
{
	int fd = queue_writer_fd(m->writer);
	struct err err = { 0 };

	if (fd >= 0 && !queue_remove(m->c->queue, name, span_of(m->queue_id), &err)) {
		log_warn("%s: %s", m->queue_id, err.text);
		if (ftruncate(fd, 0) != 0)
			log_warn_errno("%s: empty the file", m->queue_id);
	}
	log_info("%s: removed (%s)", m->queue_id, why);
}

void
queue_cancel(struct message *m)
{
	remove_file(m, "incoming", "canceled");
}

/* Facts about header and body together. */
static void
count_content(struct message *m, struct span header)
{
	struct queue_content *content = &m->content;
	struct span rest = header, line;
	int64_t lines = 0;

	while (rest.len > 0 && span_cut(&rest, '\n', &line)) {
		if ((int64_t) line.len > content->longest_line)
			content->longest_line = (int64_t) line.len;
		content->has_dot_line |= span_starts_with(line, SPAN("."));
		lines++;
	}
	content->has_8bit_header = !span_is_ascii(header);
	content->has_nul |= span_has_nul(header);
	content->size_crlf = (int64_t) header.len + lines + 2 + m->body_bytes + m->body_lines;
	if (content->lacks_final_newline)
		content->size_crlf += 2;
}

/*
 * SMTPUTF8 is needed though nobody said so: found out for the kinds of mail that the configuration
 * names.
 */
static bool
detects_utf8(const struct message *m)
{
	const struct cleanup *c = m->c;

	if ((m->flags & MAIL_VERIFY) != 0)
		return c->detects_utf8_verify;
	if ((m->flags & MAIL_BOUNCE) != 0)
		return c->detects_utf8_bounce;
	if (m->begin.submit_uid >= 0)
		return c->detects_utf8_sendmail;
	return m->begin.client_address.len > 0 ? c->detects_utf8_smtpd : c->detects_utf8_forward;
}

static void
find_utf8(struct message *m, struct span header)
{
	bool needs = m->content.has_8bit_header && utf8_is_valid(header);

	if (m->smtputf8 || !m->c->mail->smtputf8_enable || !detects_utf8(m))
		return;
	needs |= !span_is_ascii(m->sender);
	for (size_t i = 0; i < m->recipients.count && !needs; i++)
		needs = !span_is_ascii(m->recipients.v[i].address);
	m->smtputf8 = needs;
}

static int64_t
count_expanded(const struct message *m)
{
	int64_t count = 0;

	for (size_t i = 0; i < m->recipients.count; i++)
		count += (m->recipients.v[i].dsn_notify & QUEUE_NOTIFY_EXPANDED) != 0;
	return count;
}

static struct queue_envelope
envelope_of(const struct message *m)
{
	const struct mail_begin *b = &m->begin;
	int64_t warn_after = m->c->conf.delay_warning_time.us;

	return (struct queue_envelope){
		.queue_id = span_of(m->queue_id),
		.sender = m->sender,
		.arrival_us = m->arrival_us,
		.created_us = clock_wall_us(),
		.full_name = b->full_name,
		.encoding = m->encoding,
		.rewrite_context = b->rewrite_context,
		.dsn_envid = b->dsn_envid,
		.dsn_ret = b->dsn_ret,
		.verp = b->verp,
		.content_filter = m->content_filter,
		.redirect = m->redirect,
		.message_id = m->message_id,
		.client_name = b->client_name,
		.client_address = b->client_address,
		.client_port = b->client_port,
		.client_helo = b->client_helo,
		.client_protocol = b->client_protocol,
		.reverse_client_name = b->reverse_client_name,
		.log_ident = b->log_ident,
		.sasl_method = b->sasl_method,
		.sasl_username = b->sasl_username,
		.sasl_sender = b->sasl_sender,
		.expanded = count_expanded(m),
		.hops = m->hops,
		.submit_uid = b->submit_uid,
		.smtputf8 = m->smtputf8,
		.requiretls = m->requiretls,
		.tls_optional = m->tls_optional,
		.is_bounce = (m->flags & MAIL_BOUNCE) != 0,
		.is_verify = (m->flags & MAIL_VERIFY) != 0,
		.report_delivery = (m->flags & MAIL_REPORT) != 0,
		.warn_us = warn_after > 0 ? m->arrival_us + warn_after : 0,
	};
}

/* Recipients beyond what one notice holds are for qmgr to read. */
static void
notify(struct message *m)
{
	struct queued_rcpt list[QUEUED_RCPT_MAX];
	struct queued queued = {
		.queue_id = span_of(m->queue_id),
		.sender = m->sender,
		.size_bytes = m->content.size_crlf,
		.arrival_us = m->arrival_us,
		.recipient_count = (int64_t) m->recipients.count,
		.content_filter = m->content_filter,
		.redirect = m->redirect,
	};
	size_t count = m->recipients.count < QUEUED_RCPT_MAX ? m->recipients.count
							     : QUEUED_RCPT_MAX;

	for (size_t i = 0; i < count; i++) {
		const struct queue_recipient *r = &m->recipients.v[i];

		list[i] = (struct queued_rcpt){ .address = r->address,
			.original = r->original,
			.dsn_orcpt = r->dsn_orcpt,
			.dsn_notify = r->dsn_notify,
			.offset = r->offset };
	}
	queued.recipients = (struct msg_list){ list, count };
	log_flush(); /* qmgr's lines come behind ours */
	m->c->notify(m->c->ctx, &queued);
}

static bool
make_durable(struct message *m, struct err *err)
{
	int dir_fd = -1;

	if (!m->c->names_are_ordered) {
		dir_fd = queue_dir_fd(m->c->queue, queue_name(m), span_of(m->queue_id), err);
		if (dir_fd < 0)
			return false;
	}
	return m->c->commit(m->c->ctx, queue_writer_fd(m->writer), dir_fd, err) &&
	    queue_file_set_ready(queue_writer_fd(m->writer), m->queue_id, err);
}

/* false: the file is to be removed from the queue that *where_out names. */
static bool
write_file(struct message *m, const char **where_out, struct err *err)
{
	struct span header = header_print(m, true);
	struct queue_envelope envelope;

	*where_out = "incoming";
	count_content(m, header);
	find_utf8(m, header);
	envelope = envelope_of(m);
	if (!queue_writer_finish(m->writer, header, &m->content, &envelope, m->recipients.v,
		m->recipients.count, err))
		return false;
	if (m->is_held && !queue_move(m->c->queue, "incoming", "hold", span_of(m->queue_id), err))
		return false;
	*where_out = queue_name(m);
	return make_durable(m, err);
}

/* Test builds can be told to lose mail after all: the sender whose mail vanishes behind its 250. */
static bool
is_lost_on_purpose(const struct message *m)
{
#ifdef CARTEIRO_PROBE
	const char *sender = getenv("CARTEIRO_PROBE_LOSE");

	return sender != NULL && span_eq_str(m->sender, sender);
#else
	(void) m;
	return false;
#endif
}

static void
answer(const struct message *m, struct mail_done *done)
{
	*done = (struct mail_done){ .status = (int64_t) m->status,
		.queue_id = span_of(m->queue_id),
		.size_bytes = m->content.size_crlf };
	if (m->status == MAIL_TEMP || m->status == MAIL_PERM) {
		done->dsn = span_of(m->dsn);
		done->text = m->reason;
		done->reply_code = m->reply_code;
	}
}

/* What an envelope holds that no file can hold will not be different next time. */
static void
fail_write(struct message *m, const struct err *err)
{
	if (err->class == ERR_PERM)
		message_fail(m, MAIL_PERM, 552, "5.3.4", "Error: a value of the envelope is too long");
	else
		message_fail(m, MAIL_TEMP, 451, "4.3.0", "Error: queue file write error");
}

void
queue_message(struct message *m, struct mail_done *done)
{
	struct err err = { 0 };
	const char *where = "incoming";

	content_end(m);
	envelope_finish(m);
	if (message_is_failed(m)) {
		remove_file(m, where, "canceled");
	} else if ((m->flags & MAIL_DISCARD) != 0) {
		m->status = MAIL_DISCARDED;
		remove_file(m, where, "discarded");
	} else if (!write_file(m, &where, &err)) {
		log_warn("%s: %s", m->queue_id, err.text);
		fail_write(m, &err);
		remove_file(m, where, "canceled");
	} else if (is_lost_on_purpose(m)) {
		remove_file(m, where, "probe");
	} else if (!m->is_held) {
		notify(m);
	}
	answer(m, done);
}

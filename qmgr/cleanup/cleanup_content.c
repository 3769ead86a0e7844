/* SPDX-License-Identifier: ISC */
/*
 * Content streaming by. Stray CR becomes a blank before anything else looks at it, so that no later
 * line end can be made of it. Bytes are copied only where something must be changed.
 */
#include "qmgr/cleanup/cleanup_content.h"

#include "lib/sys/log.h"
#include "qmgr/cleanup/cleanup_checks.h"
#include "qmgr/cleanup/cleanup_header.h"

enum { BOUNDARY_DEFAULT = 2048 };

/* --- the body, as it goes into the file --- */

static bool
has_8bit(struct span bytes)
{
	size_t i = 0;
	uint64_t word, all = 0;

	for (; i + sizeof(word) <= bytes.len; i += sizeof(word)) {
		memcpy(&word, bytes.p + i, sizeof(word));
		all |= word;
	}
	for (; i < bytes.len; i++)
		all |= (uint64_t) (unsigned char) bytes.p[i];
	return (all & UINT64_C(0x8080808080808080)) != 0;
}

/* What senders of the body will want to know. */
static void
note_lines(struct message *m, struct span bytes)
{
	while (bytes.len > 0) {
		const char *end = memchr(bytes.p, '\n', bytes.len);
		size_t len = end == NULL ? bytes.len : (size_t) (end - bytes.p);

		if (m->line_bytes == 0 && bytes.p[0] == '.')
			m->content.has_dot_line = true;
		m->line_bytes += (int64_t) len;
		if (m->line_bytes > m->content.longest_line)
			m->content.longest_line = m->line_bytes;
		if (end == NULL)
			return;
		m->line_bytes = 0;
		m->body_lines++;
		bytes = span_from(bytes, len + 1);
	}
}

static void
put_body(struct message *m, struct span bytes)
{
	struct err err = { 0 };

	if (bytes.len == 0 || message_is_failed(m))
		return;
	m->body_bytes += (int64_t) bytes.len;
	note_lines(m, bytes);
	if (!m->content.has_8bit_body)
		m->content.has_8bit_body = has_8bit(bytes);
	if (!m->content.has_nul)
		m->content.has_nul = memchr(bytes.p, '\0', bytes.len) != NULL;
	if (queue_writer_body(m->writer, bytes, &err))
		return;
	log_warn("%s: %s", m->queue_id, err.text);
	message_fail(m, MAIL_TEMP, 451, "4.3.0", "Error: queue file write error");
}

/*
 * One body line under body_checks; the first body_checks_size_limit bytes of each part are looked
 * at.
 */
static void
check_line(struct message *m, struct span bytes)
{
	struct span line = bytes, text = { NULL, 0 };

	if (line.len > 0 && line.p[line.len - 1] == '\n')
		line.len--;
	if (m->checked_bytes >= m->c->conf.body_checks_size_limit) {
		put_body(m, bytes);
		return;
	}
	m->checked_bytes += (int64_t) line.len;
	switch (checks_apply(m, m->c->body_checks, "body", line, &text)) {
	case CHECK_KEEP:
		put_body(m, bytes);
		return;
	case CHECK_DROP:
		return;
	case CHECK_PREPEND:
		put_body(m, text);
		put_body(m, SPAN("\n"));
		put_body(m, bytes);
		return;
	case CHECK_REPLACE:
		put_body(m, text);
		put_body(m, SPAN("\n"));
		return;
	}
}

/* --- events of the scan --- */

/* A field inside the body: checked by class, and written where it stands. */
static void
take_inner_field(struct message *m, enum mime_head head, const struct header_field *field)
{
	bool is_nested = head == MIME_NESTED && (field->flags & HEADER_IS_MIME) == 0;
	struct maps *maps = is_nested ? m->c->nested_header_checks : m->c->mime_header_checks;
	struct span text = { NULL, 0 }, raw = field->raw;

	switch (checks_apply(m, maps, "header", raw, &text)) {
	case CHECK_KEEP:
		break;
	case CHECK_DROP:
		return;
	case CHECK_PREPEND:
		put_body(m, text);
		put_body(m, SPAN("\n"));
		break;
	case CHECK_REPLACE:
		raw = text;
		break;
	}
	put_body(m, raw);
	put_body(m, SPAN("\n"));
}

static void
on_header(void *ctx, enum mime_head head, const struct header_field *field)
{
	struct message *m = ctx;

	if (message_is_failed(m))
		return;
	if (head == MIME_PRIMARY)
		header_take(m, field);
	else
		take_inner_field(m, head, field);
}

static void
on_head_end(
    void *ctx, enum mime_head head, enum mime_head_end how, const struct mime_kind *kind UNUSED)
{
	struct message *m = ctx;

	m->checked_bytes = 0;
	if (head == MIME_PRIMARY)
		header_complete(m, how);
	else if (how == MIME_END_BLANK)
		put_body(m, SPAN("\n"));
}

static void
on_body(void *ctx, struct span bytes)
{
	struct message *m = ctx;

	if (!maps_is_empty(m->c->body_checks) && checks_are_on(m))
		check_line(m, bytes);
	else
		put_body(m, bytes);
}

static const struct mime_events scan_events = { .header = on_header,
	.head_end = on_head_end,
	.body = on_body };

static void
on_downgraded(void *ctx, struct span bytes)
{
	struct message *m = ctx;

	mime_scan_feed(m->scan, bytes);
}

void
content_start(struct message *m)
{
	const struct mail_conf *mail = m->c->mail;
	struct mime_options options = {
		.nesting_limit = (size_t) mail->mime_nesting_limit,
		.boundary_limit = mail->mime_boundary_length_limit > 0
		    ? (size_t) mail->mime_boundary_length_limit
		    : BOUNDARY_DEFAULT,
		.header_limit = (size_t) mail->header_size_limit,
		.line_limit = (size_t) mail->line_length_limit,
		.is_disabled = m->c->conf.disable_mime_input_processing,
		.wants_lines = !maps_is_empty(m->c->body_checks) && (m->flags & MAIL_CHECKS) != 0,
	};

	m->scan = mime_scan_new(&options, &scan_events, m);
	if (m->c->conf.force_mime_input_conversion)
		m->downgrade = mime_downgrade_new(&options, false, on_downgraded, m);
}

/* --- input --- */

static bool
needs_change(const struct message *m, struct span bytes)
{
	const struct cleanup *c = m->c;

	return c->strips_chars ||
	    (c->conf.cleanup_replace_stray_cr_lf && memchr(bytes.p, '\r', bytes.len) != NULL);
}

/* The bytes without what must not be in them, in scratch memory. */
static struct span
changed(struct message *m, struct span bytes)
{
	const struct cleanup *c = m->c;
	char *to;
	size_t len = 0;

	str_clear(&m->line);
	to = str_reserve(&m->line, bytes.len);
	if (to == NULL)
		return bytes;
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char b = (unsigned char) bytes.p[i];

		if (c->strips_chars && c->strip_char[b])
			continue;
		to[len++] = b == '\r' && c->conf.cleanup_replace_stray_cr_lf ? ' ' : (char) b;
	}
	str_grow(&m->line, len);
	return str_span(&m->line);
}

/* The line with the byte at this place. */
static struct span
line_around(struct span bytes, size_t place)
{
	size_t start = span_rfind(span_slice(bytes, 0, place), '\n');
	struct span rest = span_from(bytes, start < place ? start + 1 : 0), line;

	span_cut(&rest, '\n', &line);
	return line;
}

static void
reject_characters(struct message *m, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (!m->c->reject_char[(unsigned char) bytes.p[i]])
			continue;
		checks_log(m, "reject", "content", line_around(bytes, i), SPAN("5.7.1 disallowed character"));
		message_fail(m, MAIL_PERM, 550, "5.7.1", "disallowed character");
		return;
	}
}

static void
check_size(struct message *m)
{
	if (m->begin.size_limit <= 0 || m->in_bytes <= m->begin.size_limit || message_is_failed(m))
		return;
	log_warn("%s: queue file size limit exceeded", m->queue_id);
	message_fail(m, MAIL_PERM, 552, "5.3.4", "Error: message file too big");
}

void
content_data(struct message *m, struct span bytes)
{
	m->in_bytes += (int64_t) bytes.len;
	check_size(m);
	header_begin(m);
	if (bytes.len == 0 || message_is_failed(m))
		return;
	if (m->c->rejects_chars)
		reject_characters(m, bytes);
	if (needs_change(m, bytes))
		bytes = changed(m, bytes);
	if (m->is_body_replaced)
		put_body(m, bytes);
	else if (m->downgrade != NULL)
		mime_downgrade_feed(m->downgrade, bytes);
	else
		mime_scan_feed(m->scan, bytes);
}

void
content_replace_body(struct message *m)
{
	struct err err = { 0 };

	(void) content_need_header(m);
	m->is_body_replaced = true;
	m->in_bytes = 0;
	m->line_bytes = m->body_lines = m->body_bytes = 0;
	m->content = (struct queue_content){ 0 };
	if (!queue_writer_body_restart(m->writer, &err))
		message_fail(m, MAIL_TEMP, 451, "4.3.0", "Error: queue file write error");
}

bool
content_need_header(struct message *m)
{
	if (!m->is_header_done && !m->is_body_replaced) {
		/* All of the message was a header: nothing else can come. */
		if (m->downgrade != NULL)
			mime_downgrade_finish(m->downgrade);
		mime_scan_finish(m->scan);
		header_complete(m, MIME_END_CUT);
		m->is_body_replaced = true;
	}
	return !message_is_failed(m);
}

/* Faults of the MIME structure that the configuration does not stand. */
static void
judge_structure(struct message *m)
{
	const struct cleanup_conf *conf = &m->c->conf;
	unsigned refused = MIME_FAULT_NESTING, found;
	const char *text;

	if (conf->strict_7bit_headers || conf->strict_8bitmime)
		refused |= MIME_FAULT_8BIT_HEADER;
	if (conf->strict_8bitmime_body || conf->strict_8bitmime)
		refused |= MIME_FAULT_8BIT_BODY;
	if (conf->strict_mime_encoding_domain)
		refused |= MIME_FAULT_ENCODING;
	if (m->smtputf8)
		refused &= ~(unsigned) MIME_FAULT_8BIT_HEADER;
	found = mime_scan_faults(m->scan) & refused;
	if (found == 0 || (m->flags & MAIL_BOUNCE) != 0 || message_is_failed(m))
		return;
	text = mime_fault_text(found);
	checks_log(m, "reject", "mime-error", span_of(text), SPAN("5.6.0"));
	message_fail(m, MAIL_PERM, 550, "5.6.0", "%s", text);
}

void
content_end(struct message *m)
{
	if (!m->is_body_replaced && !message_is_failed(m)) {
		if (m->downgrade != NULL)
			mime_downgrade_finish(m->downgrade);
		mime_scan_finish(m->scan);
	}
	header_complete(m, MIME_END_CUT);
	judge_structure(m);
	m->content.lacks_final_newline = m->line_bytes > 0;
}

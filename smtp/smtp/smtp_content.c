/* SPDX-License-Identifier: ISC */
/*
 * The message of a delivery on its way out. The common case reads the queue file in large blocks
 * and passes them through smtp_text; only when something must be changed is the message taken
 * apart: file -> mime_scan -> checks -> mime_downgrade (perhaps) -> smtp_text -> stream.
 */
#include "smtp/smtp/smtp_content.h"

#include "lib/mail/mime_downgrade.h"
#include "lib/store/deliver_headers.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "smtp/smtp/smtp_data.h"
#include "smtp/smtp/smtp_flags.h"
#include "smtp/smtp/smtp_generic.h"
#include "smtp/smtp/smtp_pix.h"

enum {
	BLOCK = 64 << 10,
	SCRATCH_BYTES = 4 << 20,
	CHECK_VALUE_MAX = 64 << 10,
	LOGGED_TEXT_MAX = 60
};

struct content {
	struct smtp_delivery *d;
	struct client_session *s;
	struct smtp_text text;
	struct mime_scan *scan;
	struct mime_downgrade *downgrade;
	struct arena *scratch; /* for one header field */
	bool has_failed;       /* a table did not answer: the message must not be completed */
};

/* ---- Out ---- */

/* The last stage: the stream, which has so long for each piece. */
static void
write_piece(void *ctx, struct span bytes)
{
	struct content *c = ctx;
	const struct smtp_conf *conf = c->d->client->conf;

	if (!conf->per_request_deadline)
		session_set_timeout(c->s, conf->data_xfer_timeout);
	stream_write(c->s->stream, bytes);
}

static void
to_text(void *ctx, struct span bytes)
{
	struct content *c = ctx;

	smtp_text_add(&c->text, bytes);
}

/* What the scan lets out. */
static void
emit(struct content *c, struct span bytes)
{
	if (c->downgrade != NULL)
		mime_downgrade_feed(c->downgrade, bytes);
	else
		smtp_text_add(&c->text, bytes);
}

/* ---- Checks ---- */

enum check_verdict { CHECK_KEEP, CHECK_DROP, CHECK_REPLACE, CHECK_PREPEND };

static void
log_check(const struct content *c, const char *action, const char *what, struct span content,
    struct span text)
{
	log_info("%.*s: %s: %s %.*s%s%.*s", SPAN_ARG(c->d->request->deliver->queue_id), action,
	    what, SPAN_ARG(span_slice(content, 0, LOGGED_TEXT_MAX)), text.len > 0 ? ": " : "",
	    SPAN_ARG(text));
}

/* Act on "ACTION text" of a table. */
static enum check_verdict
act(const struct content *c, const char *what, struct span content, struct span value,
    struct span *text_out)
{
	struct span word, rest = value;
	const char *fold = "";

	if (!span_token(&rest, " \t", &word))
		return CHECK_KEEP;
	*text_out = span_trim(rest);
	if (span_eq_str_ci(word, "WARN"))
		fold = "warning";
	else if (span_eq_str_ci(word, "INFO"))
		fold = "info";
	else if (span_eq_str_ci(word, "STRIP"))
		fold = "strip";
	if (fold[0] != '\0')
		log_check(c, fold, what, content, *text_out);
	if (span_eq_str_ci(word, "STRIP") || span_eq_str_ci(word, "IGNORE"))
		return CHECK_DROP;
	if (span_eq_str_ci(word, "REPLACE") && text_out->len > 0) {
		log_check(c, "replace", what, content, *text_out);
		return CHECK_REPLACE;
	}
	if (span_eq_str_ci(word, "PREPEND") && text_out->len > 0) {
		log_check(c, "prepend", what, content, *text_out);
		return CHECK_PREPEND;
	}
	if (fold[0] == '\0' && !span_eq_str_ci(word, "DUNNO") && !span_eq_str_ci(word, "OK"))
		log_warn("%s check: unsupported action \"%.*s\"", what, SPAN_ARG(word));
	return CHECK_KEEP;
}

/* Ask the tables about a header field or a body line. value is room for the answer. */
static enum check_verdict
check(struct content *c, struct maps *maps, const char *what, struct span content,
    struct str *value, struct span *text_out)
{
	struct err err = { 0 };

	if (maps == NULL || maps_is_empty(maps))
		return CHECK_KEEP;
	switch (maps_get(maps, content, 0, value, &err)) {
	case LOOKUP_FOUND:
		return act(c, what, content, str_span(value), text_out);
	case LOOKUP_NONE:
		return CHECK_KEEP;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		log_warn_err(maps_title(maps), &err);
		c->has_failed = true;
		return CHECK_DROP;
	}
	return CHECK_KEEP;
}

/* Put out content as the verdict wants it, each with a line end. */
static void
emit_checked(struct content *c, enum check_verdict verdict, struct span content, struct span text)
{
	if (verdict == CHECK_DROP)
		return;
	if (verdict == CHECK_PREPEND || verdict == CHECK_REPLACE) {
		emit(c, text);
		emit(c, SPAN("\n"));
	}
	if (verdict != CHECK_REPLACE) {
		emit(c, content);
		emit(c, SPAN("\n"));
	}
}

/* ---- The scan's events ---- */

static struct maps *
maps_for(const struct smtp_client *client, enum mime_head head, unsigned flags)
{
	if (head == MIME_NESTED && (flags & HEADER_IS_MIME) == 0)
		return client->maps.nested_checks;
	return flags & HEADER_IS_MIME || head == MIME_PART ? client->maps.mime_checks
							   : client->maps.header_checks;
}

static void
on_header(void *ctx, enum mime_head head, const struct header_field *field)
{
	struct content *c = ctx;
	struct arena_mark mark = arena_mark(c->scratch);
	CLEANUP(str_fini) struct str value = { .max = CHECK_VALUE_MAX };
	struct span raw = field->raw, text = { NULL, 0 };
	enum check_verdict verdict = check(
	    c, maps_for(c->d->client, head, field->flags), "header", raw, &value, &text);

	if (head == MIME_PRIMARY && verdict != CHECK_DROP &&
	    (field->flags & (HEADER_IS_SENDER | HEADER_IS_RECIPIENT)) &&
	    !smtp_generic_header(c->d->client, field->raw, field->value, c->scratch, &raw))
		c->has_failed = true;
	emit_checked(c, verdict, raw, text);
	arena_reset(c->scratch, mark);
}

static void
on_head_end(void *ctx, enum mime_head head UNUSED, enum mime_head_end how,
    const struct mime_kind *kind UNUSED)
{
	if (how == MIME_END_BLANK)
		emit(ctx, SPAN("\n"));
}

/* With body checks this is one line with its line end; otherwise any piece. */
static void
on_body(void *ctx, struct span bytes)
{
	struct content *c = ctx;
	struct maps *maps = c->d->client->maps.body_checks;
	CLEANUP(str_fini) struct str value = { .max = CHECK_VALUE_MAX };
	struct span text = { NULL, 0 }, line = bytes;

	if (maps == NULL || maps_is_empty(maps) || bytes.len < 2 ||
	    bytes.p[bytes.len - 1] != '\n') {
		emit(c, bytes);
		return;
	}
	line.len--;
	emit_checked(c, check(c, maps, "body", line, &value, &text), line, text);
}

static const struct mime_events scan_events = { .header = on_header,
	.head_end = on_head_end,
	.body = on_body };

/* ---- In ---- */

static void
feed(struct content *c, struct span bytes)
{
	if (c->scan != NULL)
		mime_scan_feed(c->scan, bytes);
	else
		smtp_text_add(&c->text, bytes);
}

static bool
read_block(struct content *c, void *buffer, size_t len, int64_t offset, struct err *err)
{
	const struct deliver *deliver = c->d->request->deliver;
	char name[64];

	snprintf(name, sizeof(name), "queue file %.*s", SPAN_ARG(deliver->queue_id));
	return fd_pread_all(deliver->fd, buffer, len, offset, name, err);
}

/* A part of the queue file in large blocks. */
static bool
feed_range(struct content *c, char *buffer, int64_t offset, int64_t bytes, struct err *err)
{
	while (bytes > 0) {
		size_t some = bytes < BLOCK ? (size_t) bytes : BLOCK;

		if (!read_block(c, buffer, some, offset, err))
			return false;
		feed(c, span_make(buffer, some));
		offset += (int64_t) some;
		bytes -= (int64_t) some;
	}
	return true;
}

/* A small message whose header block stands right behind its body: one read. */
static bool
feed_at_once(struct content *c, char *buffer, struct err *err)
{
	const struct deliver *deliver = c->d->request->deliver;
	size_t total = (size_t) (deliver->header_offset + deliver->header_bytes -
	    deliver->body_offset);

	if (!read_block(c, buffer, total, deliver->body_offset, err))
		return false;
	feed(c,
	    span_make(buffer + (deliver->header_offset - deliver->body_offset),
		(size_t) deliver->header_bytes));
	feed(c, SPAN("\n"));
	feed(c, span_make(buffer, (size_t) deliver->body_bytes));
	return true;
}

static bool
feed_message(struct content *c, struct err *err)
{
	const struct deliver *deliver = c->d->request->deliver;
	char *buffer = arena_alloc(c->scratch, BLOCK);
	int64_t end = deliver->header_offset + deliver->header_bytes;

	if (deliver->body_offset < 0 || deliver->body_bytes < 0 || deliver->header_offset < 0 ||
	    deliver->header_bytes < 0)
		return err_temp(
		    err, "queue file %.*s: impossible offsets", SPAN_ARG(deliver->queue_id));
	if (deliver->body_offset + deliver->body_bytes <= deliver->header_offset &&
	    end - deliver->body_offset <= BLOCK)
		return feed_at_once(c, buffer, err);
	if (!feed_range(c, buffer, deliver->header_offset, deliver->header_bytes, err))
		return false;
	feed(c, SPAN("\n"));
	return feed_range(c, buffer, deliver->body_offset, deliver->body_bytes, err);
}

static bool
is_used(const struct maps *maps)
{
	return maps != NULL && !maps_is_empty(maps);
}

bool
smtp_content_is_converted(const struct smtp_delivery *d, const struct client_session *s)
{
	return d->request->deliver->has_8bit_body && (s->features & FEATURE_8BITMIME) == 0 &&
	    !d->client->common.disable_mime_output_conversion;
}

/* Take the message apart when something must be changed. */
static void
set_up(struct content *c)
{
	const struct smtp_maps *maps = &c->d->client->maps;
	const struct mail_conf *mail = c->d->client->mail;
	const struct mime_options options = {
		.nesting_limit = (size_t) mail->mime_nesting_limit,
		.boundary_limit = (size_t) mail->mime_boundary_length_limit,
		.header_limit = (size_t) mail->header_size_limit,
		.line_limit = (size_t) mail->line_length_limit,
		.wants_lines = is_used(maps->body_checks),
	};
	bool has_checks = is_used(maps->generic) || is_used(maps->header_checks) ||
	    is_used(maps->mime_checks) || is_used(maps->nested_checks) ||
	    is_used(maps->body_checks);

	if (smtp_content_is_converted(c->d, c->s))
		c->downgrade = mime_downgrade_new(&options, true, to_text, c);
	if (c->downgrade != NULL || has_checks)
		c->scan = mime_scan_new(&options, &scan_events, c);
	c->text.has_dots = c->d->request->deliver->has_dot_line || c->scan != NULL;
}

/* What flags=DOR puts on top. */
static void
add_top_lines(struct content *c)
{
	CLEANUP(str_fini) struct str lines = { .max = DELIVER_HEADERS_MAX };

	smtp_flags_add_lines(c->d, &lines);
	smtp_text_add(&c->text, str_span(&lines));
}

/* The end of the message. */
static void
finish_text(struct content *c)
{
	const struct deliver *deliver = c->d->request->deliver;

	if (c->text.is_folded)
		log_info("%.*s: breaking line > %zu bytes with <CR><LF>SPACE",
		    SPAN_ARG(deliver->queue_id), c->text.line_limit);
	if (c->s->pix.delay_dotcrlf) {
		smtp_text_flush(&c->text);
		smtp_pix_pause(c->s, deliver);
	}
	smtp_text_finish(&c->text);
}

bool
smtp_content_send(struct smtp_delivery *d, struct client_session *s, struct err *err)
{
	const struct smtp_conf *conf = d->client->conf;
	struct content c = { .d = d, .s = s };
	bool done;

	c.scratch = arena_new("message on its way out", SCRATCH_BYTES);
	smtp_text_init(&c.text, conf->line_length_limit > 0 ? (size_t) conf->line_length_limit : 0,
	    write_piece, &c);
	set_up(&c);
	session_set_timeout(s, conf->data_xfer_timeout);
	if (conf->per_request_deadline)
		stream_set_min_rate(s->stream, conf->min_data_rate);
	add_top_lines(&c);
	done = feed_message(&c, err);
	if (c.scan != NULL)
		mime_scan_finish(c.scan);
	if (c.downgrade != NULL)
		mime_downgrade_finish(c.downgrade);
	if (done && c.has_failed)
		done = err_temp(err, "local data error while talking to %s", s->label);
	if (done)
		finish_text(&c);
	if (conf->per_request_deadline)
		stream_set_min_rate(s->stream, 0);
	mime_scan_free(&c.scan);
	mime_downgrade_free(&c.downgrade);
	smtp_text_fini(&c.text);
	arena_free(&c.scratch);
	return done;
}

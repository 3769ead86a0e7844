/* SPDX-License-Identifier: ISC */
/*
 * Replies. Everything that smtpd says to a client goes through here, so that length, characters,
 * codes and brakes are decided in one place.
 */
#include <time.h>

#include "smtpd/smtpd/smtpd_reply.h"
#include "lib/base/encode.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_log.h"
#include "smtpd/smtpd/smtpd_macro.h"
#include "smtpd/smtpd/smtpd_notice.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { REPLY_TEXT_MAX = 8 * 1024 };

static bool
reply_is_refusal(struct span text)
{
	return text.len >= 3 && (text.p[0] == '4' || text.p[0] == '5');
}

/* Bytes of the enhanced status code at text.p[4], with its blank; 0 when there is none. */
static size_t
reply_dsn_length(struct span text)
{
	size_t i = 4, dots = 0;

	if (text.len < 9 || (text.p[4] != '2' && text.p[4] != '4' && text.p[4] != '5') ||
	    text.p[5] != '.')
		return 0;
	for (; i < text.len && (ascii_is_digit(text.p[i]) || text.p[i] == '.'); i++)
		dots += text.p[i] == '.';
	if (dots != 2 || (i < text.len && text.p[i] != ' '))
		return 0;
	return i - 4 + (i < text.len);
}

void
reply_make_soft(struct str *text)
{
	if (text->len == 0 || text->p[0] != '5')
		return;
	text->p[0] = '4';
	reply_fit_class(text);
}

void
reply_fit_class(struct str *text)
{
	if (reply_dsn_length(str_span(text)) != 0)
		text->p[4] = text->p[0];
}

/* One line: code, separator, the rest cut to what fits. */
static void
reply_add_line(struct str *out, struct span head, char separator, struct span rest)
{
	size_t room = REPLY_LINE_MAX - 4;

	str_add(out, span_slice(head, 0, 3));
	str_add_char(out, separator);
	str_add(out, span_slice(head, 4, head.len));
	room -= head.len > 4 ? head.len - 4 : 0;
	str_add(out, span_slice(rest, 0, room));
	str_add(out, SPAN("\r\n"));
}

/* The next line of a footer template: its line ends are written as \n or are real ones. */
static bool
reply_footer_line(struct span *rest, struct span *line_out)
{
	size_t end = span_search(*rest, SPAN("\\n")), real = span_find(*rest, '\n');

	if (span_is_empty(*rest))
		return false;
	*line_out = span_slice(*rest, 0, end < real ? end : real);
	*rest = span_from(*rest, end < real ? end + 2 : real + 1);
	return true;
}

void
reply_add_lines(struct str *out, struct span text, struct span footer)
{
	struct span head = span_slice(text, 0, 4 + reply_dsn_length(text)), line;
	struct str first;

	str_init(&first, REPLY_TEXT_MAX);
	str_add(&first, span_from(text, head.len));
	if (span_starts_with(footer, SPAN("\\c"))) {
		footer = span_from(footer, 2);
		if (reply_footer_line(&footer, &line))
			str_add(&first, line);
	}
	reply_add_line(out, head, span_is_empty(footer) ? ' ' : '-', str_span(&first));
	while (reply_footer_line(&footer, &line))
		reply_add_line(out, head, span_is_empty(footer) ? ' ' : '-', line);
	str_fini(&first);
}

/* smtpd_reject_filter_maps may change the text of a refusal; both forms are logged. */
static void
reply_filter(struct session *s, struct str *text)
{
	struct str changed;
	struct err err = { 0 };

	if (maps_is_empty(s->smtpd->reject_filter))
		return;
	str_init(&changed, REPLY_TEXT_MAX);
	if (maps_get(s->smtpd->reject_filter, str_span(text), 0, &changed, &err) == LOOKUP_FOUND &&
	    reply_is_refusal(str_span(&changed))) {
		struct span id = s->mail.queue_id.len > 0 ? s->mail.queue_id : SPAN("NOQUEUE");

		log_info("%.*s: reply filter in: %s", SPAN_ARG(id), str_cstr(text));
		str_clear(text);
		str_add(text, str_span(&changed));
		log_info("%.*s: reply filter out: %s", SPAN_ARG(id), str_cstr(text));
	}
	str_fini(&changed);
}

/* The footer for a refusal, expanded, into out. */
static void
reply_footer(struct session *s, struct span text, struct str *out)
{
	struct str found;
	struct err err = { 0 };

	str_init(&found, REPLY_TEXT_MAX);
	if (maps_get(s->smtpd->reject_footer, text, 0, &found, &err) == LOOKUP_FOUND)
		macro_expand(s, str_span(&found), NULL, out);
	else
		macro_expand(s, span_of(s->smtpd->conf->reject_footer), NULL, out);
	str_fini(&found);
}

/* A reply never carries control characters, nor bytes that the client could not have asked for. */
static void
reply_make_printable(struct session *s, struct str *text)
{
	bool passes_utf8 = s->smtpd->mail->smtputf8_enable && utf8_is_valid(str_span(text));

	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char) text->p[i];

		if (c < 0x20 || c == 0x7f || (c > 0x7f && !passes_utf8))
			text->p[i] = ' ';
	}
}

/* Clients that err again and again are served slowly. */
static void
reply_brake(struct session *s)
{
	const struct smtpd_conf *conf = s->smtpd->conf;
	struct timespec pause = { .tv_sec = conf->error_sleep_time.us / 1000000,
		.tv_nsec = conf->error_sleep_time.us % 1000000 * 1000 };

	if (conf->error_sleep_time.us <= 0 || (int) s->errors < conf->soft_error_limit)
		return;
	session_flush(s);
	nanosleep(&pause, NULL);
}

static void
reply_put(struct session *s, struct str *text)
{
	struct str footer, out;

	str_init(&footer, REPLY_TEXT_MAX);
	str_init(&out, 2 * REPLY_TEXT_MAX);
	if (reply_is_refusal(str_span(text))) {
		if (s->smtpd->mail->soft_bounce)
			reply_make_soft(text);
		reply_filter(s, text);
		reply_footer(s, str_span(text), &footer);
	}
	reply_fit_class(text);
	reply_make_printable(s, text);
	notice_note_reply(s, str_span(text));
	reply_add_lines(&out, str_span(text), str_span(&footer));
	reply_brake(s);
	stream_write(s->stream, str_span(&out));
	if (span_starts_with(str_span(text), SPAN("421")) ||
	    span_starts_with(str_span(text), SPAN("521")))
		s->hang_up = true;
	str_fini(&footer);
	str_fini(&out);
}

void
reply_send_text(struct session *s, struct span text)
{
	if (span_is_empty(text))
		return;
	str_clear(&s->reply);
	str_add(&s->reply, span_slice(text, 0, REPLY_TEXT_MAX / 2));
	reply_put(s, &s->reply);
}

void
reply_send(struct session *s, const char *fmt, ...)
{
	va_list ap;

	str_clear(&s->reply);
	va_start(ap, fmt);
	str_vaddf(&s->reply, fmt, ap);
	va_end(ap);
	reply_put(s, &s->reply);
}

void
reply_send_fault(struct session *s, const struct smtp_fault *fault)
{
	if (fault->path.p != NULL)
		log_warn("Illegal address syntax from %.*s in %s command: %.*s",
		    SPAN_ARG(s->client.id), s->where, SPAN_ARG(span_slice(fault->path, 0, 1000)));
	reply_send(
	    s, "%d %s%s%s", fault->code, fault->dsn, fault->dsn[0] != '\0' ? " " : "", fault->text);
}

void
reply_send_lines(struct session *s, const char *code, struct span lines)
{
	struct span line, rest = lines;

	reply_brake(s);
	while (span_cut(&rest, '\n', &line)) {
		notice_note_reply(s, span_of(arena_printf(s->scratch, "%s%c%.*s", code,
		    rest.p == NULL ? ' ' : '-', SPAN_ARG(line))));
		stream_printf(s->stream, "%s%c%.*s\r\n", code, rest.p == NULL ? ' ' : '-',
		    (int) (line.len < REPLY_LINE_MAX - 4 ? line.len : REPLY_LINE_MAX - 4), line.p);
	}
}

/* SPDX-License-Identifier: ISC */
/* Lines and replies of one connection. Everything read is bounded: the line, the reply, the number of its lines. */
#include "smtp/smtp/smtp_session.h"

#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"

#include <errno.h>

enum {
	REPLY_LINE_MAX = 4096,
	REPLY_TEXT_MAX = 8192,
	REPLY_LINES_MAX = 200,
	SESSION_ARENA_BYTES = 256 << 10,
	COMMAND_MAX = 8192
};

struct client_session *
session_new(struct smtp_client *client, struct stream *stream, struct span host,
    struct span address, uint16_t port)
{
	struct client_session *s = xcalloc(1, sizeof(*s));

	s->client = client;
	s->stream = stream;
	s->arena = arena_new("session", SESSION_ARENA_BYTES);
	s->host = arena_cstr(s->arena, host);
	s->address = arena_cstr(s->arena, address);
	s->port = port;
	s->label = arena_printf(s->arena, "%s[%s]", s->host, s->address);
	s->relay = port != 0 ? arena_printf(s->arena, "%s:%u", s->label, port) : s->label;
	s->destination = "";
	s->tls_text = "";
	s->may_use_tls = true;
	s->opened_us = clock_now_us();
	smtp_reply_init(&s->reply, REPLY_TEXT_MAX);
	return s;
}

void
session_free(struct client_session **session)
{
	struct client_session *s = *session;

	if (s == NULL)
		return;
	stream_free(&s->stream);
	smtp_reply_fini(&s->reply);
	arena_free(&s->arena);
	free(s);
	*session = NULL;
}

void
session_set_timeout(struct client_session *s, struct duration limit)
{
	stream_set_deadline(s->stream, clock_deadline(limit.us));
}

void
session_set_limit(struct client_session *s, size_t limit)
{
	struct duration duration;

	memcpy(&duration, (const char *) s->client->conf + limit, sizeof(duration));
	if (duration.us == 0) /* helo_timeout has no lmtp_ name, lhlo_timeout no smtp_ name */
		duration = s->client->conf->lhlo_timeout;
	session_set_timeout(s, duration);
}

size_t
session_say(struct client_session *s, const char *fmt, ...)
{
	CLEANUP(str_fini) struct str line = { .max = COMMAND_MAX };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&line, fmt, ap);
	va_end(ap);
	log_debug("> %s: %s", s->relay, str_cstr(&line));
	str_add_str(&line, "\r\n");
	stream_write(s->stream, str_span(&line));
	return line.len;
}

/* Let reply_filter change a line; a table that does not answer changes nothing. */
static struct span
filter_line(struct client_session *s, struct span line, struct str *room)
{
	struct maps *filter = s->client->maps.reply_filter;
	struct err err = { 0 };

	if (filter == NULL || maps_is_empty(filter))
		return line;
	switch (maps_get(filter, line, 0, room, &err)) {
	case LOOKUP_FOUND:
		log_info("%s: replacing server reply \"%.*s\" with \"%.*s\"", s->relay,
		    SPAN_ARG(line), SPAN_ARG(str_span(room)));
		return str_span(room);
	case LOOKUP_NONE:
		return line;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		log_warn_err("smtp_reply_filter", &err);
		return line;
	}
	return line;
}

enum session_result
session_hear(struct client_session *s)
{
	CLEANUP(str_fini) struct str room = { .max = REPLY_LINE_MAX };
	struct span line;
	enum stream_result result;

	smtp_reply_clear(&s->reply);
	for (unsigned count = 0; count < REPLY_LINES_MAX; count++) {
		result = stream_read_line(s->stream, REPLY_LINE_MAX, &line, NULL);
		if (result != STREAM_OK && result != STREAM_LONG) {
			s->is_broken = true;
			return result == STREAM_TIMEOUT ? SESSION_TIMEOUT : SESSION_LOST;
		}
		log_debug("< %s: %.*s", s->relay, SPAN_ARG(line));
		str_clear(&room);
		switch (smtp_reply_add(&s->reply, filter_line(s, line, &room))) {
		case PARSE_OK:
			s->is_broken = s->is_broken || s->reply.code == 421;
			return SESSION_REPLIED;
		case PARSE_MORE:
			continue;
		case PARSE_BAD:
			break;
		}
		break;
	}
	s->is_broken = true;
	return SESSION_GARBAGE;
}

const char *
session_failure_text(const struct client_session *s, enum session_result result, const char *doing,
    struct arena *arena)
{
	switch (result) {
	case SESSION_TIMEOUT:
		return arena_printf(
		    arena, "conversation with %s timed out while %s", s->label, doing);
	case SESSION_GARBAGE:
		return arena_printf(
		    arena, "protocol error: %s sent no reply while %s", s->label, doing);
	case SESSION_LOST:
	case SESSION_REPLIED:
		break;
	}
	return arena_printf(arena, "lost connection with %s while %s", s->label, doing);
}

/* ---- Extensions ---- */

static const struct {
	const char *word;
	unsigned bit;
} feature_words[] = {
	{ "PIPELINING", FEATURE_PIPELINING },
	{ "8BITMIME", FEATURE_8BITMIME },
	{ "SIZE", FEATURE_SIZE },
	{ "STARTTLS", FEATURE_STARTTLS },
	{ "DSN", FEATURE_DSN },
	{ "SMTPUTF8", FEATURE_SMTPUTF8 },
	{ "ENHANCEDSTATUSCODES", FEATURE_STATUS_CODES },
	{ "XFORWARD", FEATURE_XFORWARD },
	{ "REQUIRETLS", FEATURE_REQUIRETLS },
};

static unsigned
feature_bit(struct span word)
{
	for (size_t i = 0; i < COUNT_OF(feature_words); i++)
		if (span_eq_str_ci(word, feature_words[i].word))
			return feature_words[i].bit;
	return 0;
}

/* The extensions that a list of words names. "silent-discard" keeps them out of the log. */
static unsigned
feature_bits(struct span list, bool *is_silent_out)
{
	unsigned bits = 0;
	struct span word;

	*is_silent_out = false;
	while (span_token(&list, ", \t\r\n", &word)) {
		bits |= feature_bit(word);
		*is_silent_out = *is_silent_out || span_eq_str_ci(word, "silent-discard");
	}
	return bits;
}

static void
log_unwanted(unsigned bits)
{
	CLEANUP(str_fini) struct str words = { .max = REPLY_LINE_MAX };

	for (size_t i = 0; i < COUNT_OF(feature_words); i++)
		if (bits & feature_words[i].bit)
			str_addf(&words, " %s", feature_words[i].word);
	log_info("discarding EHLO keywords:%s", str_cstr(&words));
}

/* What the configuration does not want to use with this server. */
static bool
unwanted_features(struct client_session *s, unsigned *bits_out)
{
	const struct smtp_conf *conf = s->client->conf;
	struct span list = span_of(s->client->is_lmtp ? conf->discard_lhlo_keywords
						      : conf->discard_ehlo_keywords);
	struct maps *maps = s->client->maps.discard_ehlo;
	CLEANUP(str_fini) struct str value = { .max = REPLY_LINE_MAX };
	struct err err = { 0 };
	bool is_silent;

	if (maps != NULL && !maps_is_empty(maps)) {
		switch (maps_get(maps, span_of(s->address), 0, &value, &err)) {
		case LOOKUP_FOUND:
			list = str_span(&value);
			break;
		case LOOKUP_NONE:
			break;
		case LOOKUP_TEMP:
		case LOOKUP_CONFIG:
			log_warn_err(maps_title(maps), &err);
			return false;
		}
	}
	*bits_out = feature_bits(list, &is_silent);
	if (*bits_out != 0 && !is_silent)
		log_unwanted(*bits_out);
	return true;
}

bool
session_take_features(struct client_session *s)
{
	struct span rest = str_span(&s->reply.text), line, word;
	unsigned unwanted;
	bool is_first = true;

	if (!unwanted_features(s, &unwanted))
		return false;
	s->features = FEATURE_ESMTP;
	s->size_limit = 0;
	for (; span_cut(&rest, '\n', &line); is_first = false) {
		unsigned bit;

		line = span_from(line, 4);
		if (is_first || !span_token(&line, " \t=", &word))
			continue;
		bit = feature_bit(word) & ~unwanted;
		s->features |= bit;
		if (bit == FEATURE_SMTPUTF8) /* which demands the other: RFC 6531 3.1 */
			s->features |= FEATURE_8BITMIME & ~unwanted;
		if (bit == FEATURE_SIZE && span_token(&line, " \t", &word) &&
		    !span_to_u64(word, INT64_MAX, &s->size_limit))
			s->size_limit = 0;
	}
	return true;
}

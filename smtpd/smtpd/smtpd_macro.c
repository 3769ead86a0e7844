/* SPDX-License-Identifier: ISC */
/*
 * Names in reply templates. References are not recursive: a value is a stranger's text and is never
 * looked at again. The text after ? and : may hold references, down to MACRO_DEPTH_MAX.
 */
#include <time.h>

#include "smtpd/smtpd/smtpd_macro.h"
#include "lib/mail/addr.h"
#include "lib/sys/clock.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { MACRO_DEPTH_MAX = 10 };

struct macro_scan {
	struct session *s;
	const struct macro_names *extra;
	struct str *out;
	int depth;
};

static void macro_expand_at(struct macro_scan *scan, struct span text);

static struct span
macro_local_time(struct session *s)
{
	time_t now = (time_t) (clock_wall_us() / CLOCK_SECOND_US);
	char text[40];
	struct tm tm;

	localtime_r(&now, &tm);
	return arena_dup(
	    s->scratch, span_make(text, strftime(text, sizeof(text), "%b %d %H:%M:%S", &tm)));
}

/* sender, sender_name, sender_domain and the same for recipient. */
static struct span
macro_address(struct session *s, struct span internal, struct span part)
{
	struct addr addr = addr_from_internal(internal);

	if (span_is_empty(part))
		return internal.len == 0 ? SPAN("<>") : addr_external(s->scratch, addr);
	return span_eq_str(part, "_domain") ? addr.domain : addr.local;
}

static struct span
macro_value(struct macro_scan *scan, struct span name)
{
	struct session *s = scan->s;
	const struct fact {
		const char *name;
		struct span value;
	} facts[] = {
		{ "client", s->client.id },
		{ "client_address", s->client.address },
		{ "client_name", s->client.name },
		{ "client_port", s->client.port },
		{ "helo_name", s->helo },
		{ "reverse_client_name", s->client.reverse_name },
		{ "sasl_method", s->login.method },
		{ "sasl_username", s->login.user },
		{ "sasl_sender", s->mail.sasl_sender },
		{ "server_name", span_of(s->smtpd->mail->myhostname) },
		{ "server_address", s->client.server_address },
		{ "server_port", s->client.server_port },
		{ "mail_name", span_of(s->smtpd->mail->mail_name) },
	};
	struct span value = scan->extra != NULL ? scan->extra->value(scan->extra->ctx, name)
						: span_make(NULL, 0);

	if (value.p != NULL)
		return value;
	for (size_t i = 0; i < COUNT_OF(facts); i++)
		if (span_eq_str(name, facts[i].name))
			return facts[i].value;
	if (span_eq_str(name, "localtime"))
		return macro_local_time(s);
	if (span_starts_with(name, SPAN("sender")) && s->mail.is_open)
		return macro_address(s, s->mail.sender, span_from(name, 6));
	if (span_starts_with(name, SPAN("recipient")) && s->mail.recipient.p != NULL)
		return macro_address(s, s->mail.recipient, span_from(name, 9));
	return span_make(NULL, 0);
}

/* A stranger's value goes out with only the bytes that the filter lets through. */
static void
macro_add_value(struct macro_scan *scan, struct span value)
{
	const char *allowed = scan->s->smtpd->expansion_filter;

	for (size_t i = 0; i < value.len; i++) {
		bool passes = value.p[i] != '\0' && strchr(allowed, value.p[i]) != NULL;

		str_add_char(scan->out, passes ? value.p[i] : '_');
	}
}

static size_t
macro_name_length(struct span text)
{
	size_t len = 0;

	while (len < text.len && (ascii_is_alnum(text.p[len]) || text.p[len] == '_'))
		len++;
	return len;
}

/* What is between the braces: name, name?text, name:text. */
static void
macro_reference(struct macro_scan *scan, struct span inside)
{
	size_t len = macro_name_length(inside);
	struct span value = macro_value(scan, span_slice(inside, 0, len));
	struct span text = span_from(inside, len + 1);

	if (len == inside.len)
		macro_add_value(scan, value);
	else if (inside.p[len] == '?' && value.len > 0)
		macro_expand_at(scan, text);
	else if (inside.p[len] == ':' && value.len == 0)
		macro_expand_at(scan, text);
}

/* Index of the bracket that closes the one at text.p[0], or text.len. */
static size_t
macro_find_close(struct span text)
{
	char open = text.p[0], close = open == '{' ? '}' : ')';
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == open)
			depth++;
		else if (text.p[i] == close && --depth == 0)
			return i;
	}
	return text.len;
}

/*
 * One reference at the start of text, which is behind a '$'. returns the bytes used; 0: it is none
 */
static size_t
macro_one(struct macro_scan *scan, struct span text)
{
	size_t len;

	if (text.len == 0)
		return 0;
	if (text.p[0] == '$') {
		str_add_char(scan->out, '$');
		return 1;
	}
	if (text.p[0] == '{' || text.p[0] == '(') {
		len = macro_find_close(text);
		if (len == text.len)
			return 0;
		macro_reference(scan, span_slice(text, 1, len));
		return len + 1;
	}
	len = macro_name_length(text);
	macro_reference(scan, span_slice(text, 0, len));
	return len;
}

static void
macro_expand_at(struct macro_scan *scan, struct span text)
{
	if (scan->depth++ < MACRO_DEPTH_MAX) {
		while (text.len > 0) {
			size_t plain = span_find(text, '$'), used;

			str_add(scan->out, span_slice(text, 0, plain));
			if (plain == text.len)
				break;
			text = span_from(text, plain + 1);
			used = macro_one(scan, text);
			if (used == 0)
				str_add_char(scan->out, '$');
			text = span_from(text, used);
		}
	}
	scan->depth--;
}

void
macro_expand(struct session *s, struct span text, const struct macro_names *extra, struct str *out)
{
	struct macro_scan scan = { .s = s, .extra = extra, .out = out };

	macro_expand_at(&scan, text);
}

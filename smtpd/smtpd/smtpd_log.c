/* SPDX-License-Identifier: ISC */
/* Log lines of one session. Addresses are in external form; the log itself makes bytes harmless. */
#include "smtpd/smtpd/smtpd_log.h"
#include "lib/queue/delivery_log.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { LOG_LINE_MAX = 4096 };

struct span
session_log_id(const struct session *s)
{
	return s->mail.queue_id.len > 0 ? s->mail.queue_id : SPAN("NOQUEUE");
}

void
session_log_connect(const struct session *s)
{
	log_info("connect from %.*s", SPAN_ARG(s->client.id));
}

/* "ehlo=1", or "rcpt=1/3" when some failed. */
static void
log_count(struct str *line, const char *name, const struct smtpd_count *count)
{
	char lower[16];
	size_t i;

	if (count->total == 0)
		return;
	for (i = 0; name[i] != '\0' && i < sizeof(lower) - 1; i++)
		lower[i] = ascii_lower(name[i]);
	lower[i] = '\0';
	str_addf(line, " %s=%u", lower, count->good);
	if (count->good != count->total)
		str_addf(line, "/%u", count->total);
}

void
session_log_disconnect(const struct session *s)
{
	struct smtpd_count all = { 0 };
	struct str line;

	str_init(&line, LOG_LINE_MAX);
	for (size_t i = 0; i < SMTPD_CMD_COUNT; i++) {
		log_count(&line, smtpd_cmds[i].name, &s->counts[i]);
		all.total += s->counts[i].total;
		all.good += s->counts[i].good;
	}
	if (all.total == 0)
		str_add(&line, SPAN(" commands=0/0"));
	else
		log_count(&line, "commands", &all);
	if (s->saw_bare_newline && s->smtpd->bare_newline == BARE_NEWLINE_NOTE)
		str_add(&line, SPAN(" notes=bare_lf"));
	log_info("disconnect from %.*s%s", SPAN_ARG(s->client.id), str_cstr(&line));
	str_fini(&line);
}

void
session_log_client(const struct session *s)
{
	struct str line;

	str_init(&line, LOG_LINE_MAX);
	sasl_add_log(s, ", ", &line);
	if (s->forward_ident.len > 0)
		str_addf(&line, ", orig_queue_id=%.*s", SPAN_ARG(s->forward_ident));
	if (s->forward_address.len > 0)
		str_addf(&line, ", orig_client=%.*s[%.*s]", SPAN_ARG(s->forward_name),
		    SPAN_ARG(s->forward_address));
	log_info("%.*s: client=%.*s%s", SPAN_ARG(s->mail.queue_id), SPAN_ARG(s->client.id),
	    str_cstr(&line));
	str_fini(&line);
}

static void
log_add_address(const struct session *s, struct str *line, const char *key, struct span internal)
{
	str_addf(line, " %s=<", key);
	(void) delivery_log_add_address(line, s->smtpd->mail, internal);
	str_add_char(line, '>');
}

void
session_log_action(const struct session *s, const char *what, const char *where, struct span text)
{
	struct str line;

	str_init(&line, LOG_LINE_MAX);
	if (s->mail.is_open)
		log_add_address(s, &line, "from", s->mail.sender);
	if (s->mail.recipient.p != NULL)
		log_add_address(s, &line, "to", s->mail.recipient);
	if (s->protocol != NULL)
		str_addf(&line, " proto=%s", s->protocol);
	if (s->helo.len > 0)
		str_addf(&line, " helo=<%.*s>", SPAN_ARG(s->helo));
	sasl_add_log(s, " ", &line);
	log_info("%.*s: %s: %s from %.*s: %.*s;%s", SPAN_ARG(session_log_id(s)), what, where,
	    SPAN_ARG(s->client.id), SPAN_ARG(text), str_cstr(&line));
	str_fini(&line);
}

void
session_log_end(const struct session *s)
{
	static const char *const words[] = {
		[SESSION_END_NONE] = "",
		[SESSION_END_LOST] = "lost connection",
		[SESSION_END_TIMEOUT] = "timeout",
		[SESSION_END_ERRORS] = "too many errors",
	};
	char bytes[48] = "";

	if (s->end == SESSION_END_NONE ||
	    (s->end == SESSION_END_LOST && strcmp(s->where, "END-OF-MESSAGE") == 0))
		return;
	if (strcmp(s->where, "DATA content") == 0)
		snprintf(bytes, sizeof(bytes), " (%lld bytes)", (long long) s->mail.data.bytes);
	log_info("%.*s: %s after %s%s from %.*s", SPAN_ARG(session_log_id(s)), words[s->end],
	    s->where, bytes, SPAN_ARG(s->client.id));
}

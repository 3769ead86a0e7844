/* SPDX-License-Identifier: ISC */
/* From replies and failures to reports. delivery_status_filter has the last word on code and text. */
#include "smtp/smtp/smtp_result.h"

#include "lib/sys/log.h"
#include "lib/table/status_filter.h"

enum { STATUS_TEXT_MAX = 8192 };

void
smtp_delivery_init(
    struct smtp_delivery *d, struct smtp_client *client, struct agent_request *request)
{
	*d = (struct smtp_delivery){
		.client = client, .request = request, .arena = request->arena
	};
	d->states = ARENA_ARRAY(request->arena, enum smtp_rcpt_state, request->count);
}

size_t
smtp_count_pending(const struct smtp_delivery *d)
{
	size_t count = 0;

	for (size_t i = 0; i < d->request->count; i++)
		count += d->states[i] != RCPT_REPORTED;
	return count;
}

/* Let the filter change code and text, and with them the status. */
static void
filter_status(struct smtp_delivery *d, struct agent_result *result)
{
	if (!status_filter_apply(
		d->client->maps.status_filter, d->arena, &result->dsn, &result->text))
		return;
	if (result->dsn.p[0] != '2')
		result->status = result->dsn.p[0] == '4' ? DELIVER_DEFERRED : DELIVER_BOUNCED;
}

static void
report(struct smtp_delivery *d, const struct client_session *s, size_t index,
    struct agent_result *result)
{
	if (d->states[index] == RCPT_REPORTED)
		return;
	if (s != NULL) {
		result->relay = span_of(s->relay);
		result->conn_use = s->uses;
		result->connected_us = s->ready_us;
		result->tls = span_of(s->tls_text);
	}
	filter_status(d, result);
	d->states[index] = RCPT_REPORTED;
	agent_report(d->request, index, result);
}

/* The reply on one line. */
static const char *
reply_text(struct smtp_delivery *d, const struct client_session *s)
{
	CLEANUP(str_fini) struct str text = { .max = STATUS_TEXT_MAX };

	(void) smtp_reply_print(&s->reply, &text);
	return arena_strdup(d->arena, str_cstr(&text));
}

/* The server is the end when the administrator says so. */
static bool
is_final(const struct smtp_delivery *d)
{
	return d->client->flags.is_final || (d->client->is_lmtp && d->client->conf->assume_final);
}

/* A server that knows DSN was given the request to report, and tells the sender itself. */
void
smtp_report_sent(struct smtp_delivery *d, const struct client_session *s, size_t index)
{
	const char *text = reply_text(d, s);
	struct agent_result result = {
		.status = DELIVER_SENT,
		.dsn = span_of(s->reply.dsn[0] != '\0' ? s->reply.dsn : "2.0.0"),
		.text = span_of(text),
		.action = span_of(is_final(d) ? "delivered" : "relayed"),
		.passes_dsn = (s->features & FEATURE_DSN) != 0 && !is_final(d),
		.remote_mta = span_of(arena_printf(d->arena, "dns; %s", s->host)),
		.diagnostic = span_of(arena_printf(d->arena, "smtp; %s", text)),
	};

	report(d, s, index, &result);
}

/* The trouble is only for the log: another server will be tried. */
static bool
is_tried_again(const struct smtp_delivery *d, const struct smtp_trouble *trouble)
{
	return (trouble->class == ERR_TEMP || trouble->is_of_server) && !d->is_last;
}

static void
log_trouble(const struct smtp_delivery *d, const struct smtp_trouble *trouble)
{
	log_info("%.*s: %s", SPAN_ARG(d->request->deliver->queue_id), trouble->text);
}

static void
report_one(struct smtp_delivery *d, const struct client_session *s, size_t index,
    const struct smtp_trouble *trouble)
{
	struct agent_result result = {
		.status = trouble->class == ERR_TEMP ? DELIVER_DEFERRED : DELIVER_BOUNCED,
		.dsn = span_of(trouble->dsn),
		.text = span_of(trouble->text),
		.remote_mta = span_of(trouble->remote_mta),
		.diagnostic = span_of(trouble->diagnostic),
	};

	if (is_tried_again(d, trouble))
		d->states[index] = RCPT_PENDING;
	else
		report(d, s, index, &result);
}

void
smtp_report_trouble(struct smtp_delivery *d, const struct client_session *s, size_t index,
    const struct smtp_trouble *trouble)
{
	if (is_tried_again(d, trouble))
		log_trouble(d, trouble);
	report_one(d, s, index, trouble);
}

void
smtp_report_trouble_all(
    struct smtp_delivery *d, const struct client_session *s, const struct smtp_trouble *trouble)
{
	if (is_tried_again(d, trouble) && smtp_count_pending(d) > 0)
		log_trouble(d, trouble);
	for (size_t i = 0; i < d->request->count; i++)
		if (d->states[i] != RCPT_REPORTED)
			report_one(d, s, i, trouble);
}

struct smtp_trouble
smtp_trouble_of_reply(struct smtp_delivery *d, const struct client_session *s, const char *request)
{
	bool is_perm = s->reply.code >= 500;
	const char *text = reply_text(d, s);
	struct smtp_trouble trouble = {
		.class = is_perm ? ERR_PERM : ERR_TEMP,
		.dsn = is_perm ? "5.0.0" : "4.0.0",
		.text = arena_printf(
		    d->arena, "host %s said: %s (in reply to %s)", s->label, text, request),
		.diagnostic = arena_printf(d->arena, "smtp; %s", text),
		.remote_mta = arena_printf(d->arena, "dns; %s", s->host),
	};

	/* A code of success, or of another class, with a refusal is not believed. */
	if (s->reply.dsn[0] == trouble.dsn[0])
		trouble.dsn = arena_strdup(d->arena, s->reply.dsn);
	return trouble;
}

struct smtp_trouble
smtp_trouble_of_connection(struct smtp_delivery *d, const struct client_session *s,
    enum session_result result, const char *doing)
{
	return (struct smtp_trouble){ .class = ERR_TEMP,
		.dsn = "4.4.2",
		.text = session_failure_text(s, result, doing, d->arena),
		.diagnostic = "",
		.remote_mta = "" };
}

struct smtp_trouble
smtp_trouble_of_tables(struct smtp_delivery *d, const struct client_session *s)
{
	return (struct smtp_trouble){ .class = ERR_TEMP,
		.dsn = "4.3.0",
		.text = arena_printf(
		    d->arena, "local data error while talking to %s", s->label),
		.diagnostic = "",
		.remote_mta = "" };
}

struct smtp_trouble
smtp_trouble_of_err(struct smtp_delivery *d, const struct err *err)
{
	return (struct smtp_trouble){ .class = err->class == ERR_PERM ? ERR_PERM : ERR_TEMP,
		.dsn = err->dsn[0] != '\0' ? arena_strdup(d->arena, err->dsn) : "4.3.0",
		.text = arena_strdup(d->arena, err->text),
		.diagnostic = "",
		.remote_mta = "" };
}

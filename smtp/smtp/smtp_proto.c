/* SPDX-License-Identifier: ISC */
/*
 * A message in the conversation. Each step is a row: what it is called in logs, its time limit, what
 * is sent, what its reply means. A message is a plan of commands (MAIL, one RCPT per recipient, DATA)
 * that are sent ahead of their replies when the server allows pipelining. Invariant: commands sent
 * minus replies read is what `plan_out - plan_in` says, so that at the end of a message nothing is
 * left to be read. Deliberately without BDAT.
 */
#include "smtp/smtp/smtp_proto.h"

#include "lib/base/encode.h"
#include "lib/mail/addr.h"
#include "lib/mail/dsn.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtp/smtp/smtp_content.h"
#include "smtp/smtp/smtp_generic.h"

enum { WINDOW = 100, WINDOW_BYTES = 16 << 10, PARAMS_MAX = 4096 };

enum step { STEP_MAIL, STEP_RCPT, STEP_DATA, STEP_DOT, STEP_RSET, STEP_COUNT };

struct talk {
	struct smtp_delivery *d;
	struct client_session *s;
	const char *sender; /* as it goes into a path */
	struct talk_rcpt *rcpts;
	size_t count, accepted;
	size_t plan_out, plan_in; /* commands sent, replies read */
	size_t bytes_ahead;       /* of commands whose replies have not been read */
	bool mail_refused, data_asked, is_open;
	bool needs_8bit, needs_utf8;
};

/* A recipient of this transaction. */
struct talk_rcpt {
	size_t index;     /* in the request */
	const char *path; /* as it goes into a path */
};

struct step_row {
	const char *doing;   /* "lost connection with H[A] while ..." */
	const char *request; /* "(in reply to ...)" */
	size_t limit;        /* its timeout in struct smtp_conf */
	void (*send)(struct talk *talk, size_t index);
	void (*reply)(struct talk *talk, size_t index);
};
static const struct step_row step_rows[STEP_COUNT];

/* Only whether the recipients would be accepted is of interest. */
static bool
is_probe(const struct talk *talk)
{
	return talk->d->request->deliver->is_verify;
}

/* address_verify_target: a probe goes on to DATA, which is answered by no content. */
static bool
probes_data(const struct talk *talk)
{
	return strcmp(talk->d->client->conf->address_verify_target, "data") == 0;
}

/* " NAME=value" parameters of MAIL. A size that a conversion will change is not told. */
static void
add_mail_params(struct talk *talk, struct str *out)
{
	const struct deliver *deliver = talk->d->request->deliver;
	unsigned features = talk->s->features;

	if (features & FEATURE_SIZE && !smtp_content_is_converted(talk->d, talk->s))
		str_addf(out, " SIZE=%lld", (long long) deliver->size_crlf);
	if (features & FEATURE_8BITMIME && talk->needs_8bit)
		str_add_str(out, " BODY=8BITMIME");
	if (talk->needs_utf8)
		str_add_str(out, " SMTPUTF8");
	if (deliver->requiretls && features & FEATURE_REQUIRETLS && talk->s->tls != NULL)
		str_add_str(out, " REQUIRETLS");
	if ((features & FEATURE_DSN) == 0)
		return;
	if (deliver->dsn_envid.len > 0) {
		str_add_str(out, " ENVID=");
		(void) xtext_encode(out, deliver->dsn_envid);
	}
	if (deliver->dsn_ret.len > 0)
		str_addf(out, " RET=%.*s", SPAN_ARG(deliver->dsn_ret));
}

static void
send_mail(struct talk *talk, size_t index UNUSED)
{
	CLEANUP(str_fini) struct str params = { .max = PARAMS_MAX };

	add_mail_params(talk, &params);
	talk->bytes_ahead +=
	    session_say(talk->s, "MAIL FROM:<%s>%s", talk->sender, str_cstr(&params));
	talk->is_open = true;
}

/* Everybody of this transaction who has not been settled. */
static void
fail_all(struct talk *talk, struct smtp_trouble trouble)
{
	smtp_report_trouble_all(talk->d, talk->s, &trouble);
	talk->accepted = 0;
}

static void
after_mail(struct talk *talk, size_t index UNUSED)
{
	if (talk->s->reply.code / 100 == 2)
		return;
	talk->mail_refused = true;
	fail_all(talk, smtp_trouble_of_reply(talk->d, talk->s, step_rows[STEP_MAIL].request));
}

/* The recipient as the sender wrote it, or as it came here; empty: it is not to be told. */
static struct span
original_recipient(struct talk *talk, const struct deliver_rcpt *rcpt)
{
	struct arena *arena = talk->d->arena;
	struct span address;

	if (rcpt->dsn_orcpt.len > 0 || rcpt->original.len == 0)
		return rcpt->dsn_orcpt;
	address = addr_external(arena, addr_from_internal(rcpt->original));
	return span_of(arena_printf(
	    arena, "%s;%.*s", span_is_ascii(address) ? "rfc822" : "utf-8", SPAN_ARG(address)));
}

/* ORCPT and NOTIFY, for a server that knows them. */
static void
add_rcpt_params(struct talk *talk, const struct deliver_rcpt *rcpt, struct str *out)
{
	CLEANUP(str_fini) struct str orcpt = { .max = PARAMS_MAX / 2 };
	struct span original;

	if ((talk->s->features & FEATURE_DSN) == 0)
		return;
	original = original_recipient(talk, rcpt);
	if (original.len > 0 && dsn_orcpt_encode(&orcpt, original))
		str_addf(out, " ORCPT=%s", str_cstr(&orcpt));
	if (rcpt->dsn_notify != 0) {
		str_add_str(out, " NOTIFY=");
		(void) dsn_notify_add(out, (unsigned) rcpt->dsn_notify);
	}
}

static void
send_rcpt(struct talk *talk, size_t index)
{
	const struct talk_rcpt *rcpt = &talk->rcpts[index];
	CLEANUP(str_fini) struct str params = { .max = PARAMS_MAX };

	add_rcpt_params(talk, &talk->d->request->recipients[rcpt->index], &params);
	talk->bytes_ahead +=
	    session_say(talk->s, "RCPT TO:<%s>%s", rcpt->path, str_cstr(&params));
}

static void
after_rcpt(struct talk *talk, size_t index)
{
	size_t number = talk->rcpts[index].index;
	struct smtp_trouble trouble;

	if (talk->mail_refused)
		return;
	if (talk->s->reply.code / 100 != 2) {
		trouble =
		    smtp_trouble_of_reply(talk->d, talk->s, step_rows[STEP_RCPT].request);
		smtp_report_trouble(talk->d, talk->s, number, &trouble);
	} else if (is_probe(talk) && !probes_data(talk)) {
		smtp_report_sent(talk->d, talk->s, number);
	} else {
		talk->d->states[number] = RCPT_ACCEPTED;
		talk->accepted++;
	}
}

static void
send_data(struct talk *talk, size_t index UNUSED)
{
	talk->bytes_ahead += session_say(talk->s, "DATA");
}

static void
after_data(struct talk *talk, size_t index UNUSED)
{
	if (talk->s->reply.code / 100 == 3)
		talk->data_asked = true;
	else if (talk->accepted > 0)
		fail_all(
		    talk, smtp_trouble_of_reply(talk->d, talk->s, step_rows[STEP_DATA].request));
}

static void
after_dot(struct talk *talk, size_t index)
{
	struct smtp_trouble trouble;

	if (talk->s->reply.code / 100 == 2) {
		smtp_report_sent(talk->d, talk->s, index);
		return;
	}
	trouble = smtp_trouble_of_reply(talk->d, talk->s, step_rows[STEP_DOT].request);
	smtp_report_trouble(talk->d, talk->s, index, &trouble);
}

static void
send_rset(struct talk *talk, size_t index UNUSED)
{
	(void) session_say(talk->s, "RSET");
}

static void
after_rset(struct talk *talk, size_t index UNUSED)
{
	if (talk->s->reply.code / 100 != 2)
		talk->s->is_broken = true;
}

#define LIMIT(FIELD) offsetof(struct smtp_conf, FIELD)
static const struct step_row step_rows[STEP_COUNT] = {
	[STEP_MAIL] = { "sending MAIL FROM", "MAIL FROM command", LIMIT(mail_timeout), send_mail,
	    after_mail },
	[STEP_RCPT] = { "sending RCPT TO", "RCPT TO command", LIMIT(rcpt_timeout), send_rcpt,
	    after_rcpt },
	[STEP_DATA] = { "sending DATA command", "DATA command", LIMIT(data_init_timeout),
	    send_data, after_data },
	[STEP_DOT] = { "sending end of data -- message may be sent more than once",
	    "end of DATA command", LIMIT(data_done_timeout), NULL, after_dot },
	[STEP_RSET] = { "sending RSET", "RSET command", LIMIT(rset_timeout), send_rset,
	    after_rset },
};

/* The plan of a message: 0 is MAIL, then the recipients, then DATA, which a probe does not send. */
static enum step
plan_step(const struct talk *talk, size_t position)
{
	return position == 0 ? STEP_MAIL : position <= talk->count ? STEP_RCPT : STEP_DATA;
}

static size_t
plan_length(const struct talk *talk)
{
	return talk->count + (is_probe(talk) && !probes_data(talk) ? 1 : 2);
}

/* The next command makes sense, as far as replies tell; one that was sent ahead does no harm. */
static bool
is_worth_sending(const struct talk *talk)
{
	if (talk->mail_refused)
		return false;
	return plan_step(talk, talk->plan_out) != STEP_DATA || talk->accepted > 0 ||
	    talk->plan_out > talk->plan_in;
}

/*
 * Send as many commands as the server may be sent. Their bytes are bounded by what any TCP send buffer
 * holds, so that we never wait to write while the server waits for us to read.
 */
static void
send_ahead(struct talk *talk)
{
	size_t ahead = talk->s->features & FEATURE_PIPELINING ? WINDOW : 1;

	while (talk->plan_out < plan_length(talk) && talk->plan_out - talk->plan_in < ahead &&
	    talk->bytes_ahead < WINDOW_BYTES && is_worth_sending(talk)) {
		step_rows[plan_step(talk, talk->plan_out)].send(talk, talk->plan_out - 1);
		talk->plan_out++;
	}
}

/* Commands and their replies. returns SESSION_REPLIED when all were read. */
static enum session_result
run_plan(struct talk *talk)
{
	for (;;) {
		enum session_result result;
		enum step step;

		if (talk->plan_out == talk->plan_in)
			talk->bytes_ahead = 0;
		if (talk->bytes_ahead == 0)
			send_ahead(talk);
		if (talk->plan_out == talk->plan_in)
			return SESSION_REPLIED;
		step = plan_step(talk, talk->plan_in);
		session_set_limit(talk->s, step_rows[step].limit);
		result = session_hear(talk->s);
		if (result != SESSION_REPLIED)
			return result;
		if (step == STEP_MAIL && talk->s->reply.code == 421 && talk->s->uses > 1)
			return SESSION_LOST; /* it has had enough of us since the last message */
		step_rows[step].reply(talk, talk->plan_in - 1);
		talk->plan_in++;
	}
}

/* The connection broke; everybody who is left shares the reason. */
static void
fail_connection(struct talk *talk, enum session_result result, enum step step)
{
	fail_all(talk, smtp_trouble_of_connection(talk->d, talk->s, result, step_rows[step].doing));
}

/* DATA was sent ahead and accepted though no recipient was: an empty message ends it (RFC 2920 3.1). */
static void
send_empty(struct talk *talk)
{
	stream_write(talk->s->stream, SPAN(".\r\n"));
	session_set_limit(talk->s, LIMIT(data_done_timeout));
	if (session_hear(talk->s) != SESSION_REPLIED)
		talk->s->is_broken = true;
	talk->is_open = false;
}

/* One reply for all, or in LMTP one for each. */
static void
hear_results(struct talk *talk)
{
	bool has_reply = false;
	enum session_result result;

	talk->is_open = false;
	for (size_t i = 0; i < talk->count; i++) {
		if (talk->d->states[talk->rcpts[i].index] != RCPT_ACCEPTED)
			continue;
		if (!has_reply || talk->d->client->is_lmtp) {
			session_set_limit(talk->s, LIMIT(data_done_timeout));
			result = session_hear(talk->s);
			if (result != SESSION_REPLIED) {
				fail_connection(talk, result, STEP_DOT);
				return;
			}
			has_reply = true;
		}
		after_dot(talk, talk->rcpts[i].index);
	}
}

static void
send_content(struct talk *talk)
{
	struct err err = { 0 };

	if (smtp_content_send(talk->d, talk->s, &err)) {
		hear_results(talk);
		return;
	}
	talk->s->is_broken = true;
	fail_all(talk, smtp_trouble_of_err(talk->d, &err));
}

static bool
is_all_ascii(const struct talk *talk)
{
	const struct agent_request *request = talk->d->request;

	if (request->deliver->has_8bit_header || !span_is_ascii(request->deliver->sender))
		return false;
	for (size_t i = 0; i < request->count; i++)
		if (!span_is_ascii(request->recipients[i].address))
			return false;
	return true;
}

/* What the server lacks for this message, or NULL in dsn: it has all. */
static struct smtp_trouble
find_lack(const struct talk *talk)
{
	const struct deliver *deliver = talk->d->request->deliver;
	const struct client_session *s = talk->s;
	struct arena *arena = talk->d->arena;
	struct smtp_trouble trouble = { .class = ERR_PERM, .diagnostic = "", .remote_mta = "" };

	if (talk->needs_utf8 && (s->features & FEATURE_SMTPUTF8) == 0) {
		trouble.dsn = "5.6.7";
		trouble.is_of_server = true;
		trouble.text = arena_printf(arena,
		    "SMTPUTF8 is required, but was not offered by host %s", s->label);
	} else if (deliver->is_binary) {
		trouble.dsn = "5.6.3";
		trouble.text = "binary content cannot be sent by this mail system";
	} else if (s->size_limit > 0 && deliver->size_crlf > 0 &&
	    (uint64_t) deliver->size_crlf > s->size_limit) {
		trouble.dsn = "5.3.4";
		trouble.text = arena_printf(arena,
		    "message size %lld exceeds size limit %llu of server %s",
		    (long long) deliver->size_crlf, (unsigned long long) s->size_limit, s->label);
	} else if (deliver->requiretls &&
	    strcmp(s->client->conf->requiretls_policy, "enforce") == 0 &&
	    (s->tls == NULL || (s->features & FEATURE_REQUIRETLS) == 0)) {
		trouble.dsn = "5.7.30";
		trouble.is_of_server = true;
		trouble.text = arena_printf(arena,
		    "REQUIRETLS is required, but was not offered by host %s", s->label);
	}
	return trouble;
}

/* An address as it goes into a path, by generic_maps. returns false when these do not answer. */
static bool
make_path(struct talk *talk, struct span internal, const char **path_out)
{
	struct smtp_client *client = talk->d->client;
	struct arena *arena = talk->d->arena;
	struct span mapped;

	if (!smtp_generic_address(client, internal, arena, &mapped))
		return false;
	*path_out = client->conf->quote_rfc821_envelope
	    ? arena_cstr(arena, addr_external(arena, addr_from_internal(mapped)))
	    : arena_cstr(arena, mapped);
	return true;
}

/* The transaction: who is to get the message, under which addresses, and what that takes. */
static bool
gather(struct talk *talk)
{
	const struct agent_request *request = talk->d->request;
	const struct deliver *deliver = request->deliver;

	talk->needs_8bit = deliver->has_8bit_body || deliver->has_8bit_header ||
	    span_eq_str_ci(deliver->encoding, "8bit");
	talk->needs_utf8 = deliver->smtputf8 && !is_all_ascii(talk);
	talk->rcpts = ARENA_ARRAY(talk->d->arena, struct talk_rcpt, request->count);
	for (size_t i = 0; i < request->count; i++) {
		struct talk_rcpt *rcpt = &talk->rcpts[talk->count];

		if (talk->d->states[i] == RCPT_REPORTED)
			continue;
		rcpt->index = i;
		if (!make_path(talk, request->recipients[i].address, &rcpt->path))
			return false;
		talk->count++;
	}
	return make_path(talk, deliver->sender, &talk->sender);
}

/* Leave no transaction open. */
static void
reset_server(struct talk *talk)
{
	session_set_limit(talk->s, LIMIT(rset_timeout));
	send_rset(talk, 0);
	if (session_hear(talk->s) == SESSION_REPLIED)
		after_rset(talk, 0);
}

/* The server has what the message takes. Otherwise that is reported. */
static bool
is_possible(struct talk *talk)
{
	struct smtp_trouble trouble;

	if (!gather(talk)) {
		trouble = smtp_trouble_of_tables(talk->d, talk->s);
	} else {
		trouble = find_lack(talk);
		if (trouble.dsn == NULL)
			return true;
	}
	smtp_report_trouble_all(talk->d, talk->s, &trouble);
	return false;
}

/* All commands were answered: the content, for those who were accepted. */
static void
finish(struct talk *talk)
{
	if (is_probe(talk) && talk->data_asked) {
		for (size_t i = 0; i < talk->count; i++)
			if (talk->d->states[talk->rcpts[i].index] == RCPT_ACCEPTED)
				smtp_report_sent(talk->d, talk->s, talk->rcpts[i].index);
		talk->s->is_broken = true; /* nothing but the end of the connection means "no message" */
	} else if (talk->data_asked && talk->accepted > 0) {
		send_content(talk);
	} else if (talk->data_asked) {
		send_empty(talk);
	}
}

bool
smtp_transact(struct smtp_delivery *d, struct client_session *s)
{
	struct talk talk = { .d = d, .s = s };
	enum session_result result;

	s->uses++;
	if (!is_possible(&talk))
		return true;
	result = run_plan(&talk);
	if (result == SESSION_LOST && talk.plan_in == 0 && s->uses > 1)
		return false;
	if (result == SESSION_REPLIED)
		finish(&talk);
	else
		fail_connection(&talk, result, plan_step(&talk, talk.plan_in));
	if (talk.is_open && !s->is_broken)
		reset_server(&talk);
	return true;
}

void
smtp_quit(struct client_session **session)
{
	struct client_session *s = *session;

	if (s == NULL)
		return;
	if (!s->is_broken) {
		session_set_timeout(s, s->client->conf->quit_timeout);
		(void) session_say(s, "QUIT");
		if (s->client->conf->skip_quit_response ? stream_flush(s->stream) != STREAM_OK
							: session_hear(s) != SESSION_REPLIED)
			log_debug("%s: no answer to QUIT", s->relay);
	}
	session_free(session);
}

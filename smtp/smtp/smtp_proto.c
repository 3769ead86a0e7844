/* SPDX-License-Identifier: ISC */
/*
 * The conversation. Each step is a row: what it is called in logs, its time limit, what is sent,
 * what the reply leads to. The handshake walks from row to row; a message is a plan of commands
 * (MAIL, one RCPT per recipient, DATA) that are sent ahead of their replies when the server allows
 * pipelining. Invariant: commands sent minus replies read is what `plan_out - plan_in` says, so that
 * at the end of a message nothing is left to be read. Deliberately without BDAT.
 */
#include "smtp/smtp/smtp_proto.h"

#include "lib/base/encode.h"
#include "lib/mail/addr.h"
#include "lib/mail/dsn.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtp/smtp/smtp_content.h"
#include "smtp/smtp/smtp_generic.h"
#include "smtp/smtp/smtp_tls.h"
#include "smtp/smtp/smtp_xforward.h"

enum { WINDOW = 100, PARAMS_MAX = 4096 };

enum step {
	STEP_BANNER,
	STEP_EHLO,
	STEP_HELO,
	STEP_LHLO,
	STEP_STARTTLS,
	STEP_XFORWARD,
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA,
	STEP_DOT,
	STEP_RSET,
	STEP_READY,
	STEP_FAILED
};

struct talk {
	struct smtp_delivery *d;
	struct client_session *s;
	struct smtp_trouble *trouble; /* handshake */

	/* A message. */
	size_t *rcpts; /* indexes of the recipients of this transaction */
	size_t count, accepted;
	size_t plan_out, plan_in; /* commands sent, replies read */
	bool mail_refused, data_asked, is_open;
	bool needs_8bit, needs_utf8;
};

struct step_row {
	const char *doing;   /* "lost connection with H[A] while ..." */
	const char *request; /* "(in reply to ...)" */
	size_t limit;        /* offset of its timeout in struct smtp_conf */
	void (*send)(struct talk *talk, size_t index);
	enum step (*reply)(struct talk *talk, size_t index);
};
static const struct step_row step_rows[STEP_READY];

static struct duration
step_limit(const struct talk *talk, enum step step)
{
	const char *conf = (const void *) talk->d->client->conf;
	struct duration limit;

	memcpy(&limit, conf + step_rows[step].limit, sizeof(limit));
	if (limit.us == 0) /* helo_timeout has no lmtp_ name, lhlo_timeout no smtp_ name */
		limit = talk->d->client->conf->lhlo_timeout;
	return limit;
}

/* ---- Handshake ---- */

static enum step
refuse(struct talk *talk, struct smtp_trouble trouble)
{
	*talk->trouble = trouble;
	return STEP_FAILED;
}

/* A server that does not want us at all. */
static enum step
refused_to_talk(struct talk *talk)
{
	struct smtp_trouble trouble = smtp_trouble_of_reply(talk->d, talk->s, "");

	trouble.text = arena_printf(talk->d->arena, "host %s refused to talk to me: %s",
	    talk->s->label, trouble.diagnostic + strlen("smtp; "));
	return refuse(talk, trouble);
}

static void
send_nothing(struct talk *talk UNUSED, size_t index UNUSED)
{
}

static enum step
after_banner(struct talk *talk, size_t index UNUSED)
{
	const struct smtp_client *client = talk->d->client;
	struct client_session *s = talk->s;
	struct span text = span_from(str_span(&s->reply.text), 4), word;
	bool is_esmtp = false;
	enum step refusal;

	if (s->reply.code / 100 != 2) {
		refusal = refused_to_talk(talk);
		if (client->conf
			->skip_5xx_greeting) /* the next server may be of another mind, and so may this one */
			talk->trouble->class = ERR_TEMP;
		return refusal;
	}
	if (span_token(&text, " \t\n", &word) && s->port == 25 &&
	    span_eq_str_ci(word, client->mail->myhostname))
		return refuse(talk,
		    (struct smtp_trouble){ .class = ERR_PERM,
			.dsn = "5.4.6",
			.diagnostic = "",
			.remote_mta = "",
			.text = arena_printf(
			    talk->d->arena, "mail for %s loops back to myself", s->destination) });
	while (span_token(&text, " \t\n", &word))
		is_esmtp = is_esmtp || span_eq_str_ci(word, "ESMTP");
	if (client->is_lmtp)
		return STEP_LHLO;
	return !client->conf->never_send_ehlo && (is_esmtp || client->conf->always_send_ehlo)
	    ? STEP_EHLO
	    : STEP_HELO;
}

static void
send_hello(struct talk *talk, size_t index UNUSED)
{
	session_say(talk->s, "%s %s", talk->d->client->is_lmtp ? "LHLO" : "EHLO",
	    smtp_own_name(talk->d->client));
}

static void
send_helo(struct talk *talk, size_t index UNUSED)
{
	session_say(talk->s, "HELO %s", smtp_own_name(talk->d->client));
}

static enum step
tls_trouble(struct talk *talk, const char *dsn, const char *text)
{
	return refuse(talk,
	    (struct smtp_trouble){
		.class = ERR_TEMP, .dsn = dsn, .text = text, .diagnostic = "", .remote_mta = "" });
}

/* Whether to send STARTTLS now, and whether to go on without. */
static enum step
after_features(struct talk *talk)
{
	struct client_session *s = talk->s;
	bool is_demanded = s->policy.level > TLS_LEVEL_MAY,
	     is_offered = (s->features & FEATURE_STARTTLS) != 0;

	if (s->tls == NULL && s->policy.level != TLS_LEVEL_NONE && is_offered && s->may_use_tls &&
	    (s->client->tls != NULL || is_demanded))
		return STEP_STARTTLS;
	if (s->tls == NULL && is_demanded)
		return tls_trouble(talk, "4.7.4",
		    arena_printf(talk->d->arena, "TLS is required, but was not offered by host %s",
			s->label));
	if (s->tls != NULL && s->client->tls_conf->block_early_mail_reply &&
	    stream_peek(s->stream).len > 0)
		return tls_trouble(talk, "4.7.0",
		    arena_printf(talk->d->arena,
			"host %s answered MAIL FROM before it was sent: the session may be forged",
			s->label));
	if (s->tls == NULL && is_offered && s->client->tls_conf->note_starttls_offer)
		log_info("Host offered STARTTLS: [%s]", s->host);
	return s->client->conf->send_xforward_command && (s->features & FEATURE_XFORWARD)
	    ? STEP_XFORWARD
	    : STEP_READY;
}

static enum step
after_hello(struct talk *talk, size_t index UNUSED)
{
	const struct client_session *s = talk->s;

	if (s->reply.code / 100 == 2) {
		session_take_features(talk->s);
		smtp_xforward_take_offer(talk->s);
		return after_features(talk);
	}
	if (!talk->d->client->is_lmtp && s->reply.code / 100 == 5 &&
	    s->policy.level <= TLS_LEVEL_MAY)
		return STEP_HELO;
	return refused_to_talk(talk);
}

static enum step
after_helo(struct talk *talk, size_t index UNUSED)
{
	if (talk->s->reply.code / 100 != 2)
		return refused_to_talk(talk);
	talk->s->features = 0;
	return after_features(talk);
}

static void
send_starttls(struct talk *talk, size_t index UNUSED)
{
	session_say(talk->s, "STARTTLS");
}

/* The handshake itself, or why it is not to be. */
static enum step
enter_tls(struct talk *talk)
{
	struct client_session *s = talk->s;
	struct err err = { 0 };

	session_set_timeout(s, s->client->conf->starttls_timeout);
	if (s->client->tls == NULL)
		return tls_trouble(
		    talk, "4.7.5", "TLS is required, but our TLS engine is unavailable");
	if (smtp_tls_start(s, &err))
		return talk->d->client->is_lmtp ? STEP_LHLO : STEP_EHLO;
	s->is_broken = true;
	s->tls_failed = s->policy.level == TLS_LEVEL_MAY;
	log_info("SSL_connect error to %s: %s", s->relay, err.text);
	if (strcmp(err.text, "Server certificate not verified") == 0)
		return tls_trouble(talk, "4.7.5", "Server certificate not verified");
	return tls_trouble(talk, "4.7.5", "Cannot start TLS: handshake failure");
}

static enum step
after_starttls(struct talk *talk, size_t index UNUSED)
{
	struct client_session *s = talk->s;

	if (s->reply.code / 100 == 2)
		return enter_tls(talk);
	if (s->policy.level > TLS_LEVEL_MAY)
		return refuse(talk, smtp_trouble_of_reply(talk->d, s, "STARTTLS command"));
	s->features &= ~(unsigned) FEATURE_STARTTLS;
	return after_features(talk);
}

static void
send_xforward(struct talk *talk, size_t index UNUSED)
{
	smtp_xforward_say(talk->s, talk->d->request->deliver);
}

/* It is information only: a refusal changes nothing. */
static enum step
after_xforward(struct talk *talk UNUSED, size_t index UNUSED)
{
	return STEP_READY;
}

/* "level:what there is", as the delivery log has it. */
static void
note_tls(struct client_session *s)
{
	s->tls_text = arena_printf(s->arena, "%s:%s", smtp_tls_level_word(s->policy.level),
	    s->tls != NULL ? s->tls->protocol : "none");
}

bool
smtp_handshake(struct smtp_delivery *d, struct client_session *s, struct smtp_trouble *trouble_out)
{
	struct talk talk = { .d = d, .s = s, .trouble = trouble_out };
	enum step step = STEP_BANNER;
	enum session_result result;

	if (d->client->tls_conf->wrappermode && (step = enter_tls(&talk)) != STEP_FAILED)
		step = STEP_BANNER;
	while (step != STEP_READY && step != STEP_FAILED) {
		const struct step_row *row = &step_rows[step];

		session_set_timeout(s, step_limit(&talk, step));
		row->send(&talk, 0);
		result = session_hear(s);
		if (result == SESSION_REPLIED)
			step = row->reply(&talk, 0);
		else
			step = refuse(&talk, smtp_trouble_of_connection(d, s, result, row->doing));
	}
	note_tls(s);
	s->ready_us = clock_wall_us();
	return step == STEP_READY;
}

/* ---- A message ---- */

/* An address as it goes into a path. */
static const char *
path_text(struct talk *talk, struct span internal)
{
	struct arena *arena = talk->d->arena;
	struct span mapped = smtp_generic_address(talk->d->client, internal, arena);

	if (!talk->d->client->conf->quote_rfc821_envelope)
		return arena_cstr(arena, mapped);
	return arena_cstr(arena, addr_external(arena, addr_from_internal(mapped)));
}

/* " NAME=value" parameters of MAIL. */
static void
add_mail_params(struct talk *talk, struct str *out)
{
	const struct deliver *deliver = talk->d->request->deliver;
	unsigned features = talk->s->features;

	if (features & FEATURE_SIZE)
		str_addf(out, " SIZE=%lld", (long long) deliver->size_crlf);
	if (features & FEATURE_8BITMIME && talk->needs_8bit)
		str_add_str(out, " BODY=8BITMIME");
	if (talk->needs_utf8)
		str_add_str(out, " SMTPUTF8");
	if (deliver->requiretls)
		str_add_str(out, " REQUIRETLS");
	if ((features & FEATURE_DSN) == 0)
		return;
	if (deliver->dsn_ret.len > 0)
		str_addf(out, " RET=%.*s", SPAN_ARG(deliver->dsn_ret));
	if (deliver->dsn_envid.len > 0) {
		str_add_str(out, " ENVID=");
		(void) xtext_encode(out, deliver->dsn_envid);
	}
}

static void
send_mail(struct talk *talk, size_t index UNUSED)
{
	CLEANUP(str_fini) struct str params = { .max = PARAMS_MAX };

	add_mail_params(talk, &params);
	session_say(talk->s, "MAIL FROM:<%s>%s", path_text(talk, talk->d->request->deliver->sender),
	    str_cstr(&params));
	talk->is_open = true;
}

/* Everybody of this transaction who has not been settled. */
static void
fail_all(struct talk *talk, struct smtp_trouble trouble)
{
	smtp_report_trouble_all(talk->d, talk->s, &trouble);
	talk->accepted = 0;
}

static enum step
after_mail(struct talk *talk, size_t index UNUSED)
{
	if (talk->s->reply.code / 100 == 2)
		return STEP_RCPT;
	talk->mail_refused = true;
	fail_all(talk, smtp_trouble_of_reply(talk->d, talk->s, step_rows[STEP_MAIL].request));
	return STEP_RSET;
}

/* NOTIFY and ORCPT, for a server that knows them. */
static void
add_rcpt_params(struct talk *talk, const struct deliver_rcpt *rcpt, struct str *out)
{
	struct span orcpt = rcpt->dsn_orcpt;

	if ((talk->s->features & FEATURE_DSN) == 0)
		return;
	if (rcpt->dsn_notify != 0) {
		str_add_str(out, " NOTIFY=");
		(void) dsn_notify_add(out, (unsigned) rcpt->dsn_notify);
	}
	if (orcpt.len == 0 && rcpt->original.len > 0)
		orcpt = span_of(arena_printf(talk->d->arena, "%s;%.*s",
		    span_is_ascii(rcpt->original) ? "rfc822" : "utf-8",
		    SPAN_ARG(addr_external(talk->d->arena, addr_from_internal(rcpt->original)))));
	if (orcpt.len > 0) {
		str_add_str(out, " ORCPT=");
		(void) dsn_orcpt_encode(out, orcpt);
	}
}

static void
send_rcpt(struct talk *talk, size_t index)
{
	const struct deliver_rcpt *rcpt = &talk->d->request->recipients[talk->rcpts[index]];
	CLEANUP(str_fini) struct str params = { .max = PARAMS_MAX };

	add_rcpt_params(talk, rcpt, &params);
	session_say(talk->s, "RCPT TO:<%s>%s", path_text(talk, rcpt->address), str_cstr(&params));
}

static enum step
after_rcpt(struct talk *talk, size_t index)
{
	size_t number = talk->rcpts[index];
	struct smtp_trouble trouble;

	if (talk->mail_refused)
		return STEP_RCPT;
	if (talk->s->reply.code / 100 == 2) {
		if (talk->d->request->deliver->is_verify) {
			smtp_report_sent(talk->d, talk->s, number);
		} else {
			talk->d->states[number] = RCPT_ACCEPTED;
			talk->accepted++;
		}
		return STEP_RCPT;
	}
	trouble = smtp_trouble_of_reply(talk->d, talk->s, step_rows[STEP_RCPT].request);
	smtp_report_trouble(talk->d, talk->s, number, &trouble);
	return STEP_RCPT;
}

static void
send_data(struct talk *talk, size_t index UNUSED)
{
	session_say(talk->s, "DATA");
}

static enum step
after_data(struct talk *talk, size_t index UNUSED)
{
	if (talk->s->reply.code / 100 == 3) {
		talk->data_asked = true;
		return STEP_DOT;
	}
	if (talk->accepted > 0)
		fail_all(
		    talk, smtp_trouble_of_reply(talk->d, talk->s, step_rows[STEP_DATA].request));
	return STEP_RSET;
}

static enum step
after_dot(struct talk *talk, size_t index)
{
	struct smtp_trouble trouble;

	if (talk->s->reply.code / 100 == 2) {
		smtp_report_sent(talk->d, talk->s, index);
		return STEP_READY;
	}
	trouble = smtp_trouble_of_reply(talk->d, talk->s, step_rows[STEP_DOT].request);
	smtp_report_trouble(talk->d, talk->s, index, &trouble);
	return STEP_READY;
}

static void
send_rset(struct talk *talk, size_t index UNUSED)
{
	session_say(talk->s, "RSET");
}

static enum step
after_rset(struct talk *talk, size_t index UNUSED)
{
	if (talk->s->reply.code / 100 != 2)
		talk->s->is_broken = true;
	return STEP_READY;
}

#define LIMIT(FIELD) offsetof(struct smtp_conf, FIELD)
static const struct step_row step_rows[STEP_READY] = {
	[STEP_BANNER] = { "receiving the initial server greeting", "", LIMIT(helo_timeout),
	    send_nothing, after_banner },
	[STEP_EHLO] = { "performing the EHLO handshake", "EHLO command", LIMIT(helo_timeout),
	    send_hello, after_hello },
	[STEP_HELO] = { "performing the HELO handshake", "HELO command", LIMIT(helo_timeout),
	    send_helo, after_helo },
	[STEP_LHLO] = { "performing the LHLO handshake", "LHLO command", LIMIT(lhlo_timeout),
	    send_hello, after_hello },
	[STEP_STARTTLS] = { "performing the STARTTLS handshake", "STARTTLS command",
	    LIMIT(starttls_timeout), send_starttls, after_starttls },
	[STEP_XFORWARD] = { "sending XFORWARD", "XFORWARD command", LIMIT(xforward_timeout),
	    send_xforward, after_xforward },
	[STEP_MAIL] = { "sending MAIL FROM", "MAIL FROM command", LIMIT(mail_timeout), send_mail,
	    after_mail },
	[STEP_RCPT] = { "sending RCPT TO", "RCPT TO command", LIMIT(rcpt_timeout), send_rcpt,
	    after_rcpt },
	[STEP_DATA] = { "receiving DATA status", "DATA command", LIMIT(data_init_timeout),
	    send_data, after_data },
	[STEP_DOT] = { "sending end of data -- message may be sent more than once",
	    "end of DATA command", LIMIT(data_done_timeout), send_nothing, after_dot },
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
	return talk->count + (talk->d->request->deliver->is_verify ? 1 : 2);
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

/* Send as many commands as the server may be sent. */
static void
send_ahead(struct talk *talk)
{
	size_t ahead = talk->s->features & FEATURE_PIPELINING ? WINDOW : 1;

	while (talk->plan_out < plan_length(talk) && talk->plan_out - talk->plan_in < ahead &&
	    is_worth_sending(talk)) {
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

		if (talk->plan_out == talk->plan_in || talk->plan_out - talk->plan_in < WINDOW / 2)
			send_ahead(talk);
		if (talk->plan_out == talk->plan_in)
			return SESSION_REPLIED;
		step = plan_step(talk, talk->plan_in);
		session_set_timeout(talk->s, step_limit(talk, step));
		result = session_hear(talk->s);
		if (result != SESSION_REPLIED)
			return result;
		if (step == STEP_MAIL && talk->s->reply.code == 421 && talk->s->uses > 1)
			return SESSION_LOST; /* it has had enough of us since the last message */
		(void) step_rows[step].reply(talk, talk->plan_in - 1);
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
	session_set_timeout(talk->s, step_limit(talk, STEP_DOT));
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
		if (talk->d->states[talk->rcpts[i]] != RCPT_ACCEPTED)
			continue;
		if (!has_reply || talk->d->client->is_lmtp) {
			session_set_timeout(talk->s, step_limit(talk, STEP_DOT));
			result = session_hear(talk->s);
			if (result != SESSION_REPLIED) {
				fail_connection(talk, result, STEP_DOT);
				return;
			}
			has_reply = true;
		}
		(void) after_dot(talk, talk->rcpts[i]);
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

/* What the server cannot do. returns false when the message cannot be sent here; it is reported. */
static bool
check_abilities(struct talk *talk)
{
	const struct deliver *deliver = talk->d->request->deliver;
	const struct client_session *s = talk->s;
	struct smtp_trouble trouble = { .class = ERR_PERM, .diagnostic = "", .remote_mta = "" };

	talk->needs_8bit = deliver->has_8bit_body || deliver->has_8bit_header ||
	    span_eq_str_ci(deliver->encoding, "8bit");
	talk->needs_utf8 = deliver->smtputf8 && !is_all_ascii(talk);
	if (talk->needs_utf8 && (s->features & FEATURE_SMTPUTF8) == 0) {
		trouble.dsn = "5.6.7";
		trouble.text = arena_printf(talk->d->arena,
		    "SMTPUTF8 is required, but was not offered by host %s", s->label);
	} else if (deliver->is_binary) {
		trouble.dsn = "5.6.3";
		trouble.text = "binary content cannot be sent by this mail system";
	} else if (s->size_limit > 0 && deliver->size_crlf > 0 &&
	    (uint64_t) deliver->size_crlf > s->size_limit) {
		trouble.dsn = "5.3.4";
		trouble.text = arena_printf(talk->d->arena,
		    "message size %lld exceeds size limit %llu of server %s",
		    (long long) deliver->size_crlf, (unsigned long long) s->size_limit, s->label);
	} else if (deliver->requiretls &&
	    (s->tls == NULL || (s->features & FEATURE_REQUIRETLS) == 0)) {
		trouble.dsn = "5.7.30";
		trouble.text = arena_printf(talk->d->arena,
		    "REQUIRETLS is required, but was not offered by host %s", s->label);
	} else {
		return true;
	}
	smtp_report_trouble_all(talk->d, s, &trouble);
	return false;
}

/* The recipients of this transaction. */
static void
gather(struct talk *talk)
{
	const struct agent_request *request = talk->d->request;

	talk->rcpts = ARENA_ARRAY(talk->d->arena, size_t, request->count);
	for (size_t i = 0; i < request->count; i++)
		if (talk->d->states[i] != RCPT_REPORTED)
			talk->rcpts[talk->count++] = i;
}

/* Leave no transaction open. */
static void
reset_server(struct talk *talk)
{
	session_set_timeout(talk->s, step_limit(talk, STEP_RSET));
	send_rset(talk, 0);
	if (session_hear(talk->s) == SESSION_REPLIED)
		(void) after_rset(talk, 0);
}

bool
smtp_transact(struct smtp_delivery *d, struct client_session *s)
{
	struct talk talk = { .d = d, .s = s };
	enum session_result result;

	s->uses++;
	gather(&talk);
	if (!check_abilities(&talk))
		return true;
	result = run_plan(&talk);
	if (result == SESSION_LOST && talk.plan_in == 0 && s->uses > 1)
		return false;
	if (result != SESSION_REPLIED)
		fail_connection(&talk, result, plan_step(&talk, talk.plan_in));
	else if (talk.data_asked && talk.accepted > 0)
		send_content(&talk);
	else if (talk.data_asked)
		send_empty(&talk);
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
		session_say(s, "QUIT");
		if (s->client->conf->skip_quit_response ? stream_flush(s->stream) != STREAM_OK
							: session_hear(s) != SESSION_REPLIED)
			log_debug("%s: no answer to QUIT", s->relay);
	}
	session_free(session);
}

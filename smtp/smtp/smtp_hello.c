/* SPDX-License-Identifier: ISC */
/*
 * The handshake, as a table of steps: what each is called in logs, its time limit, what is sent, and
 * which step its reply leads to. It ends when the server is ready for MAIL, or with the reason why not.
 */
#include "smtp/smtp/smtp_hello.h"

#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtp/smtp/smtp_pix.h"
#include "smtp/smtp/smtp_tls.h"
#include "smtp/smtp/smtp_xforward.h"

enum step {
	STEP_BANNER,
	STEP_EHLO,
	STEP_HELO,
	STEP_LHLO,
	STEP_STARTTLS,
	STEP_XFORWARD,
	STEP_READY,
	STEP_FAILED
};

struct handshake {
	struct smtp_delivery *d;
	struct client_session *s;
	struct smtp_trouble *trouble;
};

struct step_row {
	const char *doing; /* "lost connection with H[A] while ..." */
	size_t limit;      /* its timeout in struct smtp_conf */
	void (*send)(struct handshake *hello);
	enum step (*reply)(struct handshake *hello);
};

static enum step
refuse(struct handshake *hello, struct smtp_trouble trouble)
{
	*hello->trouble = trouble;
	return STEP_FAILED;
}

/* A server that does not want us at all. */
static enum step
refused_to_talk(struct handshake *hello)
{
	struct smtp_trouble trouble = smtp_trouble_of_reply(hello->d, hello->s, "");

	trouble.text = arena_printf(hello->d->arena, "host %s refused to talk to me: %s",
	    hello->s->label, trouble.diagnostic + strlen("smtp; "));
	return refuse(hello, trouble);
}

/* With skip_5xx_greeting the next server may be of another mind, and so may this one. */
static enum step
refused_greeting(struct handshake *hello)
{
	enum step refusal = refused_to_talk(hello);

	if (hello->d->client->conf->skip_5xx_greeting && hello->trouble->class == ERR_PERM) {
		hello->trouble->class = ERR_TEMP;
		hello->trouble->dsn =
		    arena_printf(hello->d->arena, "4%s", hello->trouble->dsn + 1);
	}
	return refusal;
}

/* The server calls itself by our name, where that means a loop. */
static bool
is_named_like_us(const struct client_session *s)
{
	struct span text = span_from(str_span(&s->reply.text), 4), word;

	return s->port == 25 && !s->client->is_lmtp && span_token(&text, " \t\n", &word) &&
	    span_eq_str_ci(word, s->client->mail->myhostname);
}

/* We are talking to ourselves. Of a server that is not the best MX host that may be a passing state. */
static enum step
refuse_loop(struct handshake *hello)
{
	const struct client_session *s = hello->s;

	log_warn("host %s replied to HELO/EHLO with my own hostname %s", s->relay,
	    s->client->mail->myhostname);
	return refuse(hello,
	    (struct smtp_trouble){ .class = s->is_best_mx ? ERR_PERM : ERR_TEMP,
		.dsn = s->is_best_mx ? "5.4.6" : "4.4.6",
		.diagnostic = "",
		.remote_mta = "",
		.text = arena_printf(
		    hello->d->arena, "mail for %s loops back to myself", s->destination) });
}

static void
send_nothing(struct handshake *hello UNUSED)
{
}

static enum step
after_banner(struct handshake *hello)
{
	const struct smtp_client *client = hello->d->client;
	struct client_session *s = hello->s;
	struct span text = span_from(str_span(&s->reply.text), 4), word;
	bool is_esmtp = false;

	if (s->reply.code / 100 != 2)
		return refused_greeting(hello);
	if (is_named_like_us(s))
		log_warn("host %s greeted me with my own hostname %s", s->relay,
		    client->mail->myhostname);
	while (span_token(&text, " \t\n", &word))
		is_esmtp = is_esmtp || span_eq_str_ci(word, "ESMTP");
	smtp_pix_look(s, hello->d->request->deliver->queue_id);
	if (client->is_lmtp)
		return STEP_LHLO;
	return !client->conf->never_send_ehlo && !s->pix.disable_esmtp &&
		(is_esmtp || client->conf->always_send_ehlo)
	    ? STEP_EHLO
	    : STEP_HELO;
}

static void
send_hello(struct handshake *hello)
{
	(void) session_say(hello->s, "%s %s", hello->d->client->is_lmtp ? "LHLO" : "EHLO",
	    smtp_own_name(hello->d->client));
}

static void
send_helo(struct handshake *hello)
{
	(void) session_say(hello->s, "HELO %s", smtp_own_name(hello->d->client));
}

static enum step
tls_trouble(struct handshake *hello, const char *dsn, const char *text)
{
	return refuse(hello,
	    (struct smtp_trouble){
		.class = ERR_TEMP, .dsn = dsn, .text = text, .diagnostic = "", .remote_mta = "" });
}

/* TLS is demanded and not offered. The sender of mail with REQUIRETLS is told so at once (RFC 8689 4.2.1). */
static enum step
lacks_tls(struct handshake *hello)
{
	bool is_perm = hello->s->is_tls_required;

	return refuse(hello,
	    (struct smtp_trouble){ .class = is_perm ? ERR_PERM : ERR_TEMP,
		.is_of_server = is_perm,
		.dsn = is_perm ? "5.7.30" : "4.7.4",
		.text = arena_printf(hello->d->arena,
		    "TLS is required, but was not offered by host %s", hello->s->label),
		.diagnostic = "",
		.remote_mta = "" });
}

/* Whether to send STARTTLS now, and whether to go on without. */
static enum step
after_features(struct handshake *hello)
{
	struct client_session *s = hello->s;
	bool is_demanded = s->policy.level > TLS_LEVEL_MAY,
	     is_offered = (s->features & FEATURE_STARTTLS) != 0;

	if (s->tls == NULL && s->policy.level != TLS_LEVEL_NONE && is_offered && s->may_use_tls &&
	    (s->client->tls != NULL || is_demanded))
		return STEP_STARTTLS;
	if (s->tls == NULL && is_demanded)
		return lacks_tls(hello);
	if (s->tls != NULL && s->client->tls_conf->block_early_mail_reply &&
	    stream_peek(s->stream).len > 0)
		return tls_trouble(hello, "4.7.0",
		    arena_printf(hello->d->arena,
			"host %s answered MAIL FROM before it was sent: the session may be forged",
			s->label));
	if (s->tls == NULL && is_offered && s->client->tls_conf->note_starttls_offer)
		log_info("Host offered STARTTLS: [%s]", s->host);
	return s->client->conf->send_xforward_command && (s->features & FEATURE_XFORWARD)
	    ? STEP_XFORWARD
	    : STEP_READY;
}

static enum step
after_hello(struct handshake *hello)
{
	const struct client_session *s = hello->s;

	if (s->reply.code / 100 == 2 && is_named_like_us(s))
		return refuse_loop(hello);
	if (s->reply.code / 100 == 2) {
		smtp_xforward_take_offer(hello->s);
		return session_take_features(hello->s)
		    ? after_features(hello)
		    : refuse(hello, smtp_trouble_of_tables(hello->d, s));
	}
	if (!hello->d->client->is_lmtp && s->reply.code != 421)
		return STEP_HELO;
	return refused_to_talk(hello);
}

static enum step
after_helo(struct handshake *hello)
{
	if (hello->s->reply.code / 100 != 2)
		return refused_to_talk(hello);
	if (is_named_like_us(hello->s))
		return refuse_loop(hello);
	hello->s->features = 0;
	return after_features(hello);
}

static void
send_starttls(struct handshake *hello)
{
	(void) session_say(hello->s, "STARTTLS");
}

/* The handshake itself, or why it is not to be. */
static enum step
enter_tls(struct handshake *hello)
{
	struct client_session *s = hello->s;
	struct err err = { 0 };

	session_set_timeout(s, s->client->conf->starttls_timeout);
	if (s->client->tls == NULL)
		return tls_trouble(
		    hello, "4.7.5", "TLS is required, but our TLS engine is unavailable");
	if (smtp_tls_start(s, &err))
		return hello->d->client->is_lmtp ? STEP_LHLO : STEP_EHLO;
	s->is_broken = true;
	if (s->tls != NULL)
		return tls_trouble(hello, "4.7.5", "Server certificate not verified");
	s->tls_failed = s->policy.level == TLS_LEVEL_MAY;
	log_info("SSL_connect error to %s: %s", s->relay, err.text);
	return tls_trouble(hello, "4.7.5", "Cannot start TLS: handshake failure");
}

/* A server that offers TLS, and then does not want it. */
static enum step
refused_tls(struct handshake *hello)
{
	struct smtp_trouble trouble = smtp_trouble_of_reply(hello->d, hello->s, "");

	trouble.text =
	    arena_printf(hello->d->arena, "TLS is required, but host %s refused to start TLS: %s",
		hello->s->label, trouble.diagnostic + strlen("smtp; "));
	return refuse(hello, trouble);
}

static enum step
after_starttls(struct handshake *hello)
{
	struct client_session *s = hello->s;

	if (s->reply.code / 100 == 2)
		return enter_tls(hello);
	if (s->policy.level > TLS_LEVEL_MAY)
		return refused_tls(hello);
	s->features &= ~(unsigned) FEATURE_STARTTLS;
	return after_features(hello);
}

static void
send_xforward(struct handshake *hello)
{
	smtp_xforward_say(hello->s, hello->d->request->deliver);
}

/* It is information only: a refusal changes nothing. */
static enum step
after_xforward(struct handshake *hello UNUSED)
{
	return STEP_READY;
}

#define LIMIT(FIELD) offsetof(struct smtp_conf, FIELD)
static const struct step_row step_rows[STEP_READY] = {
	[STEP_BANNER] = { "receiving the initial server greeting", LIMIT(helo_timeout),
	    send_nothing, after_banner },
	[STEP_EHLO] = { "performing the EHLO handshake", LIMIT(helo_timeout), send_hello,
	    after_hello },
	[STEP_HELO] = { "performing the HELO handshake", LIMIT(helo_timeout), send_helo,
	    after_helo },
	[STEP_LHLO] = { "performing the LHLO handshake", LIMIT(lhlo_timeout), send_hello,
	    after_hello },
	[STEP_STARTTLS] = { "receiving the STARTTLS response", LIMIT(starttls_timeout),
	    send_starttls, after_starttls },
	[STEP_XFORWARD] = { "sending XFORWARD", LIMIT(xforward_timeout), send_xforward,
	    after_xforward },
};

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
	struct handshake hello = { .d = d, .s = s, .trouble = trouble_out };
	enum step step = STEP_BANNER;
	enum session_result result;

	if (d->client->tls_conf->wrappermode && (step = enter_tls(&hello)) != STEP_FAILED)
		step = STEP_BANNER;
	while (step != STEP_READY && step != STEP_FAILED) {
		const struct step_row *row = &step_rows[step];

		session_set_limit(s, row->limit);
		row->send(&hello);
		result = session_hear(s);
		if (result == SESSION_REPLIED)
			step = row->reply(&hello);
		else
			step = refuse(&hello, smtp_trouble_of_connection(d, s, result, row->doing));
	}
	note_tls(s);
	s->ready_us = clock_wall_us();
	return step == STEP_READY;
}

/* SPDX-License-Identifier: ISC */
/* AUTH (RFC 4954). Challenges and responses pass through in base64, as they are. */
#include "lib/net/auth_client.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_sasl.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { AUTH_ARENA = 256 * 1024, AUTH_LOGGED_MAX = 100, AUTH_STEPS_MAX = 20 };

static bool
auth_is_in_order(struct session *s)
{
	if (s->smtpd->conf->helo_required && span_is_empty(s->helo))
		reply_send(s, "503 5.5.1 Error: send HELO/EHLO first");
	else if (!sasl_is_offered(s))
		reply_send(s, "503 5.5.1 Error: authentication not enabled");
	else if (s->mail.is_open)
		reply_send(s, "503 5.5.1 Error: MAIL transaction in progress");
	else if (s->smtpd->conf->tls_auth_only && s->tls == NULL)
		reply_send(s, "504 5.5.4 Encryption required for requested authentication mechanism");
	else if (s->login.user.len > 0)
		reply_send(s, "503 5.5.1 Error: already authenticated");
	else
		return true;
	return false;
}

/* "MECHANISM [initial response]", where "=" is an empty response. */
static bool
auth_parse(struct span args, struct auth_begin *begin)
{
	struct span extra;

	if (!span_token(&args, " \t", &begin->mechanism) || begin->mechanism.len > 40)
		return false;
	begin->has_response = span_token(&args, " \t", &begin->response);
	if (span_eq_str(begin->response, "="))
		begin->response = SPAN("");
	return !span_token(&args, " \t", &extra);
}

static void
auth_add_facts(const struct session *s, struct auth_begin *begin)
{
	begin->service = span_of(s->smtpd->sasl->service);
	begin->realm = span_of(s->smtpd->sasl->local_domain);
	begin->client_address = s->client.address;
	begin->client_port = s->client.port;
	begin->server_address = s->client.server_address;
	begin->server_port = s->client.server_port;
	begin->is_secured = s->tls != NULL;
	if (s->tls == NULL)
		return;
	begin->server_name = span_of(s->tls->sni);
	begin->tls_exporter = span_of(s->tls->exporter);
	begin->tls_unique = span_of(s->tls->unique);
	if (s->tls->is_peer_trusted)
		begin->certificate_user = span_of(s->tls->peer_subject);
}

static void
auth_log_failure(struct session *s, struct span mechanism, const char *what, struct span user)
{
	log_warn("%.*s: SASL %.*s authentication %s, sasl_username=%.*s", SPAN_ARG(s->client.id),
	    SPAN_ARG(mechanism), what,
	    SPAN_ARG(user.len > 0 ? span_slice(user, 0, AUTH_LOGGED_MAX) : SPAN("(unavailable)")));
}

/* Say a challenge and read the answer. returns false when there is none: the client has been told */
static bool
auth_ask_client(
    struct session *s, struct span mechanism, struct span challenge, struct span *response_out)
{
	enum stream_result result;

	reply_send_text(
	    s, span_of(arena_printf(s->scratch, "334 %.*s", SPAN_ARG(challenge))));
	session_flush(s);
	session_set_deadline(s);
	result = s->hang_up ? STREAM_EOF
			    : stream_read_line(s->stream, (size_t) s->smtpd->sasl->response_limit,
				  response_out, NULL);
	if (result == STREAM_LONG)
		reply_send(s, "500 5.5.6 SASL response limit exceeded");
	if (result == STREAM_TIMEOUT)
		reply_send(s, "421 4.4.2 %s Error: timeout exceeded", s->smtpd->mail->myhostname);
	session_note_end(s, result);
	if (result == STREAM_OK && span_has_nul(*response_out)) {
		reply_send(s, "501 5.5.2 Error: malformed authentication response");
		return false;
	}
	if (result != STREAM_OK || !span_eq_str(*response_out, "*"))
		return result == STREAM_OK;
	auth_log_failure(s, mechanism, "aborted", (struct span){ 0 });
	reply_send(s, "501 5.7.0 Authentication aborted");
	return false;
}

/* What authd said at the end. */
static bool
auth_finish(struct session *s, struct span mechanism, const struct auth_done *done)
{
	struct span reason = done->verdict == AUTH_REFUSED ? done->reason : SPAN("(reason unavailable)"), none;

	if (done->verdict == AUTH_YES) {
		if (done->has_final && !auth_ask_client(s, mechanism, done->final, &none))
			return false;
		sasl_set_login(s, mechanism, done->user);
		reply_send(s, "235 2.7.0 Authentication successful");
		return true;
	}
	auth_log_failure(s, mechanism,
	    arena_printf(s->scratch, "failed: %.*s", SPAN_ARG(done->reason)), done->user);
	if (done->verdict == AUTH_LATER)
		reply_send(s, "454 4.7.0 Temporary authentication failure: %.*s", SPAN_ARG(done->reason));
	else
		reply_send(s, "535 5.7.8 Error: authentication failed: %.*s", SPAN_ARG(reason));
	return false;
}

static bool
auth_fail(struct session *s, const struct err *err)
{
	log_warn_err("SASL authentication", err);
	reply_send(s, "454 4.7.0 Temporary authentication failure: Connection lost to authentication server");
	return false;
}

/* What was not offered is refused: a client need not look at the list. */
static bool
auth_is_allowed(struct session *s, struct span mechanism)
{
	static const char why[] = "Invalid authentication mechanism";
	struct err err = { 0 };
	const struct msg_list *all = auth_client_mechanisms(&s->smtpd->auth, &err);

	if (all == NULL)
		return auth_fail(s, &err);
	if (sasl_has_mechanism(s, all, mechanism))
		return true;
	auth_log_failure(s, mechanism, arena_printf(s->scratch, "failed: %s", why), (struct span){ 0 });
	reply_send(s, "535 5.7.8 Error: authentication failed: %s", why);
	return false;
}

/* The exchange, from the client's first words to the end. */
static bool
auth_run(struct session *s, struct auth_begin *begin, struct arena *arena)
{
	struct auth_client *auth = &s->smtpd->auth;
	struct auth_answer answer;
	struct err err = { 0 };

	log_flush();
	if (!auth_client_begin(auth, begin, arena, &answer, &err))
		return auth_fail(s, &err);
	for (int i = 0; answer.is_challenge; i++) {
		struct span response;

		if (i == AUTH_STEPS_MAX || arena_is_over(arena)) {
			auth_client_cancel(auth);
			(void) err_temp(&err, "authd asks too much");
			return auth_fail(s, &err);
		}
		if (!auth_ask_client(s, begin->mechanism, answer.challenge, &response)) {
			auth_client_cancel(auth);
			return false;
		}
		if (!auth_client_continue(auth, response, arena, &answer, &err))
			return auth_fail(s, &err);
	}
	return auth_finish(s, begin->mechanism, &answer.done);
}

bool
smtpd_cmd_auth(struct session *s, struct span args)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("AUTH", AUTH_ARENA);
	struct auth_begin begin = { 0 };

	if (!limits_auth(s) || !auth_is_in_order(s))
		return false;
	if (!auth_parse(args, &begin)) {
		reply_send(s, "501 5.5.4 Syntax: AUTH mechanism");
		return false;
	}
	if (!auth_is_allowed(s, begin.mechanism))
		return false;
	auth_add_facts(s, &begin);
	return auth_run(s, &begin, arena);
}

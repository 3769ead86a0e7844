/* SPDX-License-Identifier: ISC */
/*
 * One client from greeting to end: reading commands, dispatching them, and the limits that hold
 * whatever the command is. Output is kept until input must be waited for, so the replies to
 * pipelined commands leave in one write; log lines of a turn leave together.
 */
#include "smtpd/smtpd/smtpd_session.h"
#include "lib/base/encode.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_log.h"
#include "smtpd/smtpd/smtpd_mail.h"
#include "smtpd/smtpd/smtpd_notice.h"
#include "smtpd/smtpd/smtpd_peer.h"
#include "smtpd/smtpd/smtpd_proxy.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_tls.h"

enum {
	SESSION_ARENA = 64 * 1024,
	SESSION_MAIL_ARENA = 4 * 1024 * 1024,
	SESSION_SCRATCH = 1024 * 1024,
	SESSION_REPLY_MAX = 16 * 1024,
	SESSION_CHAT_MAX = 64 * 1024,
};

static void
session_init(struct session *s, struct smtpd *smtpd, int fd)
{
	*s = (struct session){ .smtpd = smtpd, .where = "CONNECT", .protocol = "SMTP" };
	s->stream = stream_new(fd, "client");
	s->arena = arena_new("smtpd session", SESSION_ARENA);
	s->mail_arena = arena_new("smtpd transaction", SESSION_MAIL_ARENA);
	s->scratch = arena_new("smtpd command", SESSION_SCRATCH);
	s->ehlo_discard = smtpd->ehlo_discard;
	str_init(&s->reply, SESSION_REPLY_MAX);
	str_init(&s->chat.text, SESSION_CHAT_MAX);
	str_init(&s->mail.prepend, MAIL_PREPEND_MAX);
	restrict_state_init(&s->restrict_state);
}

static void
session_fini(struct session *s)
{
	session_reset_mail(s);
	str_fini(&s->mail.prepend);
	str_fini(&s->reply);
	str_fini(&s->chat.text);
	restrict_state_fini(&s->restrict_state);
	stream_free(&s->stream);
	arena_free(&s->scratch);
	arena_free(&s->mail_arena);
	arena_free(&s->arena);
}

void
session_reset_mail(struct session *s)
{
	struct str prepend = s->mail.prepend;

	if (s->mail.has_cleanup)
		mail_withdraw(s);
	notice_forget(s);
	str_clear(&prepend);
	s->mail = (struct session_mail){ .prepend = prepend };
	arena_clear(s->mail_arena);
	restrict_state_clear(&s->restrict_state);
}

bool
session_name_message(struct session *s)
{
	struct err err = { 0 };

	if (s->mail.queue_id.len > 0)
		return true;
	if (!mail_reach(s, &err)) {
		log_warn_err("cleanup", &err);
		reply_send(s, "451 4.3.0 Error: queue file write error");
		return false;
	}
	session_log_client(s);
	return true;
}

void
session_reset_helo(struct session *s)
{
	s->helo = span_make(NULL, 0);
	s->protocol = "SMTP";
}

void
session_name_client(struct session *s)
{
	struct session_client *c = &s->client;
	bool with_port = s->smtpd->conf->client_port_logging;

	c->id = span_of(
	    arena_printf(s->arena, "%.*s[%.*s]%s%.*s", SPAN_ARG(c->name), SPAN_ARG(c->address),
		with_port ? ":" : "", SPAN_ARG(with_port ? c->port : span_make(NULL, 0))));
}

void
session_set_deadline(struct session *s)
{
	if (s->smtpd->program != NULL)
		(void) service_should_end(s->smtpd->program);
	stream_set_deadline(s->stream, clock_deadline(s->smtpd->conf->timeout.us));
}

void
session_flush(struct session *s)
{
	log_flush();
	session_note_end(s, stream_flush(s->stream));
}

void
session_note_end(struct session *s, enum stream_result result)
{
	if (s->end != SESSION_END_NONE || result == STREAM_OK || result == STREAM_LONG)
		return;
	s->end = result == STREAM_TIMEOUT ? SESSION_END_TIMEOUT : SESSION_END_LOST;
	s->hang_up = true;
}

/* A line that ends in LF alone. returns false when the client is to go */
static bool
session_take_bare_newline(struct session *s)
{
	s->saw_bare_newline = true;
	if (s->smtpd->bare_newline != BARE_NEWLINE_REJECT || !s->forbids_bare_newline)
		return true;
	session_log_action(s, "reject", s->where, SPAN("bare <LF> received"));
	reply_send(s, "%d 5.5.2 %s Error: bare <LF> received",
	    s->smtpd->conf->forbid_bare_newline_reject_code, s->smtpd->mail->myhostname);
	s->hang_up = true;
	return false;
}

/*
 * The next command line. returns false when there is none to be served: the session ends, or it
 * was refused
 */
static bool
session_read(struct session *s, struct span *line_out)
{
	enum stream_result result;
	bool is_crlf = true;

	if (span_is_empty(stream_peek(s->stream)))
		log_flush();
	session_set_deadline(s);
	result = stream_read_line(
	    s->stream, (size_t) s->smtpd->mail->line_length_limit, line_out, &is_crlf);
	log_hold();
	if (result == STREAM_LONG) {
		log_warn("%.*s: request longer than %d: %.*s...", SPAN_ARG(s->client.id),
		    s->smtpd->mail->line_length_limit, SPAN_ARG(span_slice(*line_out, 0, 30)));
		reply_send(s, "500 5.5.2 Error: command too long");
		s->errors++;
		return false;
	}
	if (result == STREAM_TIMEOUT)
		reply_send(s, "421 4.4.2 %s Error: timeout exceeded", s->smtpd->mail->myhostname);
	session_note_end(s, result);
	if (result != STREAM_OK)
		return false;
	return is_crlf || session_take_bare_newline(s);
}

/* A table may change what the client said, for clients that cannot be mended. */
static struct span
session_filter_command(struct session *s, struct span line)
{
	struct str changed;
	struct err err = { 0 };

	if (maps_is_empty(s->smtpd->command_filter))
		return line;
	str_init(&changed, SESSION_REPLY_MAX);
	switch (maps_get(s->smtpd->command_filter, line, 0, &changed, &err)) {
	case LOOKUP_FOUND:
		log_info("%.*s: replacing command \"%.*s\" with \"%s\"", SPAN_ARG(s->client.id),
		    SPAN_ARG(span_slice(line, 0, 100)), str_cstr(&changed));
		line = arena_dup(s->scratch, str_span(&changed));
		break;
	case LOOKUP_NONE:
		break;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		log_warn_err("smtpd_command_filter", &err);
		break;
	}
	str_fini(&changed);
	return line;
}

/* "Subject: x" where a command should be: a browser or a proxy that was made to talk to us. */
static bool
session_is_header(struct span verb)
{
	size_t colon = span_find(verb, ':');

	return colon > 0 && colon < verb.len;
}

static bool
session_is_listed(struct match_list *list, struct span verb)
{
	struct err err = { 0 };

	return match_list_has(list, verb, span_make(NULL, 0), &err) == LOOKUP_FOUND;
}

static void
session_refuse_stranger(struct session *s, struct span line)
{
	log_warn("non-SMTP command from %.*s: %.*s", SPAN_ARG(s->client.id),
	    SPAN_ARG(span_slice(line, 0, 100)));
	reply_send(s, "221 2.7.0 Error: I can break rules, too. Goodbye.");
	s->hang_up = true;
}

/* What the client sent ahead, for the log. */
static void
session_log_pipelining(struct session *s, const char *name)
{
	struct span ahead = span_slice(stream_peek(s->stream), 0, 100);
	struct str text;

	str_init(&text, 500);
	for (size_t i = 0; i < ahead.len; i++) {
		if (ahead.p[i] == '\r')
			str_add(&text, SPAN("\\r"));
		else if (ahead.p[i] == '\n')
			str_add(&text, SPAN("\\n"));
		else if (ascii_is_print(ahead.p[i]))
			str_add_char(&text, ahead.p[i]);
		else
			str_addf(&text, "\\%03o", (unsigned) (unsigned char) ahead.p[i]);
	}
	log_info("improper command pipelining after %s from %.*s: %s", name, SPAN_ARG(s->client.id),
	    str_cstr(&text));
	str_fini(&text);
}

/* Bytes wait in the socket; the end of the connection does not count. */
static bool
session_look_ahead(struct session *s)
{
	if (!stream_has_input(s->stream))
		return false;
	session_note_end(s, stream_fill(s->stream));
	return !span_is_empty(stream_peek(s->stream));
}

/*
 * RFC 2920: some commands end a group; and who did not say EHLO was not offered pipelining at all.
 */
static bool
session_allows_pipelining(struct session *s, const struct smtpd_cmd *cmd)
{
	bool is_last = (cmd->flags & CMD_LAST) != 0;
	bool is_esmtp = strcmp(s->protocol, "ESMTP") == 0;

	if (s->has_pipelined || (is_esmtp && !is_last) || cmd->run == smtpd_cmd_bdat)
		return true;
	if (span_is_empty(stream_peek(s->stream)) && !(is_last && session_look_ahead(s)))
		return true;
	s->has_pipelined = true;
	session_log_pipelining(s, cmd->name);
	if (!s->smtpd->conf->forbid_unauth_pipelining)
		return true;
	reply_send(s, "554 5.5.0 Error: SMTP protocol synchronization");
	s->hang_up = true;
	return false;
}

/* What must hold before any command is run. returns false when the command has been answered */
static bool
session_may_run(struct session *s, enum smtpd_cmd_index index, struct span verb, struct span line)
{
	const struct smtpd_cmd *cmd = &smtpd_cmds[index];

	if (index == SMTPD_CMD_UNKNOWN &&
	    (session_is_header(verb) || session_is_listed(s->smtpd->forbidden_commands, verb))) {
		session_refuse_stranger(s, line);
		return false;
	}
	if (!session_allows_pipelining(s, cmd))
		return false;
	if (s->certificate_fault != NULL)
		reply_send(s, "421 4.7.1 %s Error: %s", s->smtpd->mail->myhostname,
		    s->certificate_fault);
	else if (s->is_denied && index != SMTPD_CMD_QUIT)
		reply_send(s, "503 5.7.0 Error: access denied for %.*s", SPAN_ARG(s->client.id));
	else if (index == SMTPD_CMD_UNKNOWN)
		reply_send(s, "500 5.5.2 Error: command not recognized");
	else if (s->smtpd->demands_tls && s->tls == NULL && (cmd->flags & CMD_PRE_TLS) == 0)
		reply_send(s, "530 5.7.0 Must issue a STARTTLS command first");
	else
		return true;
	s->errors++;
	return false;
}

static void
session_run(struct session *s, struct span line)
{
	size_t end = span_find_any(line, " \t");
	struct span verb = span_slice(line, 0, end);
	enum smtpd_cmd_index index = smtpd_cmd_find(verb);
	const struct smtpd_cmd *cmd = &smtpd_cmds[index];

	s->counts[index].total++;
	s->where = cmd->name;
	if (!session_may_run(s, index, verb, line))
		return;
	if (cmd->run(s, span_trim_set(span_from(line, end), " \t")))
		s->counts[index].good++;
	else
		s->errors++;
	if ((cmd->flags & CMD_JUNK) != 0 && (int) s->junk++ > s->smtpd->conf->junk_command_limit)
		s->errors++;
}

/* One command line, whatever is in it. */
static void
session_serve_line(struct session *s, struct span line)
{
	notice_note_command(s, line);
	line = span_trim_set(session_filter_command(s, line), " \t");
	if (span_is_empty(line) || span_has_nul(line)) {
		reply_send(s, "500 5.5.2 Error: bad syntax");
		s->errors++;
	} else if (s->smtpd->mail->smtputf8_enable && !utf8_is_valid(line)) {
		reply_send(s, "500 5.5.2 Error: bad UTF-8 syntax");
		s->errors++;
	} else if (session_is_listed(
		       s->smtpd->noop_commands, span_slice(line, 0, span_find_any(line, " \t")))) {
		reply_send(s, "250 2.0.0 Ok");
		if ((int) s->junk++ > s->smtpd->conf->junk_command_limit)
			s->errors++;
	} else {
		session_run(s, line);
	}
}

static void
session_loop(struct session *s)
{
	struct span line;

	while (!s->hang_up) {
		if ((int) s->errors >= s->smtpd->conf->hard_error_limit) {
			s->end = SESSION_END_ERRORS;
			reply_send(
			    s, "421 4.7.0 %s Error: too many errors", s->smtpd->mail->myhostname);
			return;
		}
		if (session_read(s, &line)) {
			session_serve_line(s, arena_dup(s->scratch, line));
			arena_clear(s->scratch);
		}
	}
}

/* returns false when the client was turned away */
static bool
session_greet(struct session *s)
{
	if (!limits_connect(s))
		return false;
	if (restrict_at_connect(s) == VERDICT_REJECT) {
		s->is_denied = true;
		reply_send_text(s, str_span(&s->restrict_state.reply));
		return !s->hang_up;
	}
	reply_send(s, "220 %s", s->smtpd->conf->banner);
	return true;
}

static bool
session_meet(struct session *s, const struct session_client *client)
{
	bool is_met;

	if (client != NULL)
		s->client = *client;
	else if (!peer_learn(s))
		return false;
	is_met = proxy_meet(s);
	if (client == NULL)
		peer_resolve(s);
	session_name_client(s);
	session_log_connect(s);
	if (!is_met) {
		reply_send(s, "421 4.3.0 %s Server local error", s->smtpd->mail->myhostname);
		return false;
	}
	peer_apply_lists(s);
	return !s->smtpd->tls_conf->wrappermode || session_start_tls(s);
}

void
session_serve(struct smtpd *smtpd, int fd, const struct session_client *client)
{
	struct session s;

	session_init(&s, smtpd, fd);
	log_hold();
	session_set_deadline(&s);
	if (session_meet(&s, client) && session_greet(&s))
		session_loop(&s);
	if (s.end != SESSION_END_LOST)
		(void) !stream_flush(s.stream);
	if (s.client.id.len > 0) {
		session_log_end(&s);
		session_reset_mail(&s);
		session_log_disconnect(&s);
		notice_send(&s);
	}
	limits_disconnect(&s);
	log_flush();
	session_fini(&s);
}

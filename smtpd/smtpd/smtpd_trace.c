/* SPDX-License-Identifier: ISC */
/*
 * The trace field. Strangers' texts in it (HELO name, host name, certificate) carry no control
 * characters.
 */
#include <time.h>

#include "smtpd/smtpd/smtpd_trace.h"
#include "lib/mail/addr.h"
#include "lib/mail/received.h"
#include "lib/sys/clock.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { TRACE_MAX = 8 * 1024 };

/* RFC 3848, RFC 6531: SMTP, or ESMTP or UTF8SMTP with S for TLS and A for a login. */
static const char *
trace_protocol(const struct session *s)
{
	static const char *const names[2][2][2] = {
		{ { "ESMTP", "ESMTPA" }, { "ESMTPS", "ESMTPSA" } },
		{ { "UTF8SMTP", "UTF8SMTPA" }, { "UTF8SMTPS", "UTF8SMTPSA" } },
	};

	if (strcmp(s->protocol, "ESMTP") != 0)
		return s->protocol;
	return names[(s->mail.flags & MAIL_SMTPUTF8) != 0][s->tls != NULL][s->login.user.len > 0];
}

static const char *
trace_tls_peer(struct session *s)
{
	const struct tls_facts *tls = s->tls;

	if (tls->peer_fingerprint[0] == '\0')
		return s->asked_certificate ? "Client did not present a certificate"
					    : "No client certificate requested";
	return arena_printf(s->mail_arena, "Client CN \"%s\", Issuer \"%s\" (%s)",
	    tls->peer_subject, tls->peer_issuer,
	    tls->is_peer_trusted ? "verified OK" : "not verified");
}

static void
trace_set_tls(struct session *s, struct received *field)
{
	const struct tls_facts *tls = s->tls;

	if (tls == NULL || !s->smtpd->tls_conf->received_header ||
	    s->smtpd->conf->hide_client_session)
		return;
	field->tls_protocol = span_of(tls->protocol);
	field->tls_cipher = span_of(tls->cipher);
	field->tls_bits_used = tls->bits_used;
	field->tls_bits_all = tls->bits_possible;
	if (tls->key_exchange[0] != '\0')
		field->tls_details = span_of(arena_printf(s->mail_arena, "key-exchange %s%s%s%s%s",
		    tls->key_exchange, tls->signature[0] ? " server-signature " : "",
		    tls->signature, tls->digest[0] ? " server-digest " : "", tls->digest));
	field->tls_peer = span_of(trace_tls_peer(s));
}

static void
trace_set_time(struct session *s, struct received *field)
{
	time_t seconds = (time_t) (s->mail.arrival_us / CLOCK_SECOND_US);
	struct tm tm;

	localtime_r(&seconds, &tm);
	field->seconds = seconds;
	field->zone_minutes = (int) (tm.tm_gmtoff / 60);
	field->zone_name = arena_strdup(s->mail_arena, tm.tm_zone);
}

struct span
trace_field(struct session *s)
{
	const struct mail_conf *mail = s->smtpd->mail;
	struct received field = { .hostname = span_of(mail->myhostname),
		.mail_name = span_of(mail->mail_name),
		.protocol = span_of(trace_protocol(s)),
		.queue_id = s->mail.queue_id };
	struct str out;
	struct span text;

	if (!s->smtpd->conf->hide_client_session) {
		field.helo = s->helo.len > 0 ? s->helo : s->client.name;
		field.client_name = s->client.name;
		field.client_address = s->client.address;
	}
	if (s->mail.rcpts.count == 1)
		field.recipient = addr_external(
		    s->mail_arena, addr_from_internal(s->mail.rcpts.v[0].address));
	if (s->smtpd->sasl->authenticated_header)
		field.sasl_username = s->login.user;
	trace_set_tls(s, &field);
	trace_set_time(s, &field);
	str_init(&out, TRACE_MAX);
	received_print(&out, &field);
	text = arena_dup(s->mail_arena, str_span(&out));
	str_fini(&out);
	return text;
}

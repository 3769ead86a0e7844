/* SPDX-License-Identifier: ISC */
/* TLS as a session sees it: handshake, its log lines, and what changes by it. */
#include "smtpd/smtpd/smtpd_tls.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { TLS_LEVEL_TEXT_MAX = 100 };

/* "Anonymous", "Untrusted", "Trusted": by the client's certificate. */
static const char *
tls_peer_word(const struct tls_facts *facts)
{
	if (facts->peer_fingerprint[0] == '\0')
		return "Anonymous";
	return facts->is_peer_trusted ? "Trusted" : "Untrusted";
}

/* smtpd_tls_loglevel_maps by the client's name and address, or smtpd_tls_loglevel. */
static int
tls_loglevel(struct session *s)
{
	CLEANUP(str_fini) struct str value = { .max = TLS_LEVEL_TEXT_MAX };
	struct maps *maps = s->smtpd->tls_loglevels;
	struct err err = { 0 };
	int level = s->smtpd->tls_loglevel;
	enum lookup found;

	if (maps_is_empty(maps))
		return level;
	found = maps_get_domain(maps, s->client.name, MAPS_DOMAINS, &value, &err);
	if (found == LOOKUP_NONE)
		found = maps_get_network(maps, s->client.address, &value, &err);
	if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG ||
	    (found == LOOKUP_FOUND &&
		!tls_loglevel_parse(maps_title(maps), str_cstr(&value), &level, &err)))
		log_warn_err("TLS", &err);
	return level;
}

static void
session_log_tls(struct session *s)
{
	struct str line;

	str_init(&line, 1000);
	tls_facts_add(&line, s->tls);
	log_info("%s TLS connection %s from %.*s: %s", tls_peer_word(s->tls),
	    s->tls->is_reused ? "reused" : "established", SPAN_ARG(s->client.id), str_cstr(&line));
	str_fini(&line);
}

bool
session_start_tls(struct session *s)
{
	const struct tls_server_conf *conf = s->smtpd->tls_conf;
	struct tls_session *session;
	struct err err = { 0 };
	int loglevel;

	if (conf->wrappermode && !limits_tls_start(s))
		return false;
	s->asked_certificate = conf->ask_ccert || (s->smtpd->demands_tls && conf->req_ccert);
	loglevel = tls_loglevel(s);
	log_flush();
	stream_set_deadline(s->stream, clock_deadline(s->smtpd->conf->starttls_timeout.us));
	session = s->smtpd->tls == NULL
	    ? NULL
	    : tls_accept(s->smtpd->tls, s->stream, s->asked_certificate, loglevel, &err);
	if (session == NULL) {
		log_info("SSL_accept error from %.*s: %s", SPAN_ARG(s->client.id), err.text);
		(void) limits_tls_done(s);
		s->end = SESSION_END_LOST;
		s->hang_up = true;
		return false;
	}
	s->tls = tls_session_facts(session);
	if (loglevel > 0)
		session_log_tls(s);
	if (s->smtpd->demands_tls && conf->req_ccert && !s->tls->is_peer_trusted) {
		s->certificate_fault = s->tls->peer_fingerprint[0] == '\0'
		    ? "No client certificate presented"
		    : "Client certificate not trusted";
		log_info("NOQUEUE: abort: TLS from %.*s: %s", SPAN_ARG(s->client.id),
		    s->certificate_fault);
	}
	session_reset_mail(s);
	session_reset_helo(s);
	sasl_log_out(s);
	return limits_tls_done(s);
}

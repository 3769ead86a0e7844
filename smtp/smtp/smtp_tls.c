/* SPDX-License-Identifier: ISC */
/* TLS with a server: what is asked for by the policy, and what is checked afterwards. */
#include "smtp/smtp/smtp_tls.h"

#include "lib/base/array.h"
#include "lib/sys/log.h"

enum { FACTS_MAX = 2000 };

/* "hostname", "nexthop", "dot-nexthop" or a name: what the certificate must be for. */
static const char *
match_name(const struct client_session *s, struct span word)
{
	if (span_eq_str(word, "hostname"))
		return s->host;
	if (span_eq_str(word, "nexthop"))
		return s->destination;
	if (span_eq_str(word, "dot-nexthop"))
		return arena_printf(s->arena, ".%s", s->destination);
	return arena_cstr(s->arena, word);
}

/* The words of the policy's match, ended by NULL. */
static const char *const *
match_names(const struct client_session *s)
{
	struct span rest = span_of(s->policy.match), word;
	ARRAY(const char *) names = { 0 };

	while (span_token(&rest, ": ,\t", &word))
		*ARRAY_ADD(s->arena, &names) = match_name(s, word);
	*ARRAY_ADD(s->arena, &names) = NULL;
	return names.v;
}

/* One of the fingerprints is the certificate's or its key's. */
static bool
has_fingerprint(const struct client_session *s, const struct tls_facts *facts)
{
	struct span rest = span_of(s->policy.match), word;

	while (span_token(&rest, "| ,\t", &word))
		if (word.len > 0 &&
		    (span_eq_str_ci(word, facts->peer_fingerprint) ||
			span_eq_str_ci(word, facts->peer_pubkey_fingerprint)))
			return true;
	return false;
}

/* What the policy demands of the certificate. */
static bool
is_acceptable(const struct client_session *s, const struct tls_facts *facts)
{
	switch (s->policy.level) {
	case TLS_LEVEL_NONE:
	case TLS_LEVEL_MAY:
	case TLS_LEVEL_ENCRYPT:
		return true;
	case TLS_LEVEL_FINGERPRINT:
		return has_fingerprint(s, facts);
	case TLS_LEVEL_VERIFY:
	case TLS_LEVEL_SECURE:
		return facts->is_peer_trusted && facts->is_peer_verified;
	}
	return false;
}

static const char *
trust_word(const struct tls_facts *facts)
{
	if (facts->is_peer_verified)
		return "Verified";
	if (facts->is_peer_trusted)
		return "Trusted";
	return facts->peer_fingerprint[0] != '\0' ? "Untrusted" : "Anonymous";
}

static void
log_established(const struct client_session *s, const struct tls_facts *facts)
{
	CLEANUP(str_fini) struct str text = { .max = FACTS_MAX };

	if (s->policy.loglevel == 0)
		return;
	(void) tls_facts_add(&text, facts);
	log_info("%s TLS connection %s to %s: %s", trust_word(facts),
	    facts->is_reused ? "reused" : "established", s->relay, str_cstr(&text));
}

/* SNI: as the policy or the configuration says. */
static const char *
server_name(const struct client_session *s)
{
	const char *word = s->policy.servername != NULL ? s->policy.servername
							: s->client->tls_conf->servername;

	return word[0] == '\0' ? NULL : match_name(s, span_of(word));
}

bool
smtp_tls_start(struct client_session *s, struct err *err)
{
	bool has_names = s->policy.level >= TLS_LEVEL_VERIFY;
	const struct tls_request request = {
		.host = s->host,
		.sni = server_name(s),
		.protocols = s->policy.protocols,
		.ciphers = s->policy.ciphers,
		.exclude_ciphers = s->policy.exclude,
		.mandatory = s->policy.level > TLS_LEVEL_MAY,
		.match_names = has_names ? match_names(s) : NULL,
		.anchor_files = has_names ? s->policy.tafiles : NULL,
		.session_key = arena_printf(s->arena, "%s %s %s %s", s->relay,
		    smtp_tls_level_word(s->policy.level),
		    s->policy.match != NULL ? s->policy.match : "",
		    s->policy.tafiles != NULL ? s->policy.tafiles : ""),
		.loglevel = s->policy.loglevel,
	};
	struct tls_session *session = tls_connect(s->client->tls, s->stream, &request, err);

	if (session == NULL)
		return false;
	s->tls = tls_session_facts(session);
	log_established(s, s->tls);
	if (is_acceptable(s, s->tls))
		return true;
	log_info("certificate verification failed for %s: %s", s->relay,
	    !s->tls->is_peer_trusted && s->policy.level != TLS_LEVEL_FINGERPRINT
		? s->tls->trust_problem
		: "it is for none of the names or fingerprints wanted");
	return err_set(err, ERR_TEMP, "4.7.5", "Server certificate not verified");
}

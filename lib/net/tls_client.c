/* SPDX-License-Identifier: ISC */
/*
 * TLS for clients. The handshake never fails for a certificate's sake: facts say what was verified,
 * and whoever asked decides. Sessions are kept in this process only, by the key that the caller
 * chose, and used once.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "lib/base/map.h"
#include "lib/net/tls_client_conf.h"
#include "lib/net/tls_int.h"
#include "lib/sys/clock.h"
#include "lib/sys/service.h"

enum { TLS_SESSIONS_MAX = 200 };

struct tls_client {
	struct tls_base base;
	const struct tls_client_conf *conf;
	struct map *sessions; /* session key -> SSL_SESSION */
};

static void
tls_free_kept(void *session)
{
	SSL_SESSION_free(session);
}

/* OpenSSL has a session for later; 1: we keep the reference. */
static int
tls_keep_session(SSL *ssl, SSL_SESSION *kept)
{
	struct tls_session *session = SSL_get_app_data(ssl);
	struct map *sessions = session->client->sessions;

	if (session->session_key == NULL || map_count(sessions) >= TLS_SESSIONS_MAX)
		return 0;
	SSL_SESSION_free(map_set(sessions, span_of(session->session_key), kept));
	return 1;
}

static bool
tls_client_load(struct tls_client *client, struct err *err)
{
	const struct tls_client_conf *c = client->conf;
	struct tls_key_files files = { c->chain_files, c->cert_file, c->key_file, c->eccert_file,
		c->eckey_file };

	SSL_CTX_set_verify_depth(client->base.ctx, c->scert_verifydepth);
	SSL_CTX_set_session_cache_mode(
	    client->base.ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(client->base.ctx, tls_keep_session);
	if (SSL_CTX_dane_enable(client->base.ctx) != 1)
		return tls_error(err, "prepare DANE");
	return tls_base_load_keys(&client->base, &files, err) &&
	    tls_base_load_trust(&client->base, c->CAfile, c->CApath, err) &&
	    tls_base_set_groups(&client->base, "auto", err) &&
	    tls_base_set_digest(&client->base, c->fingerprint_digest, err);
}

struct tls_client *
tls_client_new(const struct tls_client_conf *conf, struct program *program, struct err *err)
{
	struct tls_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		abort();
	client->conf = conf;
	client->sessions = map_new();
	if (!tls_base_init(&client->base, TLS_client_method(), program, err) ||
	    !tls_client_load(client, err))
		tls_client_free(&client);
	return client;
}

void
tls_client_free(struct tls_client **client)
{
	if (*client == NULL)
		return;
	map_free(&(*client)->sessions, tls_free_kept);
	tls_base_fini(&(*client)->base);
	free(*client);
	*client = NULL;
}

/* Certificates are judged after the handshake. */
static int
tls_connect_any(int is_good UNUSED, X509_STORE_CTX *store UNUSED)
{
	return 1;
}

/* A session kept under the key is used once: TLS 1.3 tickets must not be used twice. */
static void
tls_reuse_session(struct tls_client *client, struct tls_session *session, const char *key)
{
	SSL_SESSION *kept;

	if (key == NULL)
		return;
	session->session_key = arena_strdup(session->arena, key);
	kept = map_remove(client->sessions, span_of(key));
	if (kept != NULL && SSL_SESSION_is_resumable(kept))
		(void) SSL_set_session(session->ssl, kept);
	SSL_SESSION_free(kept);
}

static bool
tls_set_dane(struct tls_session *session, const struct tls_request *request, struct err *err)
{
	if (request->tlsa_count == 0)
		return true;
	if (SSL_dane_enable(session->ssl, request->sni != NULL ? request->sni : request->host) != 1)
		return tls_error(err, "prepare DANE for %s", request->host);
	SSL_dane_set_flags(session->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < request->tlsa_count; i++) {
		const struct tls_tlsa *r = &request->tlsa[i];

		/* 0: not usable by us, which is no error. */
		if (SSL_dane_tlsa_add(session->ssl, r->usage, r->selector, r->matching,
			(const unsigned char *) r->data.p, r->data.len) < 0)
			return tls_error(err, "use a TLSA record of %s", request->host);
	}
	return true;
}

static bool
tls_set_request(struct tls_client *client, struct tls_session *session,
    const struct tls_request *request, struct err *err)
{
	const struct tls_client_conf *c = client->conf;
	bool is_mandatory = request->mandatory;
	struct tls_choice choice = {
		.protocols = request->protocols != NULL ? request->protocols
		    : is_mandatory                      ? c->mandatory_protocols
							: c->protocols,
		.grade = request->ciphers != NULL ? request->ciphers
		    : is_mandatory                ? c->mandatory_ciphers
						  : c->ciphers,
		.exclude = request->exclude_ciphers != NULL ? request->exclude_ciphers
							    : c->exclude_ciphers,
		.exclude_more = is_mandatory ? c->mandatory_exclude_ciphers : "",
	};

	SSL_set_connect_state(session->ssl);
	SSL_set_verify(session->ssl, SSL_VERIFY_PEER, tls_connect_any);
	if (!tls_choice_apply(&client->base, session->ssl, &choice, err) ||
	    !tls_set_dane(session, request, err))
		return false;
	if (request->sni != NULL && request->tlsa_count == 0 &&
	    SSL_set_tlsext_host_name(session->ssl, request->sni) != 1)
		return tls_error(err, "send server name %s", request->sni);
	tls_reuse_session(client, session, request->session_key);
	return true;
}

/* The certificate has one of the names; ".example.com" is any name below it. */
static bool
tls_name_matches(struct tls_client *client, struct tls_session *session, const char *const *names)
{
	unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    (client->base.conf.wildcard_matches_multiple_labels
		    ? X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS
		    : 0);
	X509 *cert = SSL_get0_peer_certificate(session->ssl);

	for (; cert != NULL && *names != NULL; names++)
		if (X509_check_host(cert, *names, 0, flags, NULL) == 1)
			return true;
	return false;
}

static void
tls_judge(struct tls_client *client, struct tls_session *session, const struct tls_request *request)
{
	struct tls_facts *facts = &session->facts;

	if (request->tlsa_count > 0)
		facts->is_peer_verified = facts->is_peer_trusted &&
		    SSL_get0_dane_authority(session->ssl, NULL, NULL) >= 0;
	else if (request->match_names != NULL)
		facts->is_peer_verified = facts->is_peer_trusted &&
		    tls_name_matches(client, session, request->match_names);
}

struct tls_session *
tls_connect(struct tls_client *client, struct stream *stream, const struct tls_request *request,
    struct err *err)
{
	struct tls_session *session = tls_session_new(&client->base, stream, err);

	if (session == NULL)
		return NULL;
	session->client = client;
	if (tls_set_request(client, session, request, err) &&
	    tls_session_handshake(&client->base, session, stream, err)) {
		tls_judge(client, session, request);
		return session;
	}
	tls_session_free(session);
	return NULL;
}

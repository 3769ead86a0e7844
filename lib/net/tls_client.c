/* SPDX-License-Identifier: ISC */
/*
 * TLS for clients. The handshake never fails for a certificate's sake: facts say what was verified,
 * and whoever asked decides. Sessions are kept in this process only, by the key that the caller
 * chose, and used once.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
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
	struct map *anchors;  /* path -> struct tls_anchors */
};

/* What a file of trust anchors holds, as TLSA records would say it. In the client's arena. */
struct tls_anchors {
	ARRAY(struct tls_tlsa) list;
};

/* DANE-TA: a certificate or a public key as a whole. */
enum { TLSA_ANCHOR = 2, TLSA_CERTIFICATE = 0, TLSA_KEY = 1, TLSA_FULL = 0 };

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
	client->anchors = map_new();
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
	map_free(&(*client)->anchors, NULL);
	tls_base_fini(&(*client)->base);
	free(*client);
	*client = NULL;
}

/* ---- Trust anchors ---- */

static bool
tls_add_anchor(struct tls_client *client, struct tls_anchors *anchors, const char *kind,
    const unsigned char *der, long len)
{
	bool is_key = strcmp(kind, PEM_STRING_PUBLIC) == 0;

	if (!is_key && strcmp(kind, PEM_STRING_X509) != 0 && strcmp(kind, PEM_STRING_X509_OLD) != 0)
		return false;
	*ARRAY_ADD(client->base.arena, &anchors->list) = (struct tls_tlsa){ .usage = TLSA_ANCHOR,
		.selector = is_key ? TLSA_KEY : TLSA_CERTIFICATE,
		.matching = TLSA_FULL,
		.data = arena_dup(client->base.arena, span_make((const char *) der, (size_t) len)) };
	return true;
}

/* All blocks of one file. */
static bool
tls_read_anchors(struct tls_client *client, const char *path, struct tls_anchors *anchors,
    struct err *err)
{
	BIO *file = BIO_new_file(path, "r");
	char *kind = NULL, *header = NULL;
	unsigned char *der = NULL;
	bool is_good = true;
	long len;

	if (file == NULL)
		return tls_error(err, "open trust anchor file %s", path);
	while (is_good && PEM_read_bio(file, &kind, &header, &der, &len) == 1) {
		if (!tls_add_anchor(client, anchors, kind, der, len))
			is_good = err_temp(err,
			    "trust anchor file %s: \"%s\" is neither a certificate nor a public key",
			    path, kind);
		OPENSSL_free(kind);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(file);
	if (is_good && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		is_good = tls_error(err, "read trust anchor file %s", path);
	ERR_clear_error();
	return is_good &&
	    (anchors->list.count > 0 ||
		err_temp(err, "trust anchor file %s holds no certificate and no public key", path));
}

bool
tls_client_load_anchors(struct tls_client *client, struct span files, struct err *err)
{
	struct span word;

	ERR_clear_error();
	errno = 0;
	while (span_token(&files, ", \t\r\n", &word)) {
		const char *path = arena_cstr(client->base.arena, word);
		struct tls_anchors *anchors;

		if (map_get(client->anchors, word) != NULL)
			continue;
		anchors = arena_alloc(client->base.arena, sizeof(*anchors));
		*anchors = (struct tls_anchors){ .list = { 0 } };
		if (!tls_read_anchors(client, path, anchors, err))
			return false;
		tls_base_watch(&client->base, path);
		(void) map_set(client->anchors, word, anchors);
	}
	return true;
}

bool
tls_client_has_anchors(struct tls_client *client, struct span files, struct err *err)
{
	struct span word;

	while (span_token(&files, ", \t\r\n", &word))
		if (map_get(client->anchors, word) == NULL)
			return err_temp(
			    err, "trust anchor file %.*s is not loaded", SPAN_ARG(word));
	return true;
}

bool
tls_client_is_stale(struct tls_client *client)
{
	return tls_base_is_stale(&client->base);
}

static bool
tls_add_tlsa(struct tls_session *session, const struct tls_tlsa *r, const char *what,
    struct err *err)
{
	/* 0: not usable by us, which is no error. */
	return SSL_dane_tlsa_add(session->ssl, r->usage, r->selector, r->matching,
		   (const unsigned char *) r->data.p, r->data.len) >= 0 ||
	    tls_error(err, "use %s", what);
}

/* Only chains that end at one of the anchors verify. Names are compared afterwards. */
static bool
tls_set_anchors(struct tls_client *client, struct tls_session *session, const char *files,
    struct err *err)
{
	struct span rest = span_of(files != NULL ? files : ""), word;

	if (span_trim(rest).len == 0)
		return true;
	if (!tls_client_has_anchors(client, rest, err))
		return false;
	if (SSL_dane_enable(session->ssl, NULL) != 1)
		return tls_error(err, "prepare trust anchors");
	while (span_token(&rest, ", \t\r\n", &word)) {
		struct tls_anchors *anchors = map_get(client->anchors, word);

		for (size_t i = 0; i < anchors->list.count; i++)
			if (!tls_add_tlsa(session, &anchors->list.v[i], "a trust anchor", err))
				return false;
	}
	return true;
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
	for (size_t i = 0; i < request->tlsa_count; i++)
		if (!tls_add_tlsa(session, &request->tlsa[i], "a TLSA record", err))
			return false;
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
	    !tls_set_dane(session, request, err) ||
	    !tls_set_anchors(client, session, request->anchor_files, err))
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
	struct tls_session *session = tls_session_new(&client->base, stream, request->loglevel, err);

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

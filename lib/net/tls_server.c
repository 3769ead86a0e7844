/* SPDX-License-Identifier: ISC */
/*
 * TLS for servers. Sessions are resumed by tickets only, which need no memory here; the keys of
 * tickets come from tlsmgr and differ from service to service, so that a ticket of one is nothing
 * to
 * another. Without tlsmgr there are no tickets, and every handshake is a full one.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "lib/base/encode.h"
#include "lib/net/tls_int.h"
#include "lib/net/tls_server_conf.h"
#include "lib/net/tls_ticket.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"

enum { TLS_TICKET_KEYS = 4, TLS_TICKET_RETRY_US = 60 * 1000000 };

struct tls_ticket_key {
	unsigned char name[TICKET_NAME_BYTES], cipher_key[TICKET_CIPHER_BYTES],
	    mac_key[TICKET_MAC_BYTES];
	int64_t usable_until_us; /* 0: no key here */
	int64_t known_until_us;
};

struct tls_server {
	struct tls_base base;
	const struct tls_server_conf *conf;
	struct program *program;
	const EVP_CIPHER *ticket_cipher;
	struct tls_ticket_key keys[TLS_TICKET_KEYS];
	struct tls_names names;
	int64_t ask_again_us; /* tlsmgr did not answer: not before */
};

/* ---- Tickets ---- */

static bool
ticket_unhex(struct span hex, unsigned char *bytes, size_t len)
{
	struct str raw;
	bool is_good;

	str_init(&raw, len);
	is_good = hex_decode(&raw, hex) == PARSE_OK && raw.len == len;
	if (is_good)
		memcpy(bytes, raw.p, len);
	str_wipe(&raw);
	str_fini(&raw);
	return is_good;
}

/* The place for a new key: an empty or the oldest one. */
static struct tls_ticket_key *
ticket_place(struct tls_server *server)
{
	struct tls_ticket_key *oldest = &server->keys[0];

	for (size_t i = 1; i < TLS_TICKET_KEYS; i++)
		if (server->keys[i].known_until_us < oldest->known_until_us)
			oldest = &server->keys[i];
	return oldest;
}

static struct tls_ticket_key *
ticket_keep(struct tls_server *server, const struct ticket_key *answer)
{
	struct tls_ticket_key *key = ticket_place(server);
	int64_t now_us = clock_now_us(), lifetime_us = server->conf->session_cache_timeout.us;

	if (!ticket_unhex(answer->name, key->name, TICKET_NAME_BYTES) ||
	    !ticket_unhex(answer->cipher_key, key->cipher_key, TICKET_CIPHER_BYTES) ||
	    !ticket_unhex(answer->mac_key, key->mac_key, TICKET_MAC_BYTES)) {
		*key = (struct tls_ticket_key){ 0 };
		return NULL;
	}
	key->usable_until_us = now_us + answer->usable_s * CLOCK_SECOND_US;
	key->known_until_us = key->usable_until_us + lifetime_us;
	return key;
}

/* Ask tlsmgr. name empty: the current key. */
static struct tls_ticket_key *
ticket_ask(struct tls_server *server, struct span name)
{
	struct arena *scratch CLEANUP(arena_free) = arena_new("ticket key", 16 * 1024);
	struct ticket_ask ask = { .service = span_of(server->program->service_name),
		.name = name,
		.lifetime_s = server->conf->session_cache_timeout.us / CLOCK_SECOND_US };
	struct ticket_key answer;
	struct peer *tlsmgr;
	struct err err = { 0 };

	if (clock_now_us() < server->ask_again_us)
		return NULL;
	tlsmgr = service_peer(server->program, "tlsmgr", &err);
	if (tlsmgr != NULL &&
	    peer_call(tlsmgr, &ticket_ask_desc, &ask, &ticket_key_desc, &answer, scratch,
		clock_deadline(10 * CLOCK_SECOND_US), &err))
		return answer.name.len == 0 ? NULL : ticket_keep(server, &answer);
	log_warn_err("tlsmgr: sessions cannot be resumed", &err);
	if (tlsmgr != NULL)
		service_forget(server->program, tlsmgr);
	server->ask_again_us = clock_now_us() + TLS_TICKET_RETRY_US;
	return NULL;
}

static struct tls_ticket_key *
ticket_current(struct tls_server *server)
{
	int64_t now_us = clock_now_us();

	for (size_t i = 0; i < TLS_TICKET_KEYS; i++)
		if (server->keys[i].usable_until_us > now_us)
			return &server->keys[i];
	return ticket_ask(server, span_make(NULL, 0));
}

static struct tls_ticket_key *
ticket_named(struct tls_server *server, const unsigned char *name)
{
	char hex[2 * TICKET_NAME_BYTES + 1];
	int64_t now_us = clock_now_us();

	for (size_t i = 0; i < TLS_TICKET_KEYS; i++)
		if (server->keys[i].known_until_us > now_us &&
		    memcmp(server->keys[i].name, name, TICKET_NAME_BYTES) == 0)
			return &server->keys[i];
	for (size_t i = 0; i < TICKET_NAME_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", name[i]);
	return ticket_ask(server, span_of(hex));
}

static bool
ticket_set_up_mac(EVP_MAC_CTX *mac, const struct tls_ticket_key *key)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(
		    OSSL_MAC_PARAM_KEY, (void *) (uintptr_t) key->mac_key, TICKET_MAC_BYTES),
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, (char *) (uintptr_t) "sha256", 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/*
 * OpenSSL makes a ticket (is_new) or reads one. returns -1 failure, 0 no ticket, 1 good, 2 good
 * but give a newer one
 */
static int
ticket_callback(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int is_new)
{
	struct tls_server *server = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct tls_ticket_key *key = is_new ? ticket_current(server) : ticket_named(server, name);
	int iv_len = EVP_CIPHER_get_iv_length(server->ticket_cipher);

	if (key == NULL)
		return 0;
	if (is_new) {
		if (RAND_bytes(iv, iv_len) != 1)
			return -1;
		memcpy(name, key->name, TICKET_NAME_BYTES);
	}
	if (!ticket_set_up_mac(mac, key) ||
	    EVP_CipherInit_ex(cipher, server->ticket_cipher, NULL, key->cipher_key, iv, is_new) !=
		1)
		return -1;
	return is_new || key->usable_until_us > clock_now_us() ? 1 : 2;
}

static bool
tls_server_set_tickets(struct tls_server *server, struct err *err)
{
	SSL_CTX *ctx = server->base.ctx;
	const char *name = server->base.conf.session_ticket_cipher;
	unsigned char id[SHA256_DIGEST_LENGTH];
	const char *service = server->program->service_name;

	server->ticket_cipher = EVP_get_cipherbyname(name);
	if (server->ticket_cipher == NULL ||
	    EVP_CIPHER_get_key_length(server->ticket_cipher) != TICKET_CIPHER_BYTES ||
	    EVP_CIPHER_get_mode(server->ticket_cipher) != EVP_CIPH_CBC_MODE)
		return err_config(err,
		    "parameter tls_session_ticket_cipher: \"%s\" is no CBC cipher with a key of 256 bits",
		    name);
	SHA256((const unsigned char *) service, strlen(service), id);
	SSL_CTX_set_app_data(ctx, server);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, (long) (server->conf->session_cache_timeout.us / CLOCK_SECOND_US));
	SSL_CTX_set_num_tickets(ctx, 1);
	if (server->conf->session_cache_timeout.us <= 0) {
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
		SSL_CTX_set_num_tickets(ctx, 0);
		return true;
	}
	if (SSL_CTX_set_session_id_context(ctx, id, sizeof(id)) != 1 ||
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_callback) != 1)
		return tls_error(err, "set up session tickets");
	return true;
}

/* ---- Certificates by name ---- */

/* A private key and the chain behind it, for this connection. */
static bool
names_use_pem(SSL *ssl, struct span pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int) pem.len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	X509 *cert = key == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool is_used = cert != NULL && SSL_use_certificate(ssl, cert) == 1 &&
	    SSL_use_PrivateKey(ssl, key) == 1 && SSL_clear_chain_certs(ssl) == 1;

	X509_free(cert);
	EVP_PKEY_free(key);
	while (is_used && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		is_used = SSL_add0_chain_cert(ssl, cert) == 1;
	BIO_free(bio);
	ERR_clear_error();
	return is_used;
}

static enum lookup
names_find(struct tls_server *server, const char *name, struct str *pem)
{
	char host[256];
	size_t len = strlen(name);

	if (len >= sizeof(host))
		return LOOKUP_NONE;
	for (size_t i = 0; i <= len; i++)
		host[i] = ascii_lower(name[i]);
	return server->names.find(server->names.ctx, span_make(host, len), pem);
}

static int
names_callback(SSL *ssl, int *alert, void *ctx)
{
	struct tls_server *server = ctx;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	bool is_good = true;
	struct str pem;

	if (name == NULL || server->names.find == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	str_init(&pem, 1 << 20);
	switch (names_find(server, name, &pem)) {
	case LOOKUP_FOUND:
		is_good = names_use_pem(ssl, str_span(&pem));
		break;
	case LOOKUP_NONE:
		break;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		is_good = false;
		break;
	}
	str_wipe(&pem);
	str_fini(&pem);
	if (!is_good)
		log_warn("TLS: no usable certificate for server name %s", name);
	*alert = SSL_AD_INTERNAL_ERROR;
	return is_good ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void
tls_server_set_names(struct tls_server *server, struct tls_names names)
{
	server->names = names;
	SSL_CTX_set_tlsext_servername_callback(server->base.ctx, names_callback);
	SSL_CTX_set_tlsext_servername_arg(server->base.ctx, server);
}

const char *
tls_server_sni_maps(const struct tls_server *server)
{
	return server->base.conf.server_sni_maps;
}

/* ---- Set-up ---- */

static bool
tls_server_set_dh(struct tls_server *server, struct err *err)
{
	const char *path = server->conf->dh1024_param_file;
	EVP_PKEY *params = NULL;
	BIO *file;

	if (path[0] != '/') {
		SSL_CTX_set_dh_auto(server->base.ctx, 1);
		return true;
	}
	file = BIO_new_file(path, "r");
	if (file == NULL)
		return tls_error(err, "open DH parameters %s", path);
	params = PEM_read_bio_Parameters(file, NULL);
	BIO_free(file);
	if (params == NULL || SSL_CTX_set0_tmp_dh_pkey(server->base.ctx, params) != 1) {
		EVP_PKEY_free(params);
		return tls_error(err, "use DH parameters %s", path);
	}
	return true;
}

static bool
tls_server_load(struct tls_server *server, struct err *err)
{
	const struct tls_server_conf *c = server->conf;
	bool is_mandatory = c->wrappermode || strcasecmp(c->security_level, "encrypt") == 0;
	struct tls_key_files files = { c->chain_files, c->cert_file, c->key_file, c->eccert_file,
		c->eckey_file };
	struct tls_choice choice = {
		.protocols = is_mandatory ? c->mandatory_protocols : c->protocols,
		.grade = is_mandatory ? c->mandatory_ciphers : c->ciphers,
		.exclude = c->exclude_ciphers,
		.exclude_more = is_mandatory ? c->mandatory_exclude_ciphers : "",
	};

	if (c->chain_files[0] == '\0' && c->cert_file[0] == '\0' && c->eccert_file[0] == '\0')
		return err_config(err,
		    "TLS is on, but there is no certificate: set smtpd_tls_chain_files or smtpd_tls_cert_file");
	SSL_CTX_set_verify_depth(server->base.ctx, c->ccert_verifydepth);
	if (server->base.conf.trust_server_ccerts)
		X509_VERIFY_PARAM_set_purpose(
		    SSL_CTX_get0_param(server->base.ctx), X509_PURPOSE_ANY);
	return tls_choice_apply(&server->base, NULL, &choice, err) &&
	    tls_base_load_keys(&server->base, &files, err) &&
	    tls_base_load_trust(&server->base, c->CAfile, c->CApath, err) &&
	    tls_base_set_groups(&server->base, c->eecdh_grade, err) &&
	    tls_server_set_dh(server, err) &&
	    tls_base_set_digest(&server->base, c->fingerprint_digest, err) &&
	    tls_server_set_tickets(server, err);
}

struct tls_server *
tls_server_new(const struct tls_server_conf *conf, struct program *program, struct err *err)
{
	struct tls_server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		abort();
	server->conf = conf;
	server->program = program;
	if (!tls_base_init(&server->base, TLS_server_method(), program, err) ||
	    !tls_server_load(server, err))
		tls_server_free(&server);
	return server;
}

void
tls_server_free(struct tls_server **server)
{
	if (*server == NULL)
		return;
	OPENSSL_cleanse((*server)->keys, sizeof((*server)->keys));
	tls_base_fini(&(*server)->base);
	free(*server);
	*server = NULL;
}

bool
tls_server_is_stale(struct tls_server *server)
{
	return tls_base_is_stale(&server->base);
}

/* Certificates are looked at after the handshake: whether they must be good is policy. */
static int
tls_accept_any(int is_good UNUSED, X509_STORE_CTX *store UNUSED)
{
	return 1;
}

struct tls_session *
tls_accept(struct tls_server *server, struct stream *stream, bool ask_certificate, int loglevel,
    struct err *err)
{
	struct tls_session *session = tls_session_new(&server->base, stream, loglevel, err);

	if (session == NULL)
		return NULL;
	session->is_server = true;
	SSL_set_accept_state(session->ssl);
	if (ask_certificate)
		SSL_set_verify(
		    session->ssl, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, tls_accept_any);
	if (tls_session_handshake(&server->base, session, stream, err))
		return session;
	tls_session_free(session);
	return NULL;
}

/* SPDX-License-Identifier: ISC */
#ifndef TLS_H
#define TLS_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/sys/stream.h"

/*
 * TLS through OpenSSL 3, as filters on streams. Keys are loaded before privileges are dropped (the
 * in-process back end of keyd's client interface).
 */
struct tls_server;
struct tls_client;
struct tls_session;
struct tls_server_conf;
struct tls_client_conf;
struct program;

/*
 * How much is logged: 0 to 4. From 2 on the library logs the steps of handshakes; lines of sessions
 * are the caller's.
 * parameter   who says so, for the error
 */
MUST_USE bool tls_loglevel_parse(
    const char *parameter, const char *text, int *level_out, struct err *err);

/* Facts for log lines, Received: fields and policy. Spans live as long as the session. */
struct tls_facts {
	const char *protocol; /* "TLSv1.3" */
	const char *cipher;
	int bits_used, bits_possible;
	const char *key_exchange; /* "x25519" */
	const char *signature;    /* "RSA-PSS (2048 bits)" or "" */
	const char *digest;
	const char *peer_subject, *peer_issuer, *peer_fingerprint,
	    *peer_pubkey_fingerprint; /* "" without certificate */
	const char *sni;
	const char *exporter; /* channel binding tls-exporter (RFC 9266), base64 */
	const char *unique;   /* channel binding tls-unique (RFC 5929 3), base64; "" from TLS 1.3 on */
	const char *trust_problem; /* why the chain does not verify, in OpenSSL's words; "" */
	bool is_peer_trusted;  /* chain verifies */
	bool is_peer_verified; /* and the name matches what was asked for */
	bool is_reused;
};

/*
 * before_drop: load certificates, keys, CA files, parameters. NULL with *err set (which file, what
 * OpenSSL said).
 */
struct tls_server *tls_server_new(
    const struct tls_server_conf *conf, struct program *program, struct err *err) MUST_USE;
void tls_server_free(struct tls_server **server);

/*
 * Certificates by the name that a client asks for (SNI), at any time before tls_accept.
 * find      appends the PEM text of a private key and its chain for a host name in lower case;
 *           LOOKUP_NONE: the usual certificate will do; another failure ends the handshake
 */
struct tls_names {
	enum lookup (*find)(void *ctx, struct span host, struct str *pem_out);
	void *ctx;
};
void tls_server_set_names(struct tls_server *server, struct tls_names names);
const char *tls_server_sni_maps(const struct tls_server *server);

/* Some certificate or key file has changed since it was loaded. */
bool tls_server_is_stale(struct tls_server *server);

/*
 * Handshake as server on the stream, which gets the filter. NULL with *err set; the connection is
 * then unusable.
 */
struct tls_session *tls_accept(struct tls_server *server, struct stream *stream,
    bool ask_certificate, int loglevel, struct err *err) MUST_USE;

struct tls_client *tls_client_new(
    const struct tls_client_conf *conf, struct program *program, struct err *err) MUST_USE;
void tls_client_free(struct tls_client **client);

/*
 * before_drop: load certificates and public keys (PEM) that requests may name as anchor_files.
 * files     a list of paths; one that is loaded already is left alone
 */
MUST_USE bool tls_client_load_anchors(struct tls_client *client, struct span files, struct err *err);

/* returns false with *err when one of the files is not loaded */
MUST_USE bool tls_client_has_anchors(
    struct tls_client *client, struct span files, struct err *err);

/* Some certificate, key or anchor file has changed since it was loaded. */
bool tls_client_is_stale(struct tls_client *client);

/* A TLSA record (RFC 6698); the data in binary. */
struct tls_tlsa {
	uint8_t usage, selector, matching;
	struct span data;
};

/* What to demand of a server. */
struct tls_request {
	const char *host;                                  /* for SNI and messages */
	const char *sni;                                   /* NULL: none */
	const char *protocols, *ciphers, *exclude_ciphers; /* NULL: the configuration's */
	bool mandatory; /* use the mandatory protocols and ciphers */
	const char *const
	    *match_names; /* names of which one must match; NULL: do not verify names */
	const struct tls_tlsa
	    *tlsa; /* DANE: one of these must match; then match_names do not count */
	size_t tlsa_count;
	/*
	 * Files of trust anchors, loaded before, that count in place of the authorities; a list. NULL: none.
	 */
	const char *anchor_files;
	const char *session_key; /* for resumption; NULL: none */
	int loglevel;
};

/*
 * Handshake as client on the stream, which gets the filter. A certificate that does not verify is
 * no
 * failure here: ask the facts. NULL with *err set; the connection is then unusable.
 */
struct tls_session *tls_connect(struct tls_client *client, struct stream *stream,
    const struct tls_request *request, struct err *err) MUST_USE;

/* Append "TLSv1.3 with cipher X (256/256 bits) key-exchange ..." as log lines have it. */
bool tls_facts_add(struct str *out, const struct tls_facts *facts);

/* Lives until stream_free of its stream. */
const struct tls_facts *tls_session_facts(const struct tls_session *session);

#endif

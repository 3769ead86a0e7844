/* SPDX-License-Identifier: ISC */
#ifndef TLS_INT_H
#define TLS_INT_H

#include <openssl/ssl.h>
#include <sys/stat.h>

#include "lib/base/array.h"
#include "lib/net/tls.h"
#include "lib/net/tls_conf.h"

/* What the files of lib/net/tls_*.c share. */

/* A file that was loaded, so that a change of it is seen from any root directory. */
struct tls_file {
	int fd, link_fd; /* O_PATH: the file, and the symbolic link by which it was named */
	struct timespec changed;
	off_t size;
};

/* What servers and clients have in common. */
struct tls_base {
	SSL_CTX *ctx;
	struct tls_conf conf;
	struct arena *arena; /* lives as long as the server or client */
	ARRAY(struct tls_file) files;
	int64_t asked_stale_us; /* the disk is asked at most once a second */
	bool is_stale;
	const EVP_MD *fingerprint_digest;
};

/* Grades, protocols and exclusions, with NULL for what a request does not say. */
struct tls_choice {
	const char *protocols, *grade;
	const char *exclude, *exclude_more;
};

/* One connection. It is the context of the stream's filter. */
struct tls_session {
	SSL *ssl;
	struct arena *arena;
	struct tls_facts facts;
	bool is_server, is_established;
	bool shuts_fast;                /* the peer's close notification is not waited for */
	struct tls_client *client; /* NULL on a server */
	const char *session_key;
};

/*
 * tls_base.c: OpenSSL is made ready as tls_config_file says, a context made with what holds for
 * both sides.
 */
MUST_USE bool tls_base_init(
    struct tls_base *base, const SSL_METHOD *method, struct program *program, struct err *err);
void tls_base_fini(struct tls_base *base);

/* A file was loaded: tls_base_is_stale tells when it has changed. */
void tls_base_watch(struct tls_base *base, const char *path);
MUST_USE bool tls_base_is_stale(struct tls_base *base);

/* Certificates and keys: chain_files, or pairs of files. */
struct tls_key_files {
	const char *chain_files, *cert_file, *key_file, *eccert_file, *eckey_file;
};
MUST_USE bool tls_base_load_keys(
    struct tls_base *base, const struct tls_key_files *files, struct err *err);
/* tls_chain.c: keys and certificates of a list of PEM files, in their order. */
MUST_USE bool tls_base_load_chains(struct tls_base *base, const char *list, struct err *err);
MUST_USE bool tls_base_load_trust(
    struct tls_base *base, const char *ca_file, const char *ca_path, struct err *err);
MUST_USE bool tls_base_set_groups(struct tls_base *base, const char *grade, struct err *err);
MUST_USE bool tls_base_set_digest(struct tls_base *base, const char *name, struct err *err);

/* Protocols and ciphers for a context (ssl NULL) or one connection. */
MUST_USE bool tls_choice_apply(
    struct tls_base *base, SSL *ssl, const struct tls_choice *choice, struct err *err);

/*
 * "what: " and the oldest error that OpenSSL has queued, or errno; empties the queue. Returns
 * false.
 */
bool tls_error(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* tls_session.c */
enum { TLS_LOG_STEPS = 2 };
struct tls_session *tls_session_new(
    struct tls_base *base, struct stream *stream, int loglevel, struct err *err) MUST_USE;
void tls_session_free(struct tls_session *session);
MUST_USE bool tls_session_handshake(
    struct tls_base *base, struct tls_session *session, struct stream *stream, struct err *err);

/* tls_facts.c */
void tls_facts_fill(struct tls_session *session, const EVP_MD *digest);

#endif

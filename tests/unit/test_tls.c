/* SPDX-License-Identifier: ISC */
/* A TLS client and a TLS server of this suite, each in a process, over a socketpair. */
#include "tests/unit/t.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/base/arena.h"
#include "lib/net/tls.h"
#include "lib/net/tls_client_conf.h"
#include "lib/net/tls_server_conf.h"
#include "lib/sys/clock.h"
#include "lib/sys/main_cf.h"
#include "lib/sys/service.h"

enum { DEADLINE_US = 10 * 1000000 };

static char pem_path[] = "/tmp/test_tls_XXXXXX";
static unsigned char key_digest[SHA256_DIGEST_LENGTH];

/* A key and a certificate of its own for mail.example, in one file. */
static void
make_certificate(struct t *t)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	unsigned char *der = NULL;
	FILE *file = fdopen(mkstemp(pem_path), "w");
	int len;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *) "mail.example", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	T_NEED(t, file != NULL && X509_sign(cert, key, EVP_sha256()) > 0);
	T_NEED(t, PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
	T_NEED(t, PEM_write_X509(file, cert) == 1 && fclose(file) == 0);
	len = i2d_PUBKEY(key, &der);
	T_NEED(t, len > 0);
	SHA256(der, (size_t) len, key_digest);
	OPENSSL_free(der);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void
program_init(struct program *program, struct arena *arena)
{
	char text[300];
	struct err err = { 0 };

	snprintf(text, sizeof(text),
	    "compatibility_level = 3.11\nsmtpd_tls_security_level = may\nsmtpd_tls_chain_files = %s\n"
	    "smtpd_tls_session_cache_timeout = 0\nsmtp_tls_CAfile = %s\n",
	    pem_path, pem_path);
	*program = (struct program){ .service_name = "test", .arena = arena };
	program->cf = main_cf_parse(
	    span_of(arena_strdup(arena, text)), "test.cf", "/nonexistent", arena, &err);
	if (program->cf == NULL)
		abort();
}

/* Send back one line. */
NORETURN static void
serve(int fd)
{
	struct arena *arena = arena_new("server", 1 << 20);
	struct program program;
	struct tls_server_conf conf;
	struct stream *stream = stream_new(fd, "client");
	struct tls_server *server;
	struct span line;
	struct err err = { 0 };

	program_init(&program, arena);
	if (!param_load(program.cf, &tls_server_params, NULL, &conf, arena, &err))
		_exit(2);
	server = tls_server_new(&conf, &program, &err);
	stream_set_deadline(stream, clock_deadline(DEADLINE_US));
	if (server == NULL || tls_accept(server, stream, false, 0, &err) == NULL) {
		fprintf(stderr, "server: %s\n", err.text);
		_exit(3);
	}
	if (stream_read_line(stream, 1000, &line, NULL) != STREAM_OK)
		_exit(4);
	stream_printf(stream, "%.*s\r\n", SPAN_ARG(line));
	if (stream_flush(stream) != STREAM_OK)
		_exit(5);
	stream_free(&stream);
	tls_server_free(&server);
	arena_free(&arena);
	_exit(0);
}

static const char *const right_name[] = { "other.example", "mail.example", NULL };
static const char *const wrong_name[] = { "other.example", NULL };

static const struct connect_case {
	const char *name;
	const char *const *match_names;
	bool has_tlsa, is_tlsa_wrong;
	bool is_verified;
} connect_cases[] = {
	{ .name = "no name asked for" },
	{ .name = "right name", .match_names = right_name, .is_verified = true },
	{ .name = "wrong name", .match_names = wrong_name },
	{ .name = "TLSA", .match_names = wrong_name, .has_tlsa = true, .is_verified = true },
	{ .name = "wrong TLSA",
	    .match_names = right_name,
	    .has_tlsa = true,
	    .is_tlsa_wrong = true },
};

static void
check_facts(struct t *t, const struct tls_facts *facts, const struct connect_case *c)
{
	struct str text;

	T_STR(t, facts->protocol, "TLSv1.3");
	T_STR(t, facts->peer_subject, "mail.example");
	T_STR(t, facts->signature, "ECDSA (prime256v1)");
	T_STR(t, facts->digest, "SHA256");
	T_INT(t, strlen(facts->peer_fingerprint), 95);
	T_INT(t, facts->is_peer_verified, c->is_verified);
	str_init(&text, 1000);
	T_TRUE(t, tls_facts_add(&text, facts));
	T_TRUE(t, span_starts_with(str_span(&text), SPAN("TLSv1.3 with cipher ")));
	str_fini(&text);
}

static void
check_connect(struct t *t, const struct connect_case *c, struct tls_client *client, int fd)
{
	struct tls_tlsa tlsa = { 3, 1, 1, { (const char *) key_digest, sizeof(key_digest) } };
	struct tls_request request = { .host = "mail.example",
		.sni = "mail.example",
		.match_names = c->match_names,
		.tlsa = &tlsa,
		.tlsa_count = c->has_tlsa };
	struct stream *stream = stream_new(fd, "server");
	struct tls_session *session;
	struct span line;
	struct err err = { 0 };

	if (c->is_tlsa_wrong)
		tlsa.data = SPAN("01234567890123456789012345678901");
	stream_set_deadline(stream, clock_deadline(DEADLINE_US));
	session = tls_connect(client, stream, &request, &err);
	T_STR(t, err.text, "");
	T_NEED(t, session != NULL);
	check_facts(t, tls_session_facts(session), c);
	stream_printf(stream, "hello\r\n");
	T_INT(t, stream_read_line(stream, 1000, &line, NULL), STREAM_OK);
	T_SPAN(t, line, "hello");
	stream_free(&stream);
}

TEST(tls_connect)
{
	struct arena *arena = arena_new("client", 1 << 20);
	struct program program;
	struct tls_client_conf conf;
	struct tls_client *client;
	struct err err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	make_certificate(t);
	program_init(&program, arena);
	T_NEED(t, param_load(program.cf, &smtp_tls_params, NULL, &conf, arena, &err));
	client = tls_client_new(&conf, &program, &err);
	T_STR(t, err.text, "");
	T_NEED(t, client != NULL);
	EACH_CASE (t, c, connect_cases) {
		int pair[2], status;
		pid_t pid;

		T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			close(pair[0]);
			serve(pair[1]);
		}
		close(pair[1]);
		check_connect(t, c, client, pair[0]);
		waitpid(pid, &status, 0);
		T_INT(t, status, 0);
	}
	tls_client_free(&client);
	arena_free(&arena);
	unlink(pem_path);
}

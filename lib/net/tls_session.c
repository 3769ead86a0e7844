/* SPDX-License-Identifier: ISC */
/*
 * One TLS connection as the filter of a stream. OpenSSL reads and writes the blocking socket
 * itself,
 * under the stream's time limits.
 */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>

#include "lib/net/tls_int.h"
#include "lib/sys/log.h"

enum { TLS_SESSION_ARENA = 16 * 1024 };

/* What an OpenSSL call on the socket came to, in the terms of read(2) and write(2). */
static ssize_t
tls_io_result(struct tls_session *session, int result)
{
	int saved_errno = errno;

	switch (SSL_get_error(session->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		session->is_established = false;
		ERR_clear_error();
		errno = saved_errno;
		return errno != 0 ? -1 : 0;
	default:
		session->is_established = false;
		errno = EPROTO;
		return -1;
	}
}

static ssize_t
tls_filter_read(void *ctx, void *buffer, size_t len)
{
	struct tls_session *session = ctx;
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_read(session->ssl, buffer, len > INT_MAX ? INT_MAX : (int) len);
	return result > 0 ? result : tls_io_result(session, result);
}

static ssize_t
tls_filter_write(void *ctx, const void *bytes, size_t len)
{
	struct tls_session *session = ctx;
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_write(session->ssl, bytes, len > INT_MAX ? INT_MAX : (int) len);
	return result > 0 ? result : tls_io_result(session, result);
}

static bool
tls_filter_has_pending(void *ctx)
{
	struct tls_session *session = ctx;

	return SSL_has_pending(session->ssl) != 0;
}

/*
 * A close notification, if the connection is in order; the peer's is waited for where that is
 * wished.
 */
static void
tls_filter_close(void *ctx)
{
	struct tls_session *session = ctx;

	if (session->is_established && SSL_shutdown(session->ssl) == 0 && !session->shuts_fast)
		(void) SSL_shutdown(session->ssl);
	ERR_clear_error();
	tls_session_free(session);
}

static const struct stream_filter tls_filter = {
	.read = tls_filter_read,
	.write = tls_filter_write,
	.has_pending = tls_filter_has_pending,
	.close = tls_filter_close,
};

/* The steps of a handshake, for the log. */
static void
tls_log_step(const SSL *ssl, int where, int result)
{
	const char *who = (where & SSL_ST_CONNECT) != 0 ? "SSL_connect" : "SSL_accept";

	if ((where & SSL_CB_LOOP) != 0)
		log_info("%s:%s", who, SSL_state_string_long(ssl));
	else if ((where & SSL_CB_ALERT) != 0 && (result & 0xff) != SSL_AD_CLOSE_NOTIFY)
		log_info("SSL3 alert %s:%s:%s", (where & SSL_CB_READ) != 0 ? "read" : "write",
		    SSL_alert_type_string_long(result), SSL_alert_desc_string_long(result));
	else if ((where & SSL_CB_EXIT) != 0 && result == 0)
		log_info("%s:failed in %s", who, SSL_state_string_long(ssl));
}

struct tls_session *
tls_session_new(struct tls_base *base, struct stream *stream, int loglevel, struct err *err)
{
	struct tls_session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		abort();
	session->arena = arena_new("TLS session", TLS_SESSION_ARENA);
	session->shuts_fast = base->conf.fast_shutdown_enable;
	ERR_clear_error();
	session->ssl = SSL_new(base->ctx);
	if (session->ssl != NULL && SSL_set_fd(session->ssl, stream_fd(stream)) == 1) {
		SSL_set_app_data(session->ssl, session);
		if (loglevel >= TLS_LOG_STEPS)
			SSL_set_info_callback(session->ssl, tls_log_step);
		return session;
	}
	tls_error(err, "make a TLS connection");
	tls_session_free(session);
	return NULL;
}

void
tls_session_free(struct tls_session *session)
{
	SSL_free(session->ssl);
	arena_free(&session->arena);
	free(session);
}

static int
tls_handshake_step(void *ctx)
{
	struct tls_session *session = ctx;
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(session->ssl);
	if (result == 1)
		return 0;
	return tls_io_result(session, result) == 0 ? (errno = ECONNRESET, -1) : -1;
}

bool
tls_session_handshake(
    struct tls_base *base, struct tls_session *session, struct stream *stream, struct err *err)
{
	enum stream_result result = stream_run(stream, tls_handshake_step, session);

	if (result == STREAM_TIMEOUT)
		return err_temp(err, "TLS handshake: timeout");
	if (result != STREAM_OK)
		return tls_error(err, "TLS handshake");
	session->is_established = true;
	tls_facts_fill(session, base->fingerprint_digest);
	stream_set_filter(stream, &tls_filter, session);
	return true;
}

const struct tls_facts *
tls_session_facts(const struct tls_session *session)
{
	return &session->facts;
}

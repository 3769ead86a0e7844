/* SPDX-License-Identifier: ISC */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "lib/base/arena.h"
#include "lib/mail/smtp_reply.h"
#include "lib/net/tls.h"
#include "lib/sys/stream.h"
#include "smtp/smtp/smtp.h"
#include "smtp/smtp/smtp_tls_policy.h"

/* One connection to a server: what it can do, what it last said. It may carry many messages. */

enum smtp_feature {
	FEATURE_ESMTP = 1 << 0,
	FEATURE_PIPELINING = 1 << 1,
	FEATURE_8BITMIME = 1 << 2,
	FEATURE_SIZE = 1 << 3,
	FEATURE_STARTTLS = 1 << 4,
	FEATURE_DSN = 1 << 5,
	FEATURE_SMTPUTF8 = 1 << 6,
	FEATURE_STATUS_CODES = 1 << 7,
	FEATURE_XFORWARD = 1 << 8,
	FEATURE_REQUIRETLS = 1 << 9,
};

/* What is done about a firewall in between. */
struct pix_workarounds {
	bool disable_esmtp, delay_dotcrlf;
};

struct client_session {
	struct smtp_client *client;
	struct stream *stream;
	struct arena *arena;
	const char *host, *address; /* as in logs; address is a path for a UNIX socket */
	const char *label;          /* "host[address]" */
	const char *relay;          /* "host[address]:port" */
	const char *destination;    /* the next hop it serves */
	uint16_t port;
	unsigned features;   /* enum smtp_feature */
	unsigned xforward;   /* enum xforward_attribute */
	uint64_t size_limit; /* of SIZE; 0: none told */
	struct smtp_tls_policy policy;
	struct pix_workarounds pix;
	bool may_use_tls;            /* false after a failed handshake: plain text this time */
	bool tls_failed;             /* opportunistic handshake failed: try again without */
	const struct tls_facts *tls; /* NULL: plain text */
	const char *tls_text;        /* for tls= */
	struct smtp_reply reply;
	bool is_only;         /* when it was made there was no other server to try */
	bool is_best_mx;      /* no server of the destination is preferred to it */
	bool is_tls_optional; /* made for mail that says "TLS-Required: no" */
	bool is_tls_required; /* made for mail with REQUIRETLS */
	bool is_broken;       /* nothing more can be said */
	int64_t uses;         /* messages so far, with this one */
	int64_t opened_us;    /* clock_now_us */
	int64_t ready_us;     /* wall clock of the end of the handshake for this message */
};

/* Takes the stream. host and address are copied. port 0: a UNIX socket. */
struct client_session *session_new(struct smtp_client *client, struct stream *stream,
    struct span host, struct span address, uint16_t port) MUST_USE;
void session_free(struct client_session **session);

/* What a command came to. */
enum session_result {
	SESSION_REPLIED, /* session->reply has it */
	SESSION_LOST,
	SESSION_TIMEOUT,
	SESSION_GARBAGE, /* what came is no reply */
};

/* Start the clock for the next exchange. limit is the offset of a struct duration in struct smtp_conf. */
void session_set_timeout(struct client_session *session, struct duration limit);
void session_set_limit(struct client_session *session, size_t limit);

/* Queue a command line (without line end). returns its bytes */
size_t session_say(struct client_session *session, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Send what is queued and read one whole reply, through reply_filter. 421 marks the session broken. */
enum session_result session_hear(struct client_session *session) MUST_USE;

/* Words of a failure for log and report: "lost connection with H[A] while DOING". */
const char *session_failure_text(const struct client_session *session, enum session_result result,
    const char *doing, struct arena *arena);

/*
 * Take the extensions out of the EHLO or LHLO reply in session->reply.
 * returns   false when a table of unwanted extensions does not answer
 */
MUST_USE bool session_take_features(struct client_session *session);

#endif

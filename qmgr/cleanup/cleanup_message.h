/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_MESSAGE_H
#define CLEANUP_MESSAGE_H

#include "lib/base/map.h"
#include "lib/mail/header_rcpt.h"
#include "lib/mail/mime_downgrade.h"
#include "lib/mail/mime_scan.h"
#include "lib/queue/queue_file.h"
#include "qmgr/cleanup/cleanup_block.h"
#include "qmgr/cleanup/cleanup_settings.h"

/*
 * One message on its way to a queue file. It is made by mail_begin and ends by mail_end, mail_abort
 * or with its client. The first failure decides what the client is told; after it input is only
 * swallowed, so that the conversation stays in step.
 */
struct message {
	const struct cleanup *c;
	struct arena *arena;
	const char *queue_id;
	struct mail_begin begin;        /* spans in the arena */
	unsigned flags;                 /* enum mail_flag */
	int64_t arrival_us;
	bool is_local;                  /* rewrite_context "local" */

	/* The verdict so far: status MAIL_ACCEPTED or why not. */
	enum mail_status status;
	int reply_code;
	char dsn[12];
	struct span reason;

	/* Envelope. */
	struct span sender;             /* after rewriting */
	struct span log_recipient;      /* the last, as it came: for log lines */
	ARRAY(struct queue_recipient) recipients;
	struct map *seen;               /* duplicate filter; NULL: not needed yet */
	struct span content_filter, redirect;
	struct span encoding;           /* BODY=, or what the header says of the body */
	bool tls_optional, smtputf8, requiretls, is_held;

	/* Header. */
	struct block block;
	unsigned char seen_header[HEADER_ID_COUNT];
	bool has_resent;
	bool is_header_begun;           /* what stands on top of it was taken */
	bool is_made;                   /* the fields that are taken now */
	bool is_header_done;            /* the primary header was read and completed */
	bool is_reviewed;               /* it was shown: no edit may change what was not */
	int hops;
	struct span message_id;
	struct header_rcpt extracted;
	int64_t header_bytes;           /* of the primary header as it came in */

	/* Content. */
	struct mime_scan *scan;
	struct mime_downgrade *downgrade;
	bool is_body_replaced;          /* data go to the body as they are */
	bool checks_off;                /* PASS or DISCARD was seen */
	int64_t checked_bytes;          /* of the body segment at hand, by body_checks */
	int64_t in_bytes;               /* of content that came */
	struct str line;                /* scratch: content with stray CR replaced */
	struct queue_writer *writer;
	struct queue_content content;
	int64_t line_bytes;             /* of the body line that is not ended yet */
	int64_t body_lines, body_bytes;
};

/*
 * Begin. begin's spans must live in the arena. queue_id is a copy in the arena.
 * Never fails: what is wrong shows in message->status.
 */
struct message *message_new(const struct cleanup *c, struct arena *arena, const char *queue_id,
    const struct mail_begin *begin) MUST_USE;

/* Frees all but the arena; a file that was not accepted is the caller's to remove. */
void message_free(struct message **message);

/* The first failure counts. text is what the client is told after the code and dsn. */
void message_fail(struct message *m, enum mail_status status, int reply_code, const char *dsn,
    const char *fmt, ...)
    PRINTF_LIKE(5, 6);
void message_fail_err(struct message *m, const struct err *err);
bool message_is_failed(const struct message *m);

/* " from NAME[ADDR]; from=<> to=<> proto= helo=<>" of log lines about what a message holds. */
struct span message_log_context(struct message *m) MUST_USE;

/* External form of an address, for log lines; "" for the null address. */
const char *message_log_address(struct message *m, struct span address) MUST_USE;

#endif

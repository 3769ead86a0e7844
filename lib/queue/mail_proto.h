/* SPDX-License-Identifier: ISC */
#ifndef MAIL_PROTO_H
#define MAIL_PROTO_H

#include "lib/sys/msg.h"

/*
 * Handing a message to cleanup, over a kept connection, and cleanup's notice to qmgr.
 *
 *   cleanup -> client   mail_ready      on connection: the queue ID that the next message will have
 *   client -> cleanup   mail_begin      envelope and recipients, all that are known
 *                       mail_rcpts      more recipients, any number of times
 *                       data frames     content, LF line ends, not dot-stuffed
 *   [ client            mail_review     after the end of the header: filters want to see it
 *     cleanup           mail_headers    the header block as it will stand
 *     client            data frames     the body
 *     client            mail_edits      what the filters changed; a replaced body follows as
 *                                       mail_body and data frames ]
 *   client -> cleanup   mail_end        decide; with what the client has decided since mail_begin
 *   cleanup -> client   mail_done       accepted and durable, or why not; and the next queue ID
 *
 *   cleanup -> client   mail_leave      at any time between other messages: this process shall end. It
 *                                       serves the connection until the client closes it, which the
 *                                       client does before its next message
 *
 * mail_abort in place of anything after mail_begin drops the message; its answer is mail_ready with
 * the next queue ID. Everything up to mail_end may be sent without waiting. cleanup swallows what
 * follows an error until mail_end.
 */

enum {
	MAIL_ADDRESS_MAX = 2048,        /* bytes of an address in internal form */
	MAIL_HEADER_MAX = 960 * 1024,   /* bytes of a message's whole primary header */
	MAIL_PREPEND_MAX = 256000,      /* bytes of PREPEND actions */
	MAIL_BCC_MAX = 1000,            /* recipients of BCC actions */
	QUEUED_RCPT_MAX = 100,          /* recipients in one notice to qmgr */
};

struct mail_ready {
	struct span queue_id;
};
extern const struct msg_desc mail_ready_desc;

/* What cleanup is to leave out or do: bits of mail_begin.flags. */
enum mail_flag {
	MAIL_CHECKS       = 1 << 0,     /* header and body checks apply */
	MAIL_MAPPINGS     = 1 << 1,     /* canonical, virtual, masquerade, bcc apply */
	MAIL_BOUNCE       = 1 << 2,     /* a notification made by this suite */
	MAIL_HOLD         = 1 << 3,     /* put into the hold queue */
	MAIL_DISCARD      = 1 << 4,     /* read it, answer success, drop it */
	MAIL_SMTPUTF8     = 1 << 5,
	MAIL_REQUIRETLS   = 1 << 6,
	MAIL_VERIFY       = 1 << 7,     /* address probe */
	MAIL_REPORT       = 1 << 8,     /* sendmail -v */
	MAIL_EXTRACT      = 1 << 9,     /* recipients come from the header (sendmail -t) */
	MAIL_NO_MILTERS   = 1 << 10,
};

struct mail_rcpt {
	struct span address, original, dsn_orcpt;
	int64_t dsn_notify;
};
extern const struct msg_desc mail_rcpt_desc;

struct mail_begin {
	int64_t flags;
	struct span sender;
	int64_t arrival_us;
	int64_t size_hint;              /* SIZE= of MAIL FROM, 0 unknown */
	int64_t size_limit;             /* 0: none */
	struct span encoding;           /* BODY=: "7bit", "8bit", "" */
	struct span rewrite_context;    /* "local" or "remote" */
	struct span full_name;
	struct span dsn_envid, dsn_ret, verp;
	struct span content_filter, redirect;
	struct msg_list bcc;            /* struct mail_rcpt: BCC actions */
	struct span prepend;            /* header fields of PREPEND actions, LF line ends */
	struct span trace;              /* the Received: field to put on top, LF line ends */
	struct span client_name, client_address, client_port, client_helo, client_protocol,
	    reverse_client_name;
	struct span log_ident;
	struct span sasl_method, sasl_username, sasl_sender;
	int64_t submit_uid;             /* -1: not submitted here */
	struct span origin;             /* what it replaces: "maildrop NAME", "QUEUEID RECIPIENT" */
	struct msg_list recipients;     /* struct mail_rcpt */
};
extern const struct msg_desc mail_begin_desc;

struct mail_rcpts {
	struct msg_list recipients;
};
extern const struct msg_desc mail_rcpts_desc;

struct mail_none {
	bool unused;
};
extern const struct msg_desc mail_review_desc, mail_abort_desc, mail_body_desc, mail_leave_desc;

struct mail_headers {
	struct span queue_id;
	/* not empty: the message is refused already, filters need not look; mail_done will say why */
	struct span error_dsn;
	struct span block;              /* LF line ends, without our own Received: field; empty when refused */
};
extern const struct msg_desc mail_headers_desc;

/* One change, by index against the block that mail_headers gave (index counts fields from 1). */
enum mail_edit_op { MAIL_EDIT_ADD = 1, MAIL_EDIT_INSERT, MAIL_EDIT_CHANGE, MAIL_EDIT_DELETE,
	MAIL_EDIT_SENDER, MAIL_EDIT_ADD_RCPT, MAIL_EDIT_DELETE_RCPT, MAIL_EDIT_HOLD };
struct mail_edit {
	int64_t op;
	int64_t index;
	struct span name, value;
	struct span dsn_orcpt;
	int64_t dsn_notify;
};
extern const struct msg_desc mail_edit_desc;
struct mail_edits {
	struct msg_list edits;
};
extern const struct msg_desc mail_edits_desc;

struct mail_end {
	int64_t flags;                  /* MAIL_HOLD, MAIL_DISCARD */
	struct span content_filter, redirect; /* empty: as they were */
	struct msg_list bcc;            /* struct mail_rcpt: further ones */
};
extern const struct msg_desc mail_end_desc;

enum mail_status { MAIL_ACCEPTED, MAIL_TEMP, MAIL_PERM, MAIL_DISCARDED };
struct mail_done {
	int64_t status;                 /* enum mail_status */
	struct span queue_id;
	int64_t size_bytes;             /* with CRLF line ends */
	struct span dsn, text;          /* "4.3.0", why: for the SMTP reply */
	int64_t reply_code;             /* 0: 451 or 550 by status */
	struct span next_queue_id;
	bool closing;                   /* no further message on this connection */
};
extern const struct msg_desc mail_done_desc;

/*
 * cleanup -> qmgr, without an answer; when the socket is full the connection is closed and qmgr's
 * next scan finds the file.
 */
struct queued {
	struct span queue_id;
	struct span sender;
	int64_t size_bytes;
	int64_t arrival_us;
	int64_t recipient_count;        /* all; recipients may hold fewer: read the file then */
	struct msg_list recipients;     /* struct queued_rcpt */
	struct span content_filter, redirect;
};
extern const struct msg_desc queued_desc;
struct queued_rcpt {
	struct span address, original, dsn_orcpt;
	int64_t dsn_notify, offset;
};
extern const struct msg_desc queued_rcpt_desc;

#endif

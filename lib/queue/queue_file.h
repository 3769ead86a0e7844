/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_FILE_H
#define QUEUE_FILE_H

#include "lib/base/array.h"
#include "lib/base/err.h"
#include "lib/base/result.h"

/*
 * A queue file: a preamble of fixed size with offsets, the body (one or more extents), the header
 * block, the envelope (one record per line), a trailer with a CRC-32C over all of it but the marks.
 * Content has LF line ends and is not dot-stuffed. man/queue-file.5 has the format.
 *
 * States. Mode 0600: being written, nobody's mail yet. Mode 0700: complete and accepted. A recipient
 * that is done has its record's first byte changed in place. A file with a valid trailer but mode
 * 0600 was complete when power was lost: recovery (after a change of boot ID only) accepts it.
 */

/* What SMTP and local deliveries need to know of the content, noted on receipt. */
struct queue_content {
	int64_t header_offset, header_bytes;    /* header block without the empty line */
	int64_t body_offset, body_bytes;        /* after the empty line */
	int64_t size_crlf;                      /* whole message with CRLF line ends, as SIZE= counts */
	int64_t longest_line;                   /* bytes without its end */
	bool has_8bit_header, has_8bit_body;
	bool has_dot_line;                      /* some body line begins with '.' */
	bool has_nul;
	bool is_binary;                         /* BODY=BINARYMIME: verbatim, CRLF kept */
	bool lacks_final_newline;
};

/* The envelope without the recipients. Spans may be empty. Times are microseconds since 1970. */
struct queue_envelope {
	struct span queue_id;
	struct span sender;                     /* internal form; empty: the null sender */
	int64_t arrival_us;                     /* arrival of the first byte of the envelope */
	int64_t created_us;
	struct span full_name;                  /* sendmail -F */
	struct span encoding;                   /* "7bit", "8bit", "" */
	struct span rewrite_context;            /* "local", "remote" */
	struct span dsn_envid;                  /* decoded */
	struct span dsn_ret;                    /* "FULL", "HDRS", "" */
	struct span verp;                       /* XVERP delimiters, "" */
	struct span content_filter;             /* transport:nexthop of FILTER or content_filter */
	struct span redirect;                   /* REDIRECT address */
	struct span message_id;                 /* value of Message-Id */
	struct span client_name, client_address, client_port, client_helo, client_protocol, reverse_client_name;
	struct span log_ident;                  /* identity for logging, of XFORWARD */
	struct span sasl_method, sasl_username, sasl_sender;
	int64_t hops;                           /* Received: fields counted */
	int64_t submit_uid;                     /* local submission: who; -1 otherwise */
	bool smtputf8;
	bool requiretls;
	bool tls_optional;                      /* TLS-Required: no */
	bool is_bounce;                         /* a notification of our own: never makes another to a null sender */
	bool is_verify;                         /* an address probe: no delivery */
	bool report_delivery;                   /* sendmail -v: mail a report of the first attempt */
	bool no_delay_warning;
	int64_t warn_us;                        /* when a delay warning is due; 0: none */
};

enum { QUEUE_NOTIFY_NEVER = 1, QUEUE_NOTIFY_SUCCESS = 2, QUEUE_NOTIFY_FAILURE = 4, QUEUE_NOTIFY_DELAY = 8 };

struct queue_recipient {
	struct span address;                    /* internal form */
	struct span original;                   /* as the sender gave it, before virtual aliases */
	struct span dsn_orcpt;                  /* "rfc822;user@host", decoded */
	int64_t dsn_notify;                     /* mask of QUEUE_NOTIFY_*; 0: not given */
	int64_t offset;                         /* of its record in the file; set by the reader */
	bool is_done;                           /* set by the reader */
};

/* --- writing (cleanup) --- */
struct queue_writer;

/* Takes over fd, empty and mode 0600. name is for messages. */
struct queue_writer *queue_writer_new(int fd, const char *name) MUST_USE;
void queue_writer_free(struct queue_writer **writer);
int queue_writer_fd(const struct queue_writer *writer);

/* Body bytes as they come (LF line ends); buffered, written in large blocks. body_restart drops all body bytes so far for a new extent. */
MUST_USE bool queue_writer_body(struct queue_writer *writer, struct span bytes, struct err *err);
MUST_USE bool queue_writer_body_restart(struct queue_writer *writer, struct err *err);

/*
 * Write header block, envelope, recipients and trailer, and the preamble last. content's offsets are filled in.
 * After this the file is complete, but neither durable nor ready.
 */
MUST_USE bool queue_writer_finish(struct queue_writer *writer, struct span header, struct queue_content *content,
    const struct queue_envelope *envelope, const struct queue_recipient *recipients, size_t recipient_count,
    struct err *err);

/* --- reading --- */

/*
 * Read preamble and envelope (not the recipients).
 * returns   PARSE_OK; PARSE_MORE when the file is not complete; PARSE_BAD with *err when it is damaged
 * owns      spans in the arena
 */
MUST_USE enum parse queue_file_read(int fd, const char *name, struct arena *arena, struct queue_envelope *envelope_out,
    struct queue_content *content_out, struct err *err);

/*
 * Read recipients from *position on (0: the first), at most max of them, done ones included when with_done.
 * *position moves on; it becomes -1 after the last.
 */
MUST_USE enum parse queue_file_recipients(int fd, const char *name, int64_t *position, size_t max, bool with_done,
    struct arena *arena, struct queue_recipient **list_out, size_t *count_out, struct err *err);

/* Mark one recipient done: one byte written in place. */
MUST_USE bool queue_file_mark_done(int fd, const char *name, int64_t offset, struct err *err);

/* Verify the checksum over the whole file (recovery, postsuper, postcat). */
MUST_USE enum parse queue_file_verify(int fd, const char *name, struct err *err);

/* Mode bits. ready is what makes it mail. */
MUST_USE bool queue_file_set_ready(int fd, const char *name, struct err *err);
bool queue_file_is_ready(int fd);

/* Change redirect/filter/hold-independent facts of a finished file is not possible: postsuper -r makes a new message of it. */

#endif

/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_FILE_H
#define QUEUE_FILE_H

#include "lib/base/array.h"
#include "lib/base/err.h"
#include "lib/base/result.h"

/*
 * A queue file: a preamble of fixed size with offsets, the body, the header block, the envelope and
 * the recipients (one record per line), a trailer with a CRC-32C over all of it but the marks.
 * Content has LF line ends and is not dot-stuffed. man/queue-file.5 has the format.
 *
 * States. Mode 0600: being written, nobody's mail yet. Mode 0700: complete and accepted. A recipient
 * that is done has its record's first byte changed in place. A file with a valid trailer but mode
 * 0600 was complete when power was lost: recovery (after a change of boot ID only) accepts it.
 */
struct queue;

enum {
	QUEUE_ADDRESS_MAX = 2048,       /* bytes of an address in a record */
	QUEUE_READ_MAX = 1000,          /* recipients that one call reads at most */
};

/* What SMTP and local deliveries need to know of the content, noted on receipt. */
struct queue_content {
	int64_t header_offset,
	    header_bytes;    /* header block without the empty line; every field ends in LF */
	int64_t body_offset, body_bytes;        /* after the empty line */
	int64_t recipients_offset;              /* where queue_file_recipients may begin; set by both sides */
	int64_t recipient_count;                /* all records, done or not; set by both sides */
	int64_t size_crlf;                      /* whole message with CRLF line ends, as SIZE= counts */
	int64_t longest_line;                   /* bytes without its end */
	bool has_8bit_header, has_8bit_body;
	bool has_dot_line;                      /* some line, of the header too, begins with '.' */
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
	struct span redirect;                   /* REDIRECT address: instead of all recipients */
	struct span message_id;                 /* value of Message-Id */
	struct span client_name, client_address, client_port, client_helo, client_protocol,
	    reverse_client_name;
	struct span log_ident;                  /* identity for logging, of XFORWARD */
	struct span sasl_method, sasl_username, sasl_sender;
	int64_t hops;                           /* Received: fields counted */
	int64_t submit_uid;                     /* local submission: who; -1 otherwise */
	bool smtputf8;
	bool requiretls;
	bool tls_optional;                      /* TLS-Required: no */
	bool is_bounce;                         /* a notification of our own: never makes another to a null sender */
	bool is_verify;                         /* an address probe: no delivery */
	int64_t expanded;                       /* records of recipients with QUEUE_NOTIFY_EXPANDED */
	bool report_delivery;                   /* sendmail -v: mail a report of the first attempt */
	bool no_delay_warning;
	int64_t warn_us;                        /* when a delay warning is due; 0: none */
};

/*
 * What the sender wants to hear. QUEUE_NOTIFY_EXPANDED, in queue files alone: nothing is to be
 * delivered; the sender is told that others stand for this address.
 */
enum { QUEUE_NOTIFY_NEVER = 1, QUEUE_NOTIFY_SUCCESS = 2, QUEUE_NOTIFY_FAILURE = 4,
    QUEUE_NOTIFY_DELAY = 8, QUEUE_NOTIFY_EXPANDED = 16, QUEUE_NOTIFY_ALL = 31 };

/* NOTIFY of those for whom an address stands: its success was reported (RFC 3461 5.2.7.1). */
int64_t queue_notify_expanded(int64_t notify);

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

/*
 * A writer. With queue_writer_new the file is there: fd is taken over, empty and mode 0600; name is
 * for messages. With queue_writer_create it is made, mode 0600 and O_EXCL, when the first block must
 * be written: a message that is refused early leaves no trace. queue must outlive the writer.
 */
struct queue_writer *queue_writer_new(int fd, const char *name) MUST_USE;
struct queue_writer *queue_writer_create(struct queue *queue, const char *queue_name,
    struct span id) MUST_USE;

/* Closes the descriptor; does not remove the file. */
void queue_writer_free(struct queue_writer **writer);

/* -1: not created yet. */
int queue_writer_fd(const struct queue_writer *writer);

/*
 * Body bytes as they come (LF line ends); buffered, written in large blocks.
 * queue_writer_body_restart forgets all body bytes so far: what follows is the body.
 */
MUST_USE bool queue_writer_body(struct queue_writer *writer, struct span bytes, struct err *err);
MUST_USE bool queue_writer_body_restart(struct queue_writer *writer, struct err *err);

/*
 * Write header block, envelope, recipients and trailer, and the preamble last; a small message is
 * one system call. The offsets in *content and in each recipient are filled in.
 * After this the file is complete, but neither durable nor ready.
 * An envelope that the format cannot hold: ERR_PERM, and nothing more is written.
 */
MUST_USE bool queue_writer_finish(struct queue_writer *writer, struct span header,
    struct queue_content *content,
    const struct queue_envelope *envelope, struct queue_recipient *recipients,
    size_t recipient_count,
    struct err *err);

/* --- reading --- */

/*
 * Read preamble and envelope (not the recipients).
 * returns   PARSE_OK; PARSE_MORE when the file is not complete; PARSE_BAD with *err when it is damaged
 *           or cannot be read (errnum set)
 * owns      spans in the arena
 */
MUST_USE enum parse queue_file_read(int fd, const char *name, struct arena *arena,
    struct queue_envelope *envelope_out, struct queue_content *content_out, struct err *err);

/*
 * Read recipients from *position on, at most max of them (and at most QUEUE_READ_MAX), done ones
 * included when with_done.
 * position  0 or content.recipients_offset: the first (the latter saves a read); it moves on and
 *           becomes -1 after the last
 */
MUST_USE enum parse queue_file_recipients(int fd, const char *name, int64_t *position, size_t max,
    bool with_done,
    struct arena *arena, struct queue_recipient **list_out, size_t *count_out, struct err *err);

/* Mark one recipient done: one byte written in place. */
MUST_USE bool queue_file_mark_done(int fd, const char *name, int64_t offset, struct err *err);

/* Verify the checksum over the whole file (recovery, postsuper, postcat). */
MUST_USE enum parse queue_file_verify(int fd, const char *name, struct err *err);

/* Mode bits. ready is what makes it mail. */
MUST_USE bool queue_file_set_ready(int fd, const char *name, struct err *err);
bool queue_file_is_ready(int fd);

/* A finished file's envelope is never changed: postsuper -r makes a new message of it. */

#endif

/* SPDX-License-Identifier: ISC */
#ifndef MIME_SCAN_H
#define MIME_SCAN_H

#include "lib/mail/header.h"

/*
 * Follow the structure of a message as it streams by: header, parts, nested messages. Input is the
 * message with LF line ends in pieces of any size; what comes out in events is the whole input
 * again, in order, but for empty lines behind headers (head_end stands for them) and what exceeds
 * header_limit. spec: RFC 2045, 2046, 5322 2.2.
 *
 * A header with several Content-Type fields is of the last one's type, but the boundaries of all
 * count, the first one's outermost, as in Postfix: whichever field a reader goes by, what he takes
 * for the header of a part was checked as one. (mime_part, which must settle for one, takes the first.)
 */
struct mime_scan;

enum mime_head {
	MIME_PRIMARY,                   /* of the message */
	MIME_PART,                      /* of a part in a multipart */
	MIME_NESTED,                    /* of a message within the message */
};

/* What ended a header. */
enum mime_head_end {
	MIME_END_BLANK,                 /* an empty line */
	/* a line that is no header field; it is the first of the body */
	MIME_END_BROKEN,
	MIME_END_CUT,                   /* a boundary, or the end of the message: no body */
};

enum mime_fault {
	/* deeper than nesting_limit: taken as plain body from there on */
	MIME_FAULT_NESTING     = 1 << 0,
	MIME_FAULT_LONG_HEADER = 1 << 1,        /* longer than header_limit: cut there */
	MIME_FAULT_8BIT_HEADER = 1 << 2,
	MIME_FAULT_8BIT_BODY   = 1 << 3,        /* 8-bit in a part that says 7-bit, or nothing */
	/* a multipart or message encoded by base64 or quoted-printable, or 8-bit in a 7-bit one */
	MIME_FAULT_ENCODING    = 1 << 4,
};

enum mime_encoding { MIME_7BIT, MIME_8BIT, MIME_BINARY, MIME_QP, MIME_BASE64, MIME_OTHER_ENCODING };

/* What the header at hand has said of its body. */
struct mime_kind {
	bool is_multipart, is_message;  /* is_message: its body is parsed as a message */
	enum mime_encoding encoding;
	bool has_encoding;              /* there was a Content-Transfer-Encoding field */
	bool has_8bit;                  /* the header block has 8-bit bytes */
};

/* Spans live during the call. Any function may be NULL. */
struct mime_events {
	void (*header)(void *ctx, enum mime_head head, const struct header_field *field);
	void (*head_end)(void *ctx, enum mime_head head, enum mime_head_end how,
	    const struct mime_kind *kind);
	/* bodies, preambles and what follows the last boundary */
	void (*body)(void *ctx, struct span bytes);
	void (*boundary)(void *ctx, struct span line);  /* NULL: boundary lines go to body */
};

struct mime_options {
	size_t nesting_limit;           /* mime_nesting_limit */
	size_t boundary_limit;          /* mime_boundary_length_limit: only so much is compared */
	size_t header_limit;            /* header_size_limit: bytes of one logical field */
	size_t line_limit;              /* with wants_lines: longer lines come in pieces */
	bool is_disabled;               /* disable_mime_input_processing: one header, one body */
	/* body() gets one line at a time (without events between pieces of a line) */
	bool wants_lines;
};

/* events is borrowed and must outlive the scan. */
struct mime_scan *mime_scan_new(const struct mime_options *options,
    const struct mime_events *events, void *ctx) MUST_USE;
void mime_scan_free(struct mime_scan **scan);

void mime_scan_feed(struct mime_scan *scan, struct span bytes);

/* The end of the message: what is held back comes out. */
void mime_scan_finish(struct mime_scan *scan);

/* What was found so far: bits of enum mime_fault; 8-bit bytes anywhere in headers or bodies. */
unsigned mime_scan_faults(const struct mime_scan *scan);
bool mime_scan_has_8bit_header(const struct mime_scan *scan);
bool mime_scan_has_8bit_body(const struct mime_scan *scan);

/*
 * The name of the first fault for a log and a reply: "MIME nesting exceeds safety limit" ...; NULL
 * for none.
 */
const char *mime_fault_text(unsigned faults);

/* The encoding a Content-Transfer-Encoding value names. */
enum mime_encoding mime_encoding_of(struct span value);

#endif

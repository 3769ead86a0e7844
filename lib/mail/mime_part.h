/* SPDX-License-Identifier: ISC */
#ifndef MIME_PART_H
#define MIME_PART_H

#include "lib/mail/header.h"
#include "lib/mail/mime_param.h"

/*
 * A message in memory as a tree of parts, each a place in the message. Nothing is decoded and
 * nothing is copied. Line ends may be LF or CRLF, also mixed; sizes are those of the message with
 * CRLF line ends, as IMAP and POP3 count. Of several Content-Type fields the first counts, as in
 * Dovecot. (mime_scan follows a message that streams by.)
 */

/* A run of octets of the message. */
struct mime_extent {
	size_t from, to;                /* in the message as it lies in memory */
	size_t size;                    /* octets with CRLF line ends */
	size_t lines;                   /* line ends in it */
};

enum mime_part_kind {
	MIME_PART_LEAF,
	MIME_PART_MULTIPART,            /* one child or more; an empty one where none was found */
	MIME_PART_MESSAGE,              /* message/rfc822, message/global: one child, the message in it */
};

struct mime_part {
	enum mime_part_kind kind;
	struct mime_extent head;        /* the header with the empty line behind it, if there is one */
	struct mime_extent body;        /* without the line end that belongs to the next boundary */
	bool is_digest_part;            /* no Content-Type means message/rfc822 (RFC 2046 5.1.5) */
	struct mime_part *child, *next; /* the first one inside; the next one beside */
};

struct mime_part_limits {
	size_t nesting;                 /* of parts in parts; what is deeper is a leaf */
	size_t parts;                   /* in all; what comes then belongs to the last one */
};

/* Dovecot's limits. */
extern const struct mime_part_limits mime_part_default_limits;

/*
 * Find the parts. Never fails: whatever is no MIME is a leaf.
 *
 * message   any bytes; borrowed during the call
 * pool      takes the tree: at most limits->parts nodes
 * returns   the part that is the whole message
 * spec      RFC 2045, 2046 5.1, 5.2.1; RFC 6532 3.7
 */
struct mime_part *mime_part_parse(struct span message, const struct mime_part_limits *limits,
    struct arena *pool) MUST_USE;

/*
 * The part that a section number names: "1.2" is {1, 2}. In a message that is no multipart, 1 is
 * its body.
 *
 * returns   NULL when there is none. For an embedded message the value is the part that holds it;
 *           its header is part->child's.
 * spec      RFC 9051 6.4.5.1
 */
const struct mime_part *mime_part_find(const struct mime_part *message, const unsigned *numbers,
    size_t count);

/*
 * The next field of a header block; lines that are no fields are stepped over.
 * returns   false at the end, or at the empty line
 */
bool mime_part_next_field(struct span *head, struct header_field *field_out);

#endif

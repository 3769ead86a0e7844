/* SPDX-License-Identifier: ISC */
#ifndef MAILDROP_H
#define MAILDROP_H

#include "lib/base/array.h"
#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * A message that a user submits: what sendmail sends to postdrop, and what postdrop leaves in the
 * maildrop directory for pickup. Every reader takes it for hostile.
 *
 *	carteiro maildrop 1
 *	sender=joe@example.com          one line for each fact; values without control characters
 *	rcpt=ann@example.com            any number of times; what stands behind it is this one's:
 *	notify=6
 *	orcpt=rfc822;ann@example.com
 *	(empty line)
 *	D 5dc                           content: chunks, each headed by its length in hexadecimal
 *	...1500 bytes...
 *	E                               the end; nothing follows
 */
enum {
	MAILDROP_CHUNK_MAX = 64 * 1024,
	MAILDROP_ENVELOPE_MAX = 8 * 1024 * 1024,
	MAILDROP_ADDRESS_MAX = 2048,
	MAILDROP_RCPTS_MAX = 100000,
};

/* One recipient, with what sendmail -bs was told about it. */
struct maildrop_rcpt {
	struct span address;   /* internal form */
	struct span dsn_orcpt; /* decoded; empty: not given */
	int64_t dsn_notify;    /* 0: the message's */
};

struct maildrop {
	struct span sender; /* internal form; empty: the null sender */
	struct span full_name;
	struct span encoding; /* "7bit", "8bit", "" */
	struct span dsn_envid;
	struct span dsn_ret; /* "FULL", "HDRS", "" */
	struct span verp;    /* XVERP delimiters, two characters */
	struct span report;  /* "delivery" (-v), "verify" (-bv), "" */
	int64_t dsn_notify;
	bool extract;    /* -t */
	bool is_gateway; /* -G: foreign mail, header left alone */
	bool smtputf8, requiretls;
	ARRAY(struct maildrop_rcpt) recipients;
};

/* Append the first line, the envelope and the empty line; false when a value may not be in it. */
MUST_USE bool maildrop_print(const struct maildrop *mail, struct str *out);

/*
 * Read what maildrop_print wrote, first and empty line included and nothing behind them.
 * owns      spans point into in; the list lies in the arena
 */
MUST_USE enum parse maildrop_parse(
    struct span in, struct arena *arena, struct maildrop *out, struct err *err);

/* Append content as chunks, and the end. */
bool maildrop_print_chunk(struct span bytes, struct str *out);
bool maildrop_print_end(struct str *out);

/* Reading from a descriptor, once from beginning to end. */
struct maildrop_reader;

/* fd is borrowed. name is for messages and is copied. */
struct maildrop_reader *maildrop_reader_new(int fd, const char *name) MUST_USE;
void maildrop_reader_free(struct maildrop_reader **reader);

/* The envelope. PARSE_MORE: the input ends before its end. Spans live in the arena. */
MUST_USE enum parse maildrop_reader_envelope(
    struct maildrop_reader *reader, struct arena *arena, struct maildrop *out, struct err *err);

/*
 * The next piece of content.
 * returns   PARSE_OK: *bytes_out is good until the next call; PARSE_MORE: the end was reached in order,
 *           nothing follows; PARSE_BAD with *err
 */
MUST_USE enum parse maildrop_reader_content(
    struct maildrop_reader *reader, struct span *bytes_out, struct err *err);

#endif

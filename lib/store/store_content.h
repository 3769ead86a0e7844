/* SPDX-License-Identifier: ISC */
#ifndef STORE_CONTENT_H
#define STORE_CONTENT_H

#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * A message on its way from its queue file into a mailbox: fields that the delivery puts on top, the
 * header block, an empty line, the body. It is read by offset, so that the descriptor may be shared.
 */
struct store_content {
	int fd; /* the queue file, open for reading */
	int64_t header_offset, header_bytes, body_offset, body_bytes;
	struct span prefix; /* lines that come first, each ended by LF */
};

/* Bytes that store_content_copy writes. */
int64_t store_content_size(const struct store_content *content);

/*
 * Write all of it as it is, at the position of `to`. Large bodies move inside the kernel where it can.
 * name      of the destination, for messages
 * returns   false with *err from store_write_failed, or TEMP when the queue file cannot be read
 */
MUST_USE bool store_content_copy(
    const struct store_content *content, int to, const char *name, struct err *err);

/*
 * The same with ">" before every line of header block and body that begins with "From ", and an
 * empty line behind (RFC 4155 leaves the quoting to the reader's guess; this is what readers expect).
 */
MUST_USE bool store_content_copy_quoted(
    const struct store_content *content, int to, const char *name, struct err *err);

/*
 * Give *err the status code that errno deserves, and return false: no room for this user 5.2.2, no
 * room at all 4.3.1, all else 4.2.0, since it waits for an administrator.
 */
bool store_failed(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Give a failure of this process's own writes the same codes. */
void store_write_failed(struct err *err);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_FILE_INT_H
#define QUEUE_FILE_INT_H

#include "lib/base/str.h"
#include "lib/queue/queue_file.h"

/* The format of queue files, in memory only: what writer and reader share. */

enum {
	QUEUE_MAJOR = 1,
	QUEUE_MINOR = 1, /* 1 brought the record "expanded" and QUEUE_NOTIFY_EXPANDED */
	QUEUE_PREAMBLE_BYTES = 512,
	QUEUE_TRAILER_BYTES = 20, /* "end crc32c=01234567\n" */
	QUEUE_ENVELOPE_MAX = 256 * 1024,
	QUEUE_RECORD_MAX = 32 * 1024, /* of one recipient, escaped */
	QUEUE_MARK_TODO = 'R',
	QUEUE_MARK_DONE = 'D',
};

/* Where everything lies; parts follow one another without gaps in this order. */
struct queue_layout {
	struct queue_content content;
	int64_t minor;
	int64_t envelope_offset, envelope_bytes;
	int64_t recipients_bytes;
	int64_t trailer_offset;
};

/* Exactly QUEUE_PREAMBLE_BYTES are appended; false only when out is full. */
MUST_USE bool queue_layout_print(const struct queue_layout *layout, struct str *out);

/*
 * in        the first QUEUE_PREAMBLE_BYTES of a file, or less when it is shorter
 * returns   PARSE_MORE when the preamble was never written (short or NUL bytes)
 */
MUST_USE enum parse queue_layout_parse(
    struct span in, struct queue_layout *layout_out, struct err *err);

MUST_USE bool queue_envelope_print(const struct queue_envelope *envelope, struct str *out);
MUST_USE enum parse queue_envelope_parse(struct span in, int64_t minor, struct arena *arena,
    struct queue_envelope *envelope_out, struct err *err);

MUST_USE bool queue_recipient_print(const struct queue_recipient *recipient, struct str *out);

/* in is one record without its line end; offset is left alone. */
MUST_USE enum parse queue_recipient_parse(
    struct span in, struct arena *arena, struct queue_recipient *recipient_out);

MUST_USE bool queue_trailer_print(uint32_t crc, struct str *out);
MUST_USE enum parse queue_trailer_parse(struct span in, uint32_t *crc_out);

#endif

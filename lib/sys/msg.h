/* SPDX-License-Identifier: ISC */
#ifndef MSG_H
#define MSG_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * Messages between processes. One constant table of fields per message drives encoding, decoding,
 * tracing, documentation and the fuzz seeds, so both ends cannot disagree.
 *
 * On the wire: frames. A frame is 4 bytes of length (big endian, of what follows the 6-byte head),
 * one byte of kind ('m' message, 'd' raw data), one byte with the number of descriptors that travel
 * beside it. A message's payload is: name NUL major.minor NUL, then `name NUL value NUL` for each
 * attribute. A descriptor's value is its index among those beside the frame. A list's name is
 * followed by '[' and its value is its count; the items follow, each ended by an empty name: so
 * that an older receiver can step over lists it does not know. Lists nest at most MSG_DEPTH_MAX deep.
 *
 * Rules for a decoder: an attribute that is not in the table is an error unless the sender's minor
 * version is higher; one that comes twice, a required one that is missing, a value outside its
 * limits, a descriptor that no attribute names, and another major version are errors. Optional
 * attributes that are absent leave zero. An encoder leaves out optional attributes whose value is
 * zero, empty or (descriptors) -1. Lists in a message inherit the message's version.
 */
enum msg_type {
	MSG_STR,        /* struct span; without NUL */
	MSG_INT,        /* int64_t */
	MSG_BOOL,       /* bool: 0 or 1 */
	MSG_FD,         /* int: a descriptor; -1 when absent */
	MSG_LIST,       /* struct msg_list of another table's structures */
};

struct msg_list {
	void *items;            /* count structures of the item table's size, side by side */
	size_t count;
};

struct msg_desc;

struct msg_field {
	const char *name;
	enum msg_type type;
	bool required;
	size_t offset;
	int64_t min, max;               /* MSG_INT; both 0: any. MSG_STR: length, max 0: 64 KB. MSG_LIST: count, max 0: 10,000 */
	const struct msg_desc *item;    /* MSG_LIST */
	bool secret;                    /* never shown in traces */
	const char *doc;
};

struct msg_desc {
	const char *name;
	int major, minor;
	size_t size;                    /* of the structure */
	const struct msg_field *fields;
	size_t count;                   /* at most MSG_FIELDS_MAX */
	const char *doc;
};

#define MSG_OFFSET(S, F, CTYPE) \
	(offsetof(S, F) + 0 * sizeof(char[_Generic(((S *) 0)->F, CTYPE: 1, default: -1)]))
#define M_ROW(S, F, TYPE, CTYPE, ...) \
	{ .name = #F, .type = (TYPE), .offset = MSG_OFFSET(S, F, CTYPE), __VA_ARGS__ }
#define M_STR(S, F, ...)   M_ROW(S, F, MSG_STR, struct span, __VA_ARGS__)
#define M_INT(S, F, ...)   M_ROW(S, F, MSG_INT, int64_t, __VA_ARGS__)
#define M_BOOL(S, F, ...)  M_ROW(S, F, MSG_BOOL, bool, __VA_ARGS__)
#define M_FD(S, F, ...)    M_ROW(S, F, MSG_FD, int, __VA_ARGS__)
#define M_LIST(S, F, ...)  M_ROW(S, F, MSG_LIST, struct msg_list, __VA_ARGS__)

/* A table as a message description: MSG_DESC(hello, struct hello, hello_fields, 1, 0, "who calls"). */
#define MSG_DESC(NAME, S, FIELDS, MAJOR, MINOR, DOC) \
	{ .name = #NAME, .major = (MAJOR), .minor = (MINOR), .size = sizeof(S), .fields = (FIELDS), \
	  .count = COUNT_OF(FIELDS), .doc = (DOC) }

enum {
	MSG_HEAD_BYTES = 6,
	MSG_FDS_MAX = 8,
	MSG_FRAME_MAX = 1 << 20,        /* of what follows the head */
	MSG_FIELDS_MAX = 64,
	MSG_DEPTH_MAX = 4,
	MSG_STR_MAX = 64 << 10,         /* where the table gives no limit */
	MSG_LIST_MAX = 10000,           /* where the table gives no limit */
};

enum frame_kind { FRAME_MESSAGE = 'm', FRAME_DATA = 'd' };

/* One frame as received. Spans point into the receiver's buffer. */
struct frame {
	enum frame_kind kind;
	struct span name;               /* FRAME_MESSAGE */
	struct span payload;            /* FRAME_MESSAGE: after the name; FRAME_DATA: the bytes */
	int fds[MSG_FDS_MAX];           /* owned by the frame until decoded into a message */
	size_t fd_count;
};

/*
 * Append one message as a frame to out.
 * fds_out   MSG_FDS_MAX places; takes the descriptors to send beside it, not duplicated
 * returns   false with *err set when a value breaks the table's limits or out its maximum; out is
 *           unchanged then
 */
MUST_USE bool msg_encode(const struct msg_desc *desc, const void *values, struct str *out,
    int *fds_out, size_t *fd_count_out, struct err *err);

/* Append raw data as a frame to out; at most MSG_FRAME_MAX bytes, may be none. */
MUST_USE bool frame_encode_data(struct span bytes, struct str *out, struct err *err);

/*
 * Look at the bytes received so far.
 * max       bytes that may follow the head
 * returns   PARSE_OK    *frame_out filled (without descriptors), *used_out bytes of it
 *           PARSE_MORE  *used_out is the number of bytes needed in all (0: not known yet)
 *           PARSE_BAD   not a frame, or longer than max
 *           *fds_out descriptors belong to it (also with PARSE_MORE, when *used_out is not 0)
 */
MUST_USE enum parse frame_parse(struct span in, size_t max, struct frame *frame_out,
    size_t *used_out, size_t *fds_out);

/* The frame is this message, by name. */
bool frame_is(const struct frame *frame, const struct msg_desc *desc);

/*
 * Decode into *values_out (desc->size bytes, zeroed first; descriptors -1).
 * arena     takes lists; may be NULL when the table has none. arena_is_over is asked before each list,
 *           so a limit of a third of the largest list that the table allows is never passed fourfold
 * returns   PARSE_OK or PARSE_BAD with *err saying which message, which attribute, what was expected
 * owns      spans point into the frame's bytes; lists lie in the arena; descriptors move to the
 *           values. With PARSE_BAD they are closed and the values hold nothing.
 */
MUST_USE enum parse msg_decode(const struct msg_desc *desc, struct frame *frame,
    struct arena *arena, void *values_out, struct err *err);

/* Close descriptors that nobody took. */
void frame_drop_fds(struct frame *frame);

/*
 * One line "name attr=value ..." for traces: absent attributes are left out, long values cut, bytes
 * that are not printable shown as '?', lists as attr=[{attr=value} {...}].
 */
void msg_trace(const struct msg_desc *desc, const void *values, struct str *out);

#endif

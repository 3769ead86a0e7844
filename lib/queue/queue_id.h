/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_ID_H
#define QUEUE_ID_H

#include "lib/base/span.h"

/*
 * Queue IDs, in Postfix's two forms. Short: five hexadecimal digits of microseconds, then the
 * number. Long: seconds and microseconds in base 52, 'z', the number in base 51. The number names
 * the moment and the process, never an inode: (seconds since 2020 mod 2^28) << 12 | process slot.
 * So no ID is given twice, unless a clock is set back.
 */
enum { QUEUE_ID_MAX = 40, QUEUE_ID_ASKED_MAX = 100 };

/* One process's source of IDs. Zero is a valid start but for the slot. */
struct queue_id_source {
	unsigned slot;   /* 0..4095, unique among the living processes of this system */
	bool wants_long; /* enable_long_queue_ids */
	int64_t last_us; /* time of the last ID: the next one has a later one */
};

/* Make the next ID. now_us is clock_wall_us; *time_out (may be NULL) is the time inside the ID. */
void queue_id_next(
    struct queue_id_source *source, int64_t now_us, char id_out[QUEUE_ID_MAX], int64_t *time_out);

/* It has the form of one of the two, so it may be a file name. */
MUST_USE bool queue_id_is_valid(struct span id);
/* Letters and digits: somebody may ask for it, and it is harmless, although it may be nobody's. */
MUST_USE bool queue_id_may_be_asked(struct span id);
bool queue_id_is_long(struct span id);

/*
 * The microseconds inside as five upper-case hexadecimal digits and NUL: what queue directories are
 * hashed by.
 */
void queue_id_hash_digits(struct span id, char digits_out[6]);

/* The time inside a long ID, in microseconds since 1970; 0 for a short one. */
int64_t queue_id_time(struct span id);

#endif

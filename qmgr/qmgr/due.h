/* SPDX-License-Identifier: ISC */
#ifndef DUE_H
#define DUE_H

#include "lib/queue/queue_id.h"

/*
 * Which deferred messages are due when: a cache of what the files' times say, of bounded size. It
 * knows everything that is due before its horizon; what is due later is left to the next scan of the
 * directory. So a huge queue costs memory for the next while only, not for all of it.
 *
 * A scan fills a second index while the first goes on being used. An entry may be out of date: who
 * takes one looks at the file again.
 */
struct due;

/* capacity: entries that are kept when there are too many, those that are due first */
struct due *due_new(size_t capacity) MUST_USE;
void due_free(struct due **due);

/* No effect at or beyond the horizon. */
void due_add(struct due *due, struct span id, int64_t when_us);

/* The next entry that is due. false: none is. */
bool due_take(struct due *due, int64_t now_us, char id_out[QUEUE_ID_MAX]);

/* When the first entry is due, INT64_MAX without entries. */
int64_t due_next_time(const struct due *due);

/* Everything due before this is known; a new scan must be done by then. */
int64_t due_horizon(const struct due *due);

/* A scan begins: due_add fills the new index too, up to that horizon. Its end puts it in the old one's place. */
void due_begin_scan(struct due *due, int64_t horizon_us);
void due_end_scan(struct due *due);
size_t due_count(const struct due *due);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_PRINT_H
#define QUEUE_PRINT_H

#include "lib/base/str.h"
#include "lib/queue/showq_proto.h"

/* The queue as text: the table of mailq, or JSON lines. Memory only; pieces of a message may follow one another. */
struct queue_print {
	bool wants_long;                /* enable_long_queue_ids: wider columns */
	int64_t messages, bytes;        /* so far */
	struct str reason;              /* the last one printed for this message */
	bool is_open;                   /* JSON: a list of recipients is open */
	bool has_rcpt;                  /* and has something in it */
};

void queue_print_init(struct queue_print *print, bool wants_long);
void queue_print_fini(struct queue_print *print);

/* Append one piece to out. Times are in the local zone. */
void queue_print_table(struct queue_print *print, const struct showq_message *message, struct str *out);
void queue_print_table_end(struct queue_print *print, struct str *out);

void queue_print_json(struct queue_print *print, const struct showq_message *message, struct str *out);
void queue_print_json_end(struct queue_print *print, struct str *out);

#endif

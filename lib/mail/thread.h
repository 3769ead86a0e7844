/* SPDX-License-Identifier: ISC */
#ifndef THREAD_H
#define THREAD_H

#include "lib/base/array.h"
#include "lib/base/str.h"

/* Threads of messages. spec: RFC 5256 3; draft-ietf-morg-inthread (REFS). */

enum thread_kind { THREAD_ORDEREDSUBJECT, THREAD_REFERENCES, THREAD_REFS };

struct thread_message {
	uint32_t number;                /* what is printed */
	int64_t sent, arrived;          /* seconds: the Date field (or else arrival), INTERNALDATE */
	struct span id;                 /* without "<" and ">"; empty: none */
	ARRAY(struct span) references;  /* ids, oldest first; what In-Reply-To names where there are none */
	struct span subject;            /* base subject, through casemap_add */
	bool is_reply;                  /* as subject_base says */
};

/*
 * Take the message ids from a References, In-Reply-To or Message-ID field; quoting is undone, what
 * is no id is passed over.
 */
void thread_add_ids(struct span value, struct arena *pool, struct thread_message *message);

/*
 * Append the threads of the messages: "(1 2 (3)(4))(5)"; nothing for no messages.
 *
 * messages   in the order of the mailbox; borrowed
 * pool       takes about 200 bytes for each message and each reference
 */
bool thread_print(enum thread_kind kind, const struct thread_message *messages, size_t count,
    struct arena *pool, struct str *out);

#endif

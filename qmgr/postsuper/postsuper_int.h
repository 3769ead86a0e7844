/* SPDX-License-Identifier: ISC */
#ifndef POSTSUPER_INT_H
#define POSTSUPER_INT_H

#include "lib/queue/queue_command.h"

enum { REQUESTS_MAX = 100 };

struct postsuper;

/* One kind of request. */
struct action {
	int option;
	const char *total;              /* "Deleted" */
	const char *const *queues;      /* where it looks; ends with NULL */

	/* Act on one message. false: it is not there, or nothing was to be done. */
	bool (*run)(struct postsuper *ps, const char *queue_name, struct span id);
};

struct request {
	const struct action *action;
	const char *what;               /* a queue ID, "ALL", "-" */
};

struct postsuper {
	struct queue_command command;
	const char *const *queues;      /* ends with NULL */
	struct request requests[REQUESTS_MAX];
	size_t request_count;
	bool wants_purge, wants_structure;
	bool has_released, has_requeued, has_changed;
};

/* The row for an option letter. */
const struct action *action_find(int option);
bool action_applies(const struct action *action, const char *queue_name);

/*
 * Root, or in a system that runs as one ordinary user that user; ends the process otherwise. Root
 * becomes mail_owner, so that directories that are made here can be used by the daemons.
 */
void postsuper_become_owner(const struct queue_command *command);

/* Files in the wrong hash directory, as after a change of hash_queue_depth, go where they belong. */
void postsuper_mend_structure(struct postsuper *ps);

/* Unfinished files of writers that are gone. */
void postsuper_purge(struct postsuper *ps);

/* What was done is on stable storage. */
void postsuper_sync(const struct postsuper *ps);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_COMMAND_H
#define QUEUE_COMMAND_H

#include "lib/queue/queue_dir.h"
#include "lib/sys/mail_conf.h"

/* What commands that deal with the queue begin with: configuration, log, the queue. */
struct queue_command {
	const char *name;
	struct arena *arena;
	struct main_cf *cf;
	struct mail_conf mail;
	struct queue *queue;            /* NULL before queue_command_open_queue */
};

/* What is said before the configuration is known, of options for one, begins with the command's name. */
void queue_command_name(const char *name);

/* directory: of -c, or NULL. Ends the process with a message when the configuration cannot be used. */
void queue_command_init(struct queue_command *command, const char *name, const char *directory, int verbose);
void queue_command_open_queue(struct queue_command *command);

#endif

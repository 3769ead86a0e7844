/* SPDX-License-Identifier: ISC */
#ifndef BOUNCE_INT_H
#define BOUNCE_INT_H

#include "lib/queue/bounce_log.h"
#include "lib/queue/mail_client.h"
#include "lib/queue/queue_dir.h"
#include "lib/queue/queue_file.h"
#include "lib/queue/queue_id.h"
#include "lib/sys/service.h"
#include "qmgr/bounce/bounce_conf.h"
#include "lib/queue/bounce_template.h"

/* One bounce process. */
struct bounce {
	struct program *program;
	struct bounce_conf conf;
	struct bounce_templates templates;
	struct queue *queue;
	struct mail_client cleanup;
};

/* One notification in the making. */
struct notice {
	struct bounce *bounce;
	struct arena *arena;
	enum bounce_kind kind;
	const char *log;                /* where its records are: "bounce", "defer", "trace" */
	struct span queue_id;
	int fd;                         /* the queue file */
	struct queue_envelope envelope;
	struct queue_content content;
	ARRAY(struct bounce_rcpt) rcpts;        /* those whom it concerns */
};

/* Append records to a log, durable when they are final. */
bool bounce_append_records(struct bounce *bounce, const struct bounce_append *append, struct err *err);

/* Make the notification that is asked for, and its copies. */
bool bounce_make_notice(struct bounce *bounce, const struct bounce_notify *request, struct arena *arena, struct err *err);

/* A log that is gone is fine. */
bool bounce_remove_log(struct bounce *bounce, const char *log, struct span queue_id, struct err *err);

/* Read the records of a log; none when there is no file. */
bool bounce_read_log(struct bounce *bounce, struct notice *notice, struct err *err);

/* The whole message but the original, with the place where that belongs. */
struct notice_mail {
	struct span sender, to;         /* envelope */
	const char *subject;
	bool headers_only;
	bool is_for_postmaster;
};
bool bounce_compose(struct notice *notice, const struct notice_mail *mail, struct span next_id, struct str *head,
    struct str *tail, struct err *err);

/* Send one mail through cleanup; id_out is its queue ID. */
bool bounce_send(struct notice *notice, const struct notice_mail *mail, struct span *id_out, struct err *err);

#endif

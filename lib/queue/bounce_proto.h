/* SPDX-License-Identifier: ISC */
#ifndef BOUNCE_PROTO_H
#define BOUNCE_PROTO_H

#include "lib/sys/msg.h"

/* qmgr tells bounce, over a kept connection; each request is answered by bounce_done, in order. */

enum {
	BOUNCE_ADDRESS_MAX = 2048,      /* bytes of an address in internal form */
	BOUNCE_TEXT_MAX = 4096,         /* bytes of a text or diagnostic */
};

/* Append to the log of a message: log is "bounce", "defer" or "trace". */
struct bounce_append {
	struct span log, queue_id;
	struct msg_list recipients;     /* struct bounce_rcpt */
};
extern const struct msg_desc bounce_append_desc;

struct bounce_rcpt {
	struct span address, original, dsn_orcpt;
	int64_t dsn_notify;
	struct span dsn, action, text, remote_mta, diagnostic;
	int64_t offset;
	int64_t when_us;
};
extern const struct msg_desc bounce_rcpt_desc;

/*
 * Make a notification from a message's log and remove the log. kind: "failure" (from bounce), "delay"
 * (from defer, which stays), "success" (from trace), "verify".
 */
struct bounce_notify {
	struct span kind, queue_id, queue_name;
	int fd;                         /* the queue file, read-only */
};
extern const struct msg_desc bounce_notify_desc;

/* Forget the logs of a message that is gone. */
struct bounce_forget {
	struct span log, queue_id;
};
extern const struct msg_desc bounce_forget_desc;

struct bounce_done {
	bool ok;
	struct span error;
};
extern const struct msg_desc bounce_done_desc;

#endif

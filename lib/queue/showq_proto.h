/* SPDX-License-Identifier: ISC */
#ifndef SHOWQ_PROTO_H
#define SHOWQ_PROTO_H

#include "lib/sys/msg.h"

/*
 * showq writes one showq_message per message in the queue, then showq_end, to whoever connects. A
 * message with very many recipients comes in pieces: the same again with is_continued set.
 */
enum { SHOWQ_RCPTS_MAX = 200 };

struct showq_rcpt {
	struct span address, original;  /* internal form */
	struct span delay_reason, bounce_reason;
};
extern const struct msg_desc showq_rcpt_desc;

struct showq_message {
	struct span queue_name, queue_id;
	int64_t arrival_us;
	int64_t size_bytes;
	bool is_expire_forced;
	bool is_continued;
	struct span sender;             /* internal form */
	struct msg_list recipients;     /* struct showq_rcpt */
};
extern const struct msg_desc showq_message_desc;

struct showq_end {
	bool unused;
};
extern const struct msg_desc showq_end_desc;

#endif

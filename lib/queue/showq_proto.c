/* SPDX-License-Identifier: ISC */
/* Field tables of the queue listing. */
#include "lib/queue/showq_proto.h"

static const struct msg_field showq_rcpt_fields[] = {
	M_STR(struct showq_rcpt, address, .required = true, .max = 2048, .doc = "recipient, internal form"),
	M_STR(struct showq_rcpt, original, .max = 2048, .doc = "recipient as the sender gave it"),
	M_STR(struct showq_rcpt, delay_reason, .max = 4096, .doc = "why it waits"),
	M_STR(struct showq_rcpt, bounce_reason, .max = 4096, .doc = "why it failed; the report is not sent yet"),
};
const struct msg_desc showq_rcpt_desc =
    MSG_DESC(showq_rcpt, struct showq_rcpt, showq_rcpt_fields, 1, 0, "one recipient of a message in the queue");

static const struct msg_field showq_message_fields[] = {
	M_STR(struct showq_message, queue_name, .required = true, .max = 32, .doc = "maildrop, hold, incoming, active, deferred"),
	M_STR(struct showq_message, queue_id, .required = true, .max = 100, .doc = "queue ID"),
	M_INT(struct showq_message, arrival_us, .required = true, .doc = "time of arrival"),
	M_INT(struct showq_message, size_bytes, .required = true, .max = INT64_MAX, .doc = "size with CRLF line ends"),
	M_BOOL(struct showq_message, is_expire_forced, .doc = "to be returned after the next attempt"),
	M_BOOL(struct showq_message, is_continued, .doc = "further recipients of the message before"),
	M_STR(struct showq_message, sender, .max = 2048, .doc = "sender, internal form"),
	M_LIST(struct showq_message, recipients, .item = &showq_rcpt_desc, .max = SHOWQ_RCPTS_MAX, .doc = "who has not got it"),
};
const struct msg_desc showq_message_desc = MSG_DESC(showq_message, struct showq_message, showq_message_fields, 1, 0,
    "one message in the queue");

static const struct msg_field showq_end_fields[] = {
	M_BOOL(struct showq_end, unused, .doc = "nothing"),
};
const struct msg_desc showq_end_desc = MSG_DESC(showq_end, struct showq_end, showq_end_fields, 1, 0, "that was all");

/* SPDX-License-Identifier: ISC */
/* Field tables of the messages between qmgr and bounce. */
#include "lib/queue/bounce_proto.h"

static const struct msg_field bounce_rcpt_fields[] = {
	M_STR(struct bounce_rcpt, address, .required = true, .max = BOUNCE_ADDRESS_MAX,
	    .doc = "recipient, internal form"),
	M_STR(struct bounce_rcpt, original, .max = BOUNCE_ADDRESS_MAX,
	    .doc = "recipient as the sender gave it"),
	M_STR(struct bounce_rcpt, dsn_orcpt, .max = BOUNCE_ADDRESS_MAX,
	    .doc = "ORCPT, decoded: type;address"),
	M_INT(struct bounce_rcpt, dsn_notify, .max = 15, .doc = "NOTIFY, mask of QUEUE_NOTIFY_*"),
	M_STR(struct bounce_rcpt, dsn, .max = 12, .doc = "enhanced status code"),
	M_STR(struct bounce_rcpt, action, .max = 16,
	    .doc = "delivered, relayed, expanded, failed, delayed"),
	M_STR(struct bounce_rcpt, text, .max = BOUNCE_TEXT_MAX, .doc = "why"),
	M_STR(struct bounce_rcpt, remote_mta, .max = 1100, .doc = "dns; host"),
	M_STR(struct bounce_rcpt, diagnostic, .max = BOUNCE_TEXT_MAX, .doc = "smtp; reply"),
	M_INT(struct bounce_rcpt, offset, .max = INT64_MAX,
	    .doc = "of its record in the queue file"),
	M_INT(struct bounce_rcpt, when_us, .max = INT64_MAX, .doc = "time of the attempt"),
};
const struct msg_desc bounce_rcpt_desc = MSG_DESC(bounce_rcpt, struct bounce_rcpt,
    bounce_rcpt_fields, 1, 0,
    "what became of one recipient");

static const struct msg_field bounce_append_fields[] = {
	M_STR(struct bounce_append, log, .required = true, .max = 16,
	    .doc = "bounce, defer or trace"),
	M_STR(struct bounce_append, queue_id, .required = true, .max = 100, .doc = "queue ID"),
	M_LIST(struct bounce_append, recipients, .required = true, .item = &bounce_rcpt_desc,
	    .max = 10000,
	    .doc = "recipients to add"),
};
const struct msg_desc bounce_append_desc = MSG_DESC(bounce_append, struct bounce_append,
    bounce_append_fields, 1, 0,
    "append to the log of a message");

static const struct msg_field bounce_notify_fields[] = {
	M_STR(struct bounce_notify, kind, .required = true, .max = 16,
	    .doc = "failure, delay, success or verify"),
	M_STR(struct bounce_notify, queue_id, .required = true, .max = 100, .doc = "queue ID"),
	M_STR(struct bounce_notify, queue_name, .max = 32, .doc = "where the file lies"),
	M_FD(struct bounce_notify, fd, .doc = "the queue file, open for reading"),
};
const struct msg_desc bounce_notify_desc = MSG_DESC(bounce_notify, struct bounce_notify,
    bounce_notify_fields, 1, 0,
    "make a notification from a message's log");

static const struct msg_field bounce_forget_fields[] = {
	M_STR(struct bounce_forget, log, .required = true, .max = 16,
	    .doc = "bounce, defer or trace"),
	M_STR(struct bounce_forget, queue_id, .required = true, .max = 100, .doc = "queue ID"),
};
const struct msg_desc bounce_forget_desc = MSG_DESC(bounce_forget, struct bounce_forget,
    bounce_forget_fields, 1, 0,
    "forget a log of a message that is gone");

static const struct msg_field bounce_done_fields[] = {
	M_BOOL(struct bounce_done, ok, .required = true, .doc = "done and durable"),
	M_STR(struct bounce_done, error, .max = 2000, .doc = "why not"),
};
const struct msg_desc bounce_done_desc = MSG_DESC(bounce_done, struct bounce_done,
    bounce_done_fields, 1, 0,
    "answer to a request");

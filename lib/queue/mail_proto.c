/* SPDX-License-Identifier: ISC */
/*
 * Field tables of the messages between cleanup, its callers and qmgr. Limits here are what one frame
 * may hold; limits of policy (recipients, sizes) are the programs'.
 */
#include "lib/queue/mail_proto.h"

#include "lib/queue/queue_file.h"

static const struct msg_field mail_ready_fields[] = {
	M_STR(struct mail_ready, queue_id, .required = true, .max = 100,
	    .doc = "queue ID of the next message"),
};
const struct msg_desc mail_ready_desc = MSG_DESC(mail_ready, struct mail_ready, mail_ready_fields,
    1, 0,
    "cleanup announces the queue ID of the next message");

static const struct msg_field mail_rcpt_fields[] = {
	M_STR(struct mail_rcpt, address, .required = true, .max = MAIL_ADDRESS_MAX,
	    .doc = "recipient, internal form"),
	M_STR(struct mail_rcpt, original, .max = MAIL_ADDRESS_MAX,
	    .doc = "recipient as the sender gave it"),
	M_STR(struct mail_rcpt, dsn_orcpt, .max = MAIL_ADDRESS_MAX,
	    .doc = "ORCPT, decoded: type;address"),
	M_INT(struct mail_rcpt, dsn_notify, .max = 15,
	    .doc = "NOTIFY, mask of QUEUE_NOTIFY_*; 0: not given"),
};
const struct msg_desc mail_rcpt_desc = MSG_DESC(mail_rcpt, struct mail_rcpt, mail_rcpt_fields, 1, 0,
    "one recipient of a message");

static const struct msg_field mail_begin_fields[] = {
	M_INT(struct mail_begin, flags, .max = (1 << 11) - 1, .doc = "mask of enum mail_flag"),
	M_STR(struct mail_begin, sender, .required = true, .max = MAIL_ADDRESS_MAX,
	    .doc = "envelope sender, internal form"),
	M_INT(struct mail_begin, arrival_us, .max = INT64_MAX,
	    .doc = "arrival of the envelope; 0: now"),
	M_INT(struct mail_begin, size_hint, .max = INT64_MAX,
	    .doc = "SIZE= of MAIL FROM; 0: unknown"),
	M_INT(struct mail_begin, size_limit, .max = INT64_MAX,
	    .doc = "largest message taken; 0: none"),
	M_STR(struct mail_begin, encoding, .max = 16, .doc = "BODY=: 7bit, 8bit"),
	M_STR(struct mail_begin, rewrite_context, .max = 16, .doc = "local or remote"),
	M_STR(struct mail_begin, full_name, .max = 1000,
	    .doc = "full name of the sender (sendmail -F)"),
	M_STR(struct mail_begin, dsn_envid, .max = 1000, .doc = "ENVID, decoded"),
	M_STR(struct mail_begin, dsn_ret, .max = 4, .doc = "RET: FULL or HDRS"),
	M_STR(struct mail_begin, verp, .max = 2, .doc = "XVERP delimiters"),
	M_STR(struct mail_begin, content_filter, .max = 4096, .doc = "transport:nexthop"),
	M_STR(struct mail_begin, redirect, .max = MAIL_ADDRESS_MAX,
	    .doc = "deliver to this address instead"),
	M_LIST(struct mail_begin, bcc, .item = &mail_rcpt_desc, .max = MAIL_BCC_MAX,
	    .doc = "recipients of BCC actions"),
	M_STR(struct mail_begin, prepend, .max = MAIL_PREPEND_MAX, .doc = "header fields of PREPEND actions"),
	M_STR(struct mail_begin, trace, .max = 16384, .doc = "Received: field to put on top"),
	M_STR(struct mail_begin, client_name, .max = 1024,
	    .doc = "verified client name, or unknown"),
	M_STR(struct mail_begin, client_address, .max = 128, .doc = "client IP address"),
	M_STR(struct mail_begin, client_port, .max = 16, .doc = "client TCP port"),
	M_STR(struct mail_begin, client_helo, .max = 1024, .doc = "HELO or EHLO argument"),
	M_STR(struct mail_begin, client_protocol, .max = 32, .doc = "SMTP or ESMTP"),
	M_STR(struct mail_begin, reverse_client_name, .max = 1024, .doc = "unverified client name"),
	M_STR(struct mail_begin, log_ident, .max = 128,
	    .doc = "queue ID before the content filter"),
	M_STR(struct mail_begin, sasl_method, .max = 128, .doc = "SASL mechanism"),
	M_STR(struct mail_begin, sasl_username, .max = 1024, .doc = "SASL user"),
	M_STR(struct mail_begin, sasl_sender, .max = MAIL_ADDRESS_MAX, .doc = "AUTH= of MAIL FROM"),
	M_INT(struct mail_begin, submit_uid, .required = true, .min = -1, .max = UINT32_MAX,
	    .doc = "user id of a local submission; -1: none"),
	M_STR(struct mail_begin, origin, .max = 4096,
	    .doc = "what this message replaces, for recovery"),
	M_LIST(struct mail_begin, recipients, .item = &mail_rcpt_desc, .max = 10000,
	    .doc = "recipients known so far"),
};
const struct msg_desc mail_begin_desc = MSG_DESC(mail_begin, struct mail_begin, mail_begin_fields,
    1, 0,
    "a message begins: sender, recipients and where it comes from");

static const struct msg_field mail_rcpts_fields[] = {
	M_LIST(struct mail_rcpts, recipients, .required = true, .item = &mail_rcpt_desc,
	    .max = 10000,
	    .doc = "further recipients"),
};
const struct msg_desc mail_rcpts_desc = MSG_DESC(mail_rcpts, struct mail_rcpts, mail_rcpts_fields,
    1, 0,
    "further recipients of the message that was begun");

static const struct msg_field mail_none_fields[] = {
	M_BOOL(struct mail_none, unused, .doc = "not used"),
};
const struct msg_desc mail_review_desc = MSG_DESC(mail_review, struct mail_none, mail_none_fields,
    1, 0,
    "the header is complete: show it as it will stand");
const struct msg_desc mail_body_desc = MSG_DESC(mail_body, struct mail_none, mail_none_fields, 1, 0,
    "forget the body so far: the data that follow replace it");
const struct msg_desc mail_leave_desc = MSG_DESC(mail_leave, struct mail_none, mail_none_fields, 1,
    0,
    "cleanup shall end: the client is to close the connection before its next message");
const struct msg_desc mail_abort_desc = MSG_DESC(mail_abort, struct mail_none, mail_none_fields, 1,
    0,
    "forget the message; the answer is mail_ready");

static const struct msg_field mail_headers_fields[] = {
	M_STR(struct mail_headers, queue_id, .required = true, .max = 100,
	    .doc = "queue ID of this message"),
	M_STR(struct mail_headers, error_dsn, .max = 12,
	    .doc = "the message is refused already; mail_end will say why"),
	M_STR(struct mail_headers, block, .required = true, .max = MAIL_HEADER_MAX,
	    .doc = "header block, LF line ends"),
};
const struct msg_desc mail_headers_desc = MSG_DESC(mail_headers, struct mail_headers,
    mail_headers_fields, 1, 0,
    "the header block as it will stand");

static const struct msg_field mail_edit_fields[] = {
	M_INT(struct mail_edit, op, .required = true, .min = MAIL_EDIT_ADD, .max = MAIL_EDIT_HOLD,
	    .doc = "enum mail_edit_op"),
	M_INT(struct mail_edit, index, .max = 1 << 20,
	    .doc = "field, counted from 1 against the block that was shown"),
	M_STR(struct mail_edit, name, .max = 1024, .doc = "field name"),
	M_STR(struct mail_edit, value, .doc = "field value, or address"),
	M_STR(struct mail_edit, dsn_orcpt, .max = MAIL_ADDRESS_MAX,
	    .doc = "ORCPT of an added recipient"),
	M_INT(struct mail_edit, dsn_notify, .max = 15, .doc = "NOTIFY of an added recipient"),
};
const struct msg_desc mail_edit_desc = MSG_DESC(mail_edit, struct mail_edit, mail_edit_fields, 1, 0,
    "one change that a filter made");

static const struct msg_field mail_edits_fields[] = {
	M_LIST(struct mail_edits, edits, .required = true, .item = &mail_edit_desc, .max = 10000,
	    .doc = "changes, in order"),
};
const struct msg_desc mail_edits_desc = MSG_DESC(mail_edits, struct mail_edits, mail_edits_fields,
    1, 0,
    "what the filters changed");

static const struct msg_field mail_end_fields[] = {
	M_INT(struct mail_end, flags, .max = MAIL_HOLD | MAIL_DISCARD,
	    .doc = "of enum mail_flag: hold, discard"),
	M_STR(struct mail_end, content_filter, .max = 4096, .doc = "transport:nexthop"),
	M_STR(struct mail_end, redirect, .max = MAIL_ADDRESS_MAX,
	    .doc = "deliver to this address instead"),
	M_LIST(struct mail_end, bcc, .item = &mail_rcpt_desc, .max = MAIL_BCC_MAX,
	    .doc = "recipients of BCC actions"),
};
const struct msg_desc mail_end_desc = MSG_DESC(mail_end, struct mail_end, mail_end_fields, 1, 1,
    "the message is complete: decide");

static const struct msg_field mail_done_fields[] = {
	M_INT(struct mail_done, status, .required = true, .max = MAIL_DISCARDED,
	    .doc = "enum mail_status"),
	M_STR(struct mail_done, queue_id, .max = 100, .doc = "queue ID of this message"),
	M_INT(struct mail_done, size_bytes, .max = INT64_MAX, .doc = "size with CRLF line ends"),
	M_STR(struct mail_done, dsn, .max = 12, .doc = "enhanced status code"),
	M_STR(struct mail_done, text, .max = 2000, .doc = "why, for the reply"),
	M_INT(struct mail_done, reply_code, .max = 599,
	    .doc = "SMTP reply code; 0: 451 or 550 by status"),
	M_STR(struct mail_done, next_queue_id, .max = 100, .doc = "queue ID of the next message"),
	M_BOOL(struct mail_done, closing, .doc = "no further message on this connection"),
};
const struct msg_desc mail_done_desc = MSG_DESC(mail_done, struct mail_done, mail_done_fields, 1, 0,
    "the message is accepted and durable, or why not");

static const struct msg_field queued_rcpt_fields[] = {
	M_STR(struct queued_rcpt, address, .required = true, .max = MAIL_ADDRESS_MAX,
	    .doc = "recipient, internal form"),
	M_STR(struct queued_rcpt, original, .max = MAIL_ADDRESS_MAX,
	    .doc = "recipient as the sender gave it"),
	M_STR(struct queued_rcpt, dsn_orcpt, .max = MAIL_ADDRESS_MAX, .doc = "ORCPT, decoded"),
	M_INT(struct queued_rcpt, dsn_notify, .max = QUEUE_NOTIFY_ALL, .doc = "NOTIFY, mask of QUEUE_NOTIFY_*"),
	M_INT(struct queued_rcpt, offset, .required = true, .max = INT64_MAX,
	    .doc = "of its record in the queue file"),
};
const struct msg_desc queued_rcpt_desc = MSG_DESC(queued_rcpt, struct queued_rcpt,
    queued_rcpt_fields, 1, 0,
    "one recipient of a queued message");

static const struct msg_field queued_fields[] = {
	M_STR(struct queued, queue_id, .required = true, .max = 100,
	    .doc = "queue ID; the file lies in incoming"),
	M_STR(struct queued, sender, .required = true, .max = MAIL_ADDRESS_MAX,
	    .doc = "envelope sender"),
	M_INT(struct queued, size_bytes, .max = INT64_MAX, .doc = "size with CRLF line ends"),
	M_INT(struct queued, arrival_us, .max = INT64_MAX, .doc = "arrival of the envelope"),
	M_INT(struct queued, recipient_count, .max = INT64_MAX,
	    .doc = "all recipients; more than listed: read the file"),
	M_LIST(struct queued, recipients, .item = &queued_rcpt_desc, .max = QUEUED_RCPT_MAX,
	    .doc = "recipients that fit"),
	M_STR(struct queued, content_filter, .max = 4096, .doc = "transport:nexthop"),
	M_STR(struct queued, redirect, .max = MAIL_ADDRESS_MAX,
	    .doc = "deliver to this address instead"),
};
const struct msg_desc queued_desc = MSG_DESC(queued, struct queued, queued_fields, 1, 0,
    "a new message is ready in incoming");

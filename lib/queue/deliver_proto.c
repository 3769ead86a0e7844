/* SPDX-License-Identifier: ISC */
/* Field tables of the messages between qmgr and delivery agents. */
#include "lib/queue/deliver_proto.h"

static const struct msg_field deliver_rcpt_fields[] = {
	M_INT(struct deliver_rcpt, offset, .required = true, .max = INT64_MAX,
	    .doc = "names the recipient in this exchange"),
	M_STR(struct deliver_rcpt, address, .required = true, .max = DELIVER_ADDRESS_MAX,
	    .doc = "recipient, internal form"),
	M_STR(struct deliver_rcpt, original, .max = DELIVER_ADDRESS_MAX,
	    .doc = "recipient as the sender gave it"),
	M_STR(struct deliver_rcpt, dsn_orcpt, .max = DELIVER_ADDRESS_MAX,
	    .doc = "ORCPT, decoded: type;address"),
	M_INT(struct deliver_rcpt, dsn_notify, .max = 15, .doc = "NOTIFY, mask of QUEUE_NOTIFY_*"),
};
const struct msg_desc deliver_rcpt_desc = MSG_DESC(deliver_rcpt, struct deliver_rcpt,
    deliver_rcpt_fields, 1, 0,
    "one recipient to deliver to");

static const struct msg_field deliver_fields[] = {
	M_STR(struct deliver, queue_id, .required = true, .max = 100, .doc = "queue ID"),
	M_STR(struct deliver, queue_name, .max = 32, .doc = "active, or where the file lies"),
	M_FD(struct deliver, fd, .required = true, .doc = "the queue file, open for reading"),
	M_STR(struct deliver, transport, .required = true, .max = 256,
	    .doc = "service in master.cf"),
	M_STR(struct deliver, nexthop, .max = 4096, .doc = "destination; for error: the text"),
	M_STR(struct deliver, sender, .required = true, .max = DELIVER_ADDRESS_MAX,
	    .doc = "envelope sender"),
	M_STR(struct deliver, encoding, .max = 16, .doc = "7bit, 8bit"),
	M_STR(struct deliver, dsn_envid, .max = 1000, .doc = "ENVID, decoded"),
	M_STR(struct deliver, dsn_ret, .max = 4, .doc = "RET: FULL or HDRS"),
	M_STR(struct deliver, rewrite_context, .max = 16, .doc = "local or remote"),
	M_STR(struct deliver, message_id, .max = 2048, .doc = "value of Message-Id"),
	M_INT(struct deliver, header_offset, .max = INT64_MAX,
	    .doc = "where the header block begins"),
	M_INT(struct deliver, header_bytes, .max = INT64_MAX, .doc = "its length"),
	M_INT(struct deliver, body_offset, .max = INT64_MAX, .doc = "where the body begins"),
	M_INT(struct deliver, body_bytes, .max = INT64_MAX, .doc = "its length"),
	M_INT(struct deliver, size_crlf, .max = INT64_MAX, .doc = "size with CRLF line ends"),
	M_INT(struct deliver, longest_line, .max = INT64_MAX, .doc = "bytes without line end"),
	M_BOOL(struct deliver, has_8bit_header, .doc = "some header byte is above 127"),
	M_BOOL(struct deliver, has_8bit_body, .doc = "some body byte is above 127"),
	M_BOOL(struct deliver, has_dot_line, .doc = "some body line begins with a dot"),
	M_BOOL(struct deliver, has_nul, .doc = "there are NUL bytes"),
	M_BOOL(struct deliver, is_binary, .doc = "BODY=BINARYMIME: verbatim"),
	M_BOOL(struct deliver, lacks_final_newline, .doc = "the last line has no end"),
	M_BOOL(struct deliver, smtputf8, .doc = "needs SMTPUTF8"),
	M_BOOL(struct deliver, requiretls, .doc = "needs REQUIRETLS"),
	M_BOOL(struct deliver, tls_optional, .doc = "TLS-Required: no"),
	M_BOOL(struct deliver, is_bounce, .doc = "a notification of our own"),
	M_BOOL(struct deliver, is_verify, .doc = "an address probe: do not deliver"),
	M_BOOL(struct deliver, report_delivery, .doc = "mail a report of the first attempt"),
	M_INT(struct deliver, arrival_us, .max = INT64_MAX, .doc = "arrival of the message"),
	M_INT(struct deliver, active_us, .max = INT64_MAX, .doc = "when qmgr took it"),
	M_STR(struct deliver, client_name, .max = 1024, .doc = "client name"),
	M_STR(struct deliver, client_address, .max = 128, .doc = "client IP address"),
	M_STR(struct deliver, client_port, .max = 16, .doc = "client TCP port"),
	M_STR(struct deliver, client_helo, .max = 1024, .doc = "HELO or EHLO argument"),
	M_STR(struct deliver, client_protocol, .max = 32, .doc = "SMTP or ESMTP"),
	M_STR(struct deliver, log_ident, .max = 128, .doc = "identity for logging"),
	M_STR(struct deliver, sasl_method, .max = 128, .doc = "SASL mechanism"),
	M_STR(struct deliver, sasl_username, .max = 1024, .doc = "SASL user"),
	M_STR(struct deliver, sasl_sender, .max = DELIVER_ADDRESS_MAX, .doc = "AUTH= of MAIL FROM"),
	M_LIST(struct deliver, recipients, .required = true, .item = &deliver_rcpt_desc,
	    .max = 10000,
	    .doc = "recipients"),
};
const struct msg_desc deliver_desc = MSG_DESC(deliver, struct deliver, deliver_fields, 1, 0,
    "deliver this message to these recipients");

static const struct msg_field delivered_rcpt_fields[] = {
	M_INT(struct delivered_rcpt, offset, .required = true, .max = INT64_MAX,
	    .doc = "of the request"),
	M_INT(struct delivered_rcpt, status, .required = true, .min = DELIVER_SENT,
	    .max = DELIVER_UNDELIVERABLE,
	    .doc = "enum deliver_status"),
	M_STR(struct delivered_rcpt, dsn, .max = 12, .doc = "enhanced status code"),
	M_STR(struct delivered_rcpt, text, .max = DELIVER_TEXT_MAX,
	    .doc = "the text of the log line"),
	M_STR(struct delivered_rcpt, action, .max = 16,
	    .doc = "delivered, relayed, expanded, failed, delayed"),
	M_STR(struct delivered_rcpt, remote_mta, .max = 1100, .doc = "dns; host"),
	M_STR(struct delivered_rcpt, diagnostic, .max = DELIVER_TEXT_MAX, .doc = "smtp; reply"),
};
const struct msg_desc delivered_rcpt_desc = MSG_DESC(delivered_rcpt, struct delivered_rcpt,
    delivered_rcpt_fields, 1, 0,
    "what became of one recipient");

static const struct msg_field delivered_fields[] = {
	M_LIST(struct delivered, recipients, .required = true, .item = &delivered_rcpt_desc,
	    .max = 10000,
	    .doc = "every recipient of the request, once"),
	M_BOOL(struct delivered, destination_failed, .doc = "the destination as a whole failed"),
	M_STR(struct delivered, destination_dsn, .max = 12, .doc = "why: enhanced status code"),
	M_STR(struct delivered, destination_text, .max = DELIVER_TEXT_MAX, .doc = "why"),
	M_BOOL(struct delivered, closing, .doc = "no further request on this connection"),
};
const struct msg_desc delivered_desc = MSG_DESC(delivered, struct delivered, delivered_fields, 1, 0,
    "what became of a delivery");

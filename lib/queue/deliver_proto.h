/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_PROTO_H
#define DELIVER_PROTO_H

#include "lib/sys/msg.h"

/*
 * qmgr hands work to delivery agents over kept connections: one `deliver` at a time per connection,
 * answered by one `delivered`. The agent gets the queue file open for reading, so it needs no right
 * to the queue; it logs each recipient's line and reports; qmgr marks recipients done and passes
 * failures to bounce.
 */

enum {
	DELIVER_ADDRESS_MAX = 2048,     /* bytes of an address in internal form */
	DELIVER_TEXT_MAX = 4096,        /* bytes of a text or diagnostic */
};

struct deliver_rcpt {
	int64_t offset;                 /* names the recipient in this exchange */
	struct span address, original, dsn_orcpt;
	int64_t dsn_notify;
};
extern const struct msg_desc deliver_rcpt_desc;

struct deliver {
	struct span queue_id, queue_name;
	int fd;                         /* the queue file, read-only */
	struct span transport, nexthop;
	struct span sender;
	struct span encoding, dsn_envid, dsn_ret, rewrite_context, message_id;
	int64_t header_offset, header_bytes, body_offset, body_bytes, size_crlf, longest_line;
	bool has_8bit_header, has_8bit_body, has_dot_line, has_nul, is_binary, lacks_final_newline;
	bool smtputf8, requiretls, tls_optional, is_bounce, is_verify, report_delivery;
	int64_t arrival_us;             /* delays=: a */
	int64_t active_us;              /* when qmgr took it: b begins */
	struct span client_name, client_address, client_port, client_helo, client_protocol,
	    log_ident;
	struct span sasl_method, sasl_username, sasl_sender;
	struct msg_list recipients;     /* struct deliver_rcpt */
};
extern const struct msg_desc deliver_desc;

enum deliver_status { DELIVER_SENT = 1, DELIVER_DEFERRED, DELIVER_BOUNCED, DELIVER_DELIVERABLE,
    DELIVER_UNDELIVERABLE };

struct delivered_rcpt {
	int64_t offset;
	int64_t status;                 /* enum deliver_status */
	struct span relay;              /* by whom, as in the log; "": nobody */
	struct span dsn, text;          /* "5.1.1", the text in the log line's brackets */
	struct span action;             /* DSN: delivered, relayed, expanded, failed, delayed */
	struct span remote_mta;         /* "dns; host", "" */
	struct span diagnostic;         /* "smtp; 550 ...", "x-unix; ...", "" */
};
extern const struct msg_desc delivered_rcpt_desc;

/* One of those for whom a recipient stands, or "expanded": the sender hears of them in its place. */
struct delivered_part {
	struct span address;
	int64_t dsn_notify;             /* what the sender wants to hear */
	int64_t offset;                 /* of the recipient; this and what follows as in delivered_rcpt */
	int64_t status;
	struct span relay, dsn, text, action, remote_mta, diagnostic;
};
extern const struct msg_desc delivered_part_desc;

struct delivered {
	struct msg_list recipients;     /* every recipient of the request, once */
	struct msg_list parts;          /* struct delivered_part */
	bool destination_failed;        /* the destination as a whole: connect or handshake failed, for concurrency feedback */
	struct span destination_dsn, destination_text;
	bool closing;                   /* no further request on this connection */
};
extern const struct msg_desc delivered_desc;

#endif

/* SPDX-License-Identifier: ISC */
#ifndef PROXY_PROTO_H
#define PROXY_PROTO_H

#include "lib/sys/msg.h"

/*
 * What clients of proxymap(8) and proxywrite say and hear, over a kept connection; each request
 * gets one reply.
 */

enum {
	PROXY_ITEMS_MAX = 1000,         /* keys of one request */
	PROXY_KEY_MAX = 1 << 16,
	PROXY_VALUE_MAX = 1 << 18,
};

enum proxy_status {
	PROXY_STATUS_OK,
	PROXY_STATUS_NOKEY,             /* there is no such key, or no further entry */
	PROXY_STATUS_RETRY,             /* failed now: error says why */
	/* this can never work: unknown operation, malformed table name */
	PROXY_STATUS_BAD,
	PROXY_STATUS_DENY,              /* the table is not on proxy_read_maps (proxy_write_maps) */
};

enum proxy_op { PROXY_OP_GET, PROXY_OP_PUT, PROXY_OP_REMOVE, PROXY_OP_FIRST, PROXY_OP_NEXT };

/* One key, and for PUT its value. FIRST and NEXT take no items and give one. */
struct proxy_item {
	struct span key, value;
};
extern const struct msg_desc proxy_item_desc;

struct proxy_request {
	int64_t op;                     /* enum proxy_op */
	struct span table;              /* "type:name", without "proxy:" */
	int64_t flags;                  /* enum table_flag */
	struct msg_list items;          /* struct proxy_item */
};
extern const struct msg_desc proxy_request_desc;

struct proxy_result {
	int64_t status;                 /* enum proxy_status */
	struct span key;                /* FIRST and NEXT only */
	struct span value;
};
extern const struct msg_desc proxy_result_desc;

/*
 * status is the first that is neither OK nor NOKEY, else OK. results has as many as there were
 * items.
 */
struct proxy_reply {
	int64_t status;
	struct span error;
	struct msg_list results;        /* struct proxy_result */
};
extern const struct msg_desc proxy_reply_desc;

#endif

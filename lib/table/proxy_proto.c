/* SPDX-License-Identifier: ISC */
/* Field tables of the messages between proxymap and its clients. */
#include "lib/table/proxy_proto.h"

static const struct msg_field proxy_item_fields[] = {
	M_STR(struct proxy_item, key, .max = PROXY_KEY_MAX, .doc = "key, not folded"),
	M_STR(struct proxy_item, value, .max = PROXY_VALUE_MAX, .doc = "put: the value"),
};
const struct msg_desc proxy_item_desc = MSG_DESC(
    proxy_item, struct proxy_item, proxy_item_fields, 1, 0, "one key");

static const struct msg_field proxy_request_fields[] = {
	M_INT(struct proxy_request, op, .max = PROXY_OP_NEXT,
	    .doc = "0 get, 1 put, 2 remove, 3 first, 4 next"),
	M_STR(struct proxy_request, table, .required = true, .max = 4096, .doc = "type:name"),
	M_INT(struct proxy_request, flags, .max = UINT32_MAX, .doc = "mask of TABLE_*"),
	M_LIST(struct proxy_request, items, .item = &proxy_item_desc, .max = PROXY_ITEMS_MAX,
	    .doc = "keys"),
};
const struct msg_desc proxy_request_desc = MSG_DESC(
    proxy_request, struct proxy_request, proxy_request_fields, 1, 0, "ask or change a table");

static const struct msg_field proxy_result_fields[] = {
	M_INT(struct proxy_result, status, .max = PROXY_STATUS_DENY,
	    .doc = "0 OK, 1 NOKEY, 2 RETRY, 3 BAD, 4 DENY"),
	M_STR(struct proxy_result, key, .max = PROXY_KEY_MAX, .doc = "first, next: the key"),
	M_STR(struct proxy_result, value, .max = PROXY_VALUE_MAX,
	    .doc = "get, first, next: the value"),
};
const struct msg_desc proxy_result_desc = MSG_DESC(
    proxy_result, struct proxy_result, proxy_result_fields, 1, 0, "what became of one key");

static const struct msg_field proxy_reply_fields[] = {
	M_INT(struct proxy_reply, status, .max = PROXY_STATUS_DENY,
	    .doc = "the first failure, or OK"),
	M_STR(struct proxy_reply, error, .max = 1000, .doc = "why it failed"),
	M_LIST(struct proxy_reply, results, .item = &proxy_result_desc, .max = PROXY_ITEMS_MAX,
	    .doc = "one for each key"),
};
const struct msg_desc proxy_reply_desc = MSG_DESC(
    proxy_reply, struct proxy_reply, proxy_reply_fields, 1, 0, "the answer to a proxy_request");

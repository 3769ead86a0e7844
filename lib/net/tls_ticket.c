/* SPDX-License-Identifier: ISC */
/* The messages of tlsmgr. */
#include "lib/net/tls_ticket.h"

static const struct msg_field ask_fields[] = {
	M_STR(struct ticket_ask, service, .required = true, .max = 500,
	    .doc = "service of master.cf"),
	M_STR(struct ticket_ask, name, .max = 2 * TICKET_NAME_BYTES,
	    .doc = "key wanted; empty: the current one"),
	M_INT(struct ticket_ask, lifetime_s, .required = true, .min = 1, .max = 7 * 86400,
	    .doc = "how long tickets live"),
};
const struct msg_desc ticket_ask_desc = MSG_DESC(
    ticket_ask, struct ticket_ask, ask_fields, 1, 0, "which ticket key?");

static const struct msg_field key_fields[] = {
	M_STR(
	    struct ticket_key, name, .max = 2 * TICKET_NAME_BYTES, .doc = "its name; empty: none"),
	M_STR(struct ticket_key, cipher_key, .max = 2 * TICKET_CIPHER_BYTES,
	    .doc = "key of the cipher"),
	M_STR(struct ticket_key, mac_key, .max = 2 * TICKET_MAC_BYTES, .doc = "key of the HMAC"),
	M_INT(struct ticket_key, usable_s, .doc = "seconds for which tickets may be made with it"),
};
const struct msg_desc ticket_key_desc = MSG_DESC(
    ticket_key, struct ticket_key, key_fields, 1, 0, "a ticket key");

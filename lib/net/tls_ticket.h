/* SPDX-License-Identifier: ISC */
#ifndef TLS_TICKET_H
#define TLS_TICKET_H

#include "lib/sys/msg.h"

/*
 * Keys of session tickets, from tlsmgr: all processes of one service share them, no two services
 * do.
 * A key is made for tickets for one lifetime and understood for another.
 */
enum { TICKET_NAME_BYTES = 16, TICKET_CIPHER_BYTES = 32, TICKET_MAC_BYTES = 32 };

/* client -> tlsmgr: the key to make tickets with (name empty), or the key of that name. */
struct ticket_ask {
	struct span service; /* of master.cf */
	struct span name;    /* hexadecimal */
	int64_t lifetime_s;  /* of a ticket */
};
extern const struct msg_desc ticket_ask_desc;

/* tlsmgr -> client. name empty: there is no such key (any more). Binary values are hexadecimal. */
struct ticket_key {
	struct span name, cipher_key, mac_key;
	int64_t usable_s; /* seconds from now for which tickets may be made with it; 0: only read */
};
extern const struct msg_desc ticket_key_desc;

#endif

/* SPDX-License-Identifier: ISC */
#ifndef AUTH_CLIENT_H
#define AUTH_CLIENT_H

#include "lib/net/auth_proto.h"
#include "lib/sys/service.h"

/*
 * Asking authd, for sequential daemons whose manifest calls it: one exchange at a time, over a kept
 * connection. After a false the connection is given up, and the exchange with it; all errors are TEMP.
 */
struct auth_client {
	const struct mail_conf *mail;
	struct service_peers peers;
	struct peer *peer;              /* of the exchange under way */
	struct arena *arena;            /* of the mechanisms */
	struct auth_mechanisms offered;
	int64_t last_id;
};

void auth_client_init(
    struct auth_client *client, const struct mail_conf *mail, struct service_peers peers);
void auth_client_fini(struct auth_client *client);

/*
 * What authd offers; connects if need be.
 *
 * returns   NULL with *err; else struct auth_mechanism items, good until the next call
 */
const struct msg_list *auth_client_mechanisms(struct auth_client *client, struct err *err) MUST_USE;

/* What authd says to a message of the exchange. */
struct auth_answer {
	bool is_challenge;
	struct span challenge;          /* base64 */
	struct auth_done done;          /* unless it is a challenge */
};

/*
 * Begin an exchange (begin->id is filled in here) or go on with it, and wait for the answer. An authd
 * that has ended, as it does when accounts change, is asked again in the person of its successor.
 *
 * owns      the answer's spans and lists lie in the arena
 */
MUST_USE bool auth_client_begin(struct auth_client *client, struct auth_begin *begin,
    struct arena *arena, struct auth_answer *answer_out, struct err *err);
MUST_USE bool auth_client_continue(struct auth_client *client, struct span response,
    struct arena *arena, struct auth_answer *answer_out, struct err *err);

/* The exchange that was begun last shall not go on. */
void auth_client_cancel(struct auth_client *client);

#endif

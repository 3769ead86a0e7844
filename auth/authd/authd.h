/* SPDX-License-Identifier: ISC */
#ifndef AUTHD_H
#define AUTHD_H

#include "auth/authd/authd_cache.h"
#include "auth/authd/authd_mech.h"
#include "auth/authd/authd_penalty.h"
#include "auth/authd/authd_workers.h"
#include "lib/auth/auth_conf.h"
#include "lib/auth/auth_source.h"
#include "lib/base/list.h"
#include "lib/sys/service.h"

/* The state of authd, and of one client of it: a process that asks for others. */
struct authd {
	struct program *program;
	struct auth_conf conf;
	struct auth_sources passdbs, masters;
	struct mech_set *mechs;
	struct worker_pool *workers;
	struct authd_cache *cache;
	struct penalty *penalty;
	struct list clients;
	int exchange_count;
	int64_t looked_at_us;           /* when the sources were last looked at for change */
	bool is_stale;                  /* a successor was asked for: nothing new is begun here */
	bool is_retiring;
};

struct authd_client {
	struct list link;
	struct authd *authd;
	struct peer *peer;
	struct list exchanges;
};

/*
 * An exchange begins, goes on, is given up by its client. Each auth_begin and auth_continue is answered
 * once, perhaps later.
 *
 * returns   false with *err: the client broke the protocol
 */
MUST_USE bool exchange_begin(struct authd_client *client, const struct auth_begin *begin, struct err *err);
MUST_USE bool exchange_continue(struct authd_client *client, const struct auth_continue *more,
    struct err *err);
void exchange_cancel(struct authd_client *client, int64_t id);   /* may free the client */

/* The client has gone: all of its exchanges end. */
void exchange_end_all(struct authd_client *client);

/* An exchange of this client has ended: a client without any may be let go. May free it. */
void authd_client_rest(struct authd_client *client);

#endif

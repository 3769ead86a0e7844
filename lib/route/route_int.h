/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_INT_H
#define ROUTE_INT_H

/* What the files route_*.c share; nobody else includes this. */

#include "lib/mail/addr.h"
#include "lib/mail/rewrite.h"
#include "lib/route/own_domains.h"
#include "lib/route/rewrite_conf.h"
#include "lib/route/route.h"
#include "lib/sys/mail_conf.h"
#include "lib/table/maps.h"
#include "lib/table/match_list.h"

enum { ROUTE_VALUE_MAX = 4096 };

struct route {
	const struct rewrite_conf *conf;
	const struct mail_conf *mail;
	struct arena *arena;            /* lives as long as the route */
	struct str value;               /* of the last look-up */

	struct own_domains *own;
	struct match_list *alias_domains, *mailbox_domains, *relay_domains;
	struct maps *transport, *relocated, *sender_relayhost, *sender_transport;
	struct maps *canonical, *recipient_canonical;
	struct maps *virtual_alias, *local_recipients, *mailbox_recipients, *relay_recipients;
	unsigned transport_how;         /* of enum maps_how */
};

/* Look an address up in maps; value_out is route->value. */
enum lookup route_lookup(struct route *route, struct maps *maps, struct addr address, unsigned how, struct err *err);

#endif

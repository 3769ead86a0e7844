/* SPDX-License-Identifier: ISC */
/* Is there such a recipient? Asked by the SMTP server before it accepts one. */
#include "lib/route/route_int.h"

/* Some table has the address. *failure is set to LOOKUP_TEMP or LOOKUP_CONFIG when one could not say. */
static bool
has(struct route *route, struct maps *maps, struct addr address, enum lookup *failure, struct err *err)
{
	enum lookup found = route_lookup(route, maps, address, MAPS_ADDRESS, err);

	if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG)
		*failure = found;
	return found == LOOKUP_FOUND;
}

/* Canonical and virtual alias maps make any address known, whatever its class. */
static bool
is_rewritten(struct route *route, struct addr address, enum lookup *failure, struct err *err)
{
	return has(route, route->recipient_canonical, address, failure, err)
	    || has(route, route->canonical, address, failure, err)
	    || has(route, route->virtual_alias, address, failure, err);
}

/* The tables of the recipients of a class, and what to say of one that is not there. */
static struct maps *
maps_of_class(struct route *route, enum address_class class, struct span *text_out)
{
	switch (class) {
	case CLASS_LOCAL:
		*text_out = SPAN("User unknown in local recipient table");
		return route->local_recipients;
	case CLASS_VIRTUAL_MAILBOX:
		*text_out = SPAN("User unknown in virtual mailbox table");
		return route->mailbox_recipients;
	case CLASS_RELAY:
		*text_out = SPAN("User unknown in relay recipient table");
		return route->relay_recipients;
	case CLASS_VIRTUAL_ALIAS:
	case CLASS_DEFAULT:
		return NULL;
	}
	return NULL;
}

/* An error transport's own words: "5.1.1 text". */
static void
take_error_text(struct span nexthop, struct span *dsn_out, struct span *text_out)
{
	size_t blank = span_find(nexthop, ' ');
	struct span code = span_slice(nexthop, 0, blank);

	if (code.len >= 5 && ascii_is_digit(code.p[0]) && code.p[1] == '.') {
		*dsn_out = code;
		*text_out = span_trim(span_from(nexthop, blank));
	} else
		*text_out = nexthop;
}

/* Does the recipient exist? */
enum lookup
route_recipient_exists(struct route *route, struct span recipient, struct arena *arena, struct span *text_out,
    struct span *dsn_out, struct err *err)
{
	struct addr address = addr_from_internal(recipient);
	struct route_answer answer;
	enum lookup failure = LOOKUP_FOUND, found;
	struct maps *maps;

	*dsn_out = SPAN("5.1.1");
	*text_out = span_make(NULL, 0);
	if (is_rewritten(route, address, &failure, err) || failure != LOOKUP_FOUND)
		return failure;
	found = route_resolve(route, span_make(NULL, 0), recipient, arena, &answer, err);
	if (found != LOOKUP_FOUND)
		return found;
	if (answer.is_error) {
		take_error_text(answer.nexthop, dsn_out, text_out);
		return LOOKUP_NONE;
	}
	maps = maps_of_class(route, answer.class, text_out);
	if (maps == NULL || maps_is_empty(maps) || has(route, maps, addr_from_internal(answer.recipient), &failure, err))
		return LOOKUP_FOUND;
	return failure == LOOKUP_FOUND ? LOOKUP_NONE : failure;
}

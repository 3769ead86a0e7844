/* SPDX-License-Identifier: ISC */
/* Sender addresses that name the recipient, so that a list sees whose copy came back. */
#include "lib/mail/verp.h"

#include "lib/mail/addr.h"

bool
verp_is_good(struct span delimiters, const char *filter)
{
	return delimiters.len == 2 && span_run(delimiters, filter) == 2;
}

struct span
verp_sender(struct span sender, struct span recipient, struct span delimiters, struct arena *arena)
{
	struct addr from = addr_from_internal(sender), to = addr_from_internal(recipient);
	char *text;

	if (delimiters.len != 2 || from.local.len == 0 || to.local.len == 0)
		return sender;
	text = arena_printf(arena, "%.*s%c%.*s%c%.*s%s%.*s", SPAN_ARG(from.local), delimiters.p[0],
	    SPAN_ARG(to.local), delimiters.p[1], SPAN_ARG(to.domain), from.domain.len > 0 ? "@" : "",
	    SPAN_ARG(from.domain));
	return span_of(text);
}

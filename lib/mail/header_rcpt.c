/* SPDX-License-Identifier: ISC */
/* Recipients out of the header. */
#include "lib/mail/header_rcpt.h"

void
header_rcpt_add(struct header_rcpt *rcpt, const struct header_field *field, struct arena *pool)
{
	bool is_resent = (field->flags & HEADER_IS_RESENT) != 0;
	size_t taken = rcpt->plain.count + rcpt->resent.count;
	struct addr_list list;

	if ((field->flags & HEADER_IS_EXTRACTED) == 0)
		return;
	rcpt->has_resent |= is_resent;
	addr_list_parse(field->value, rcpt->max > taken ? rcpt->max - taken : 0, pool, &list);
	rcpt->is_cut |= list.is_cut;
	for (size_t i = 0; i < list.boxes.count; i++) {
		struct addr addr = list.boxes.v[i].addr;

		if (span_is_empty(addr.local))
			continue;
		if (is_resent)
			*ARRAY_ADD(pool, &rcpt->resent) = addr;
		else
			*ARRAY_ADD(pool, &rcpt->plain) = addr;
	}
}

const struct addr *
header_rcpt_get(const struct header_rcpt *rcpt, size_t *count_out)
{
	*count_out = rcpt->has_resent ? rcpt->resent.count : rcpt->plain.count;
	return rcpt->has_resent ? rcpt->resent.v : rcpt->plain.v;
}

/* SPDX-License-Identifier: ISC */
/* The administrator's last word on a delivery's code and text. */
#include "lib/table/status_filter.h"

#include "lib/mail/dsn.h"
#include "lib/sys/log.h"

enum { STATUS_TEXT_MAX = 8192 };

/* value = status-code SP text; what a success may become is a success. */
static bool
take_value(struct span value, struct span *dsn, struct span *text)
{
	size_t len = dsn_code_len(value);

	if (len == 0 || (value.p[0] == '2') != (dsn->p[0] == '2')) {
		log_warn("delivery status filter: \"%.*s\" may not become \"%.*s\"",
		    SPAN_ARG(*dsn), SPAN_ARG(value));
		return false;
	}
	*dsn = span_slice(value, 0, len);
	*text = span_trim(span_from(value, len));
	return true;
}

bool
status_filter_apply(struct maps *filter, struct arena *arena, struct span *dsn, struct span *text)
{
	CLEANUP(str_fini) struct str value = { .max = STATUS_TEXT_MAX };
	struct err err = { 0 };
	const char *key;

	if (filter == NULL || maps_is_empty(filter) || dsn->len == 0)
		return false;
	key = arena_printf(arena, "%.*s %.*s", SPAN_ARG(*dsn), SPAN_ARG(*text));
	switch (maps_get(filter, span_of(key), 0, &value, &err)) {
	case LOOKUP_FOUND:
		return take_value(arena_dup(arena, span_trim(str_span(&value))), dsn, text);
	case LOOKUP_NONE:
		return false;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		break;
	}
	log_warn_err("delivery status filter", &err);
	return false;
}

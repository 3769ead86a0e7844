/* SPDX-License-Identifier: ISC */
/* Messages as text for a person; secrets stay out of it. */
#include "lib/sys/msg_int.h"

enum { TRACE_VALUE_MAX = 80, TRACE_ITEMS_MAX = 10 };

static void trace_fields(const struct msg_desc *desc, const char *values, struct str *out,
    int depth);

static void
trace_text(struct str *out, struct span value)
{
	struct span shown = span_slice(value, 0, TRACE_VALUE_MAX);

	for (size_t i = 0; i < shown.len; i++)
		(void) str_add_char(out, ascii_is_print(shown.p[i]) ? shown.p[i] : '?');
	if (shown.len < value.len)
		(void) str_add_str(out, "...");
}

static void
trace_list(const struct msg_field *field, const struct msg_list *list, struct str *out, int depth)
{
	(void) str_add_char(out, '[');
	for (size_t i = 0; i < list->count && i < TRACE_ITEMS_MAX && depth < MSG_DEPTH_MAX; i++) {
		const char *item = (const char *) list->items + i * field->item->size;

		(void) str_add_str(out, i > 0 ? " {" : "{");
		trace_fields(field->item, item, out, depth + 1);
		(void) str_add_char(out, '}');
	}
	if (list->count > TRACE_ITEMS_MAX)
		(void) str_addf(out, " ... %zu in all", list->count);
	(void) str_add_char(out, ']');
}

/* The field has a value that an encoder would send. */
static bool
has_value(const struct msg_field *field, const void *value)
{
	switch (field->type) {
	case MSG_STR:
		return field->required || ((const struct span *) value)->len > 0;
	case MSG_INT:
		return field->required || *(const int64_t *) value != 0;
	case MSG_BOOL:
		return field->required || *(const bool *) value;
	case MSG_FD:
		return *(const int *) value >= 0;
	case MSG_LIST:
		return field->required || ((const struct msg_list *) value)->count > 0;
	}
	return false;
}

static void
trace_value(const struct msg_field *field, const void *value, struct str *out, int depth)
{
	if (field->secret) {
		(void) str_add_str(out, "(hidden)");
		return;
	}
	switch (field->type) {
	case MSG_STR:
		trace_text(out, *(const struct span *) value);
		return;
	case MSG_INT:
		(void) str_addf(out, "%lld", (long long) *(const int64_t *) value);
		return;
	case MSG_BOOL:
		(void) str_add_char(out, *(const bool *) value ? '1' : '0');
		return;
	case MSG_FD:
		(void) str_addf(out, "fd%d", *(const int *) value);
		return;
	case MSG_LIST:
		trace_list(field, value, out, depth);
		return;
	}
}

static void
trace_fields(const struct msg_desc *desc, const char *values, struct str *out, int depth)
{
	const char *blank = depth == 0 ? " " : "";

	for (size_t i = 0; i < desc->count; i++) {
		const struct msg_field *field = &desc->fields[i];
		const void *value = msg_value_at(values, field);

		if (!has_value(field, value))
			continue;
		(void) str_addf(out, "%s%s=", blank, field->name);
		trace_value(field, value, out, depth);
		blank = " ";
	}
}

void
msg_trace(const struct msg_desc *desc, const void *values, struct str *out)
{
	(void) str_add_str(out, desc->name);
	trace_fields(desc, values, out, 0);
}

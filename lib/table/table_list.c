/* SPDX-License-Identifier: ISC */
/* Lists whose items may hold braces. Knows nothing of what the items mean. */
#include "lib/table/table_list.h"

#define LIST_BLANKS ", \t\r\n"

/* Length of the item at the start of s; s.len + 1 when a brace is not closed. */
static size_t
item_length(struct span s, const char *ends)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '{')
			depth++;
		else if (s.p[i] == '}' && depth > 0)
			depth--;
		else if (depth == 0 && s.p[i] != '\0' && strchr(ends, s.p[i]) != NULL)
			return i;
	}
	return depth == 0 ? s.len : s.len + 1;
}

bool
table_list_next(struct span *rest, struct span *item_out, struct err *err)
{
	struct span s = span_from(*rest, span_run(*rest, LIST_BLANKS));
	size_t len = item_length(s, LIST_BLANKS);

	err_clear(err);
	*rest = span_from(s, len);
	*item_out = span_slice(s, 0, len);
	if (len > s.len)
		return err_config(err, "missing '}' in \"%.*s\"", SPAN_ARG(s));
	return len > 0;
}

bool
table_list_unbrace(struct span text, struct span *inner_out, struct err *err)
{
	struct span s = span_trim(text);
	size_t depth = 0, end = 0;

	*inner_out = (struct span){ NULL, 0 };
	if (s.len == 0 || s.p[0] != '{')
		return err_config(err, "no '{' at start of text in \"%.*s\"", SPAN_ARG(s));
	for (; end < s.len; end++) {
		if (s.p[end] == '{')
			depth++;
		else if (s.p[end] == '}' && --depth == 0)
			break;
	}
	if (end == s.len)
		return err_config(err, "missing '}' in \"%.*s\"", SPAN_ARG(s));
	if (end + 1 != s.len)
		return err_config(err, "syntax error after '}' in \"%.*s\"", SPAN_ARG(s));
	*inner_out = span_trim(span_slice(s, 1, end));
	return true;
}

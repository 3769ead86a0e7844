/* SPDX-License-Identifier: ISC */
/* The text of a regular expression between its delimiters. */
#include "lib/table/pattern_text.h"

bool
pattern_take_expression(struct span *rest, const char *title, struct span *expression_out,
    struct span *flags_out, struct err *err)
{
	char delimiter = rest->len > 0 ? rest->p[0] : '\0';
	size_t end = 1, flags = 0;

	if (delimiter == '\0')
		return err_config(err, "no %s", title);
	if (ascii_is_alnum(delimiter))
		return err_config(err, "ignoring unrecognized request");
	while (end < rest->len && rest->p[end] != delimiter)
		end += rest->p[end] == '\\' ? 2 : 1;
	if (end >= rest->len)
		return err_config(err, "no closing %s delimiter \"%c\"", title, delimiter);
	*expression_out = span_slice(*rest, 1, end);
	*rest = span_from(*rest, end + 1);
	while (flags < rest->len && !ascii_is_space(rest->p[flags]))
		flags++;
	*flags_out = span_slice(*rest, 0, flags);
	*rest = span_from(*rest, flags);
	return true;
}

/* SPDX-License-Identifier: ISC */
#include "lib/mail/imap_text.h"

enum { QUOTED_MAX = 4000 };     /* clients keep lines in buffers */

/* QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials */
static bool
fits_quotes(struct span text)
{
	if (text.len > QUOTED_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char) text.p[i] > 127 || text.p[i] == '\0' || text.p[i] == '\r' ||
		    text.p[i] == '\n')
			return false;
	return true;
}

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE */
static bool
add_quoted(struct str *out, struct span text)
{
	(void) str_add_char(out, '"');
	while (text.len > 0) {
		size_t run = span_find_any(text, "\\\"");

		(void) str_add(out, span_slice(text, 0, run));
		if (run < text.len) {
			(void) str_add_char(out, '\\');
			(void) str_add_char(out, text.p[run++]);
		}
		text = span_from(text, run);
	}
	return str_add_char(out, '"');
}

/* literal = "{" number64 "}" CRLF *CHAR8 */
static bool
add_literal(struct str *out, struct span text)
{
	size_t from;

	(void) str_addf(out, "{%zu}\r\n", text.len);
	from = out->len;
	if (!str_add(out, text))
		return false;
	for (char *nul; (nul = memchr(out->p + from, '\0', out->len - from)) != NULL;)
		*nul = (char) 0x80;
	return true;
}

bool
imap_add_string(struct str *out, struct span text)
{
	return fits_quotes(text) ? add_quoted(out, text) : add_literal(out, text);
}

bool
imap_add_nstring(struct str *out, struct span text)
{
	return text.p == NULL ? str_add_str(out, "NIL") : imap_add_string(out, text);
}

/* astring = 1*ASTRING-CHAR / string */
static bool
is_astring_atom(struct span text)
{
	if (text.len == 0 || text.len > QUOTED_MAX || span_eq_str_ci(text, "NIL"))
		return false;
	return span_is_printable(text) && span_find_any(text, "(){ %*\"\\") == text.len;
}

bool
imap_add_astring(struct str *out, struct span text)
{
	return is_astring_atom(text) ? str_add(out, text) : imap_add_string(out, text);
}

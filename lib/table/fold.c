/* SPDX-License-Identifier: ISC */
/* Folding of keys: a fast path for ASCII, libunistring for the rest. */
#include "lib/table/fold.h"

#include <unicase.h>

#include "lib/base/encode.h"

static bool
fold_ascii(struct span key, struct str *out)
{
	char *to = str_reserve(out, key.len);

	if (to == NULL)
		return false;
	for (size_t i = 0; i < key.len; i++)
		to[i] = ascii_lower(key.p[i]);
	str_grow(out, key.len);
	return true;
}

bool
fold_key(struct span key, bool is_utf8, struct str *out)
{
	size_t len = 0;
	uint8_t *folded;
	bool added;

	str_clear(out);
	if (!is_utf8 || span_is_ascii(key))
		return fold_ascii(key, out);
	if (!utf8_is_valid(key))
		return false;
	folded = u8_casefold((const uint8_t *) key.p, key.len, NULL, NULL, NULL, &len);
	if (folded == NULL)
		return false;
	added = str_add(out, span_make((const char *) folded, len));
	free(folded);
	return added;
}

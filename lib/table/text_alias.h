/* SPDX-License-Identifier: ISC */
#ifndef TEXT_ALIAS_H
#define TEXT_ALIAS_H

#include "lib/base/str.h"

/*
 * Split one logical line of aliases(5), `name: value, value`. The name is given in external form
 * (quoted only where it must be, as Postfix 3.12 stores it), the value with its blanks normalised:
 * one blank between words, ", " after a comma, none beside ':' ';' '@' '.'.
 *
 * returns   NULL, or what is wrong with the line, to be put behind "FILE, line N: "
 */
const char *text_split_alias(struct span line, struct str *name_out, struct str *value_out);

/*
 * An address's local part (internal form) as it is written in an address: quoted when it must be.
 */
bool text_quote_local(struct span local, struct str *out);

#endif

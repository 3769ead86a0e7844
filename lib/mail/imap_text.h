/* SPDX-License-Identifier: ISC */
#ifndef IMAP_TEXT_H
#define IMAP_TEXT_H

#include "lib/base/str.h"

/* How IMAP writes strings. */

/*
 * Append a string: quoted where that can hold it, else a literal. Bytes above 127 and line ends make it a
 * literal; NUL, which no string may hold, becomes 0x80 in one.
 * spec      RFC 9051 4.3, 9 (string, literal)
 */
bool imap_add_string(struct str *out, struct span text);

/* The same, and NIL for p NULL (nstring). */
bool imap_add_nstring(struct str *out, struct span text);

/* The same without quotes where the text is an atom that is not NIL (astring). */
bool imap_add_astring(struct str *out, struct span text);

#endif

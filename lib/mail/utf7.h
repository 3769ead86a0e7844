/* SPDX-License-Identifier: ISC */
#ifndef UTF7_H
#define UTF7_H

#include "lib/base/result.h"
#include "lib/base/str.h"

/* Mailbox names in modified UTF-7 (RFC 3501 5.1.3) and in UTF-8. */

/*
 * Append a UTF-8 name as modified UTF-7.
 * returns   PARSE_BAD when it is not UTF-8 or has a NUL
 */
MUST_USE enum parse utf7_encode(struct str *out, struct span utf8);

/*
 * Append a name in modified UTF-7 as UTF-8.
 * returns   PARSE_BAD for anything that utf7_encode would not have written: bytes outside
 *           0x20..0x7e, bad base64, wrong padding bits, lone surrogates, encoded printable ASCII,
 *           two encoded runs side by side
 */
MUST_USE enum parse utf7_decode(struct str *out, struct span utf7);

#endif

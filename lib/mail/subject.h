/* SPDX-License-Identifier: ISC */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "lib/base/str.h"

/* What SORT and THREAD compare. */

/*
 * The base subject: without "Re:", "[list]", "(fwd)" and their like.
 *
 * subject       UTF-8 without encoded words
 * scratch       the blanks are made single in it; the value points into it
 * is_reply_out  a mark of an answer or a forwarded message was removed
 * spec          RFC 5256 2.1
 */
struct span subject_base(struct span subject, struct str *scratch, bool *is_reply_out);

/*
 * Append text so that comparing bytes compares as i;unicode-casemap does: title case, then
 * decomposed. What is not UTF-8 stays as it is.
 * spec          RFC 5051
 */
bool casemap_add(struct str *out, struct span utf8);

#endif

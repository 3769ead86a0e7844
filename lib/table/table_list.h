/* SPDX-License-Identifier: ISC */
#ifndef TABLE_LIST_H
#define TABLE_LIST_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/*
 * Take the next item of a list of tables or patterns: items are separated by commas and blanks,
 * braces inside an item nest and keep both ("inline:{a=b, c=d}" is one item, braces included).
 * returns   false at the end, or with *err set when a brace is not closed
 */
MUST_USE bool table_list_next(struct span *rest, struct span *item_out, struct err *err);

/*
 * Text that stands in braces: "{ a b }" without the braces and the blanks beside them.
 * returns   false with *err set when text does not begin with '{' or goes on after the matching '}'
 */
MUST_USE bool table_list_unbrace(struct span text, struct span *inner_out, struct err *err);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef REPLACEMENT_H
#define REPLACEMENT_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * The right-hand side of a pattern's rule: text with $1 ${1} $(1) for what a group matched, $$ for
 * a dollar.
 */
struct replacement {
	struct replacement_part *parts;
	size_t count;
	unsigned highest;       /* largest group number; 0: no substitution */
};

enum { REPLACEMENT_GROUP_MAX = 99 };

/*
 * The key, and where each group matched in it; an unset group has p NULL. [0] is the whole match.
 */
struct groups {
	struct span group[REPLACEMENT_GROUP_MAX + 1];
	size_t count;
};

/*
 * Parse text; parts lie in the arena and point into text.
 * returns   false with *err saying what is wrong with the text
 */
MUST_USE bool replacement_parse(struct span text, struct arena *arena, struct replacement *out,
    struct err *err);

/* Text that is taken as it is, dollars and all. */
void replacement_literal(struct span text, struct arena *arena, struct replacement *out);

/* Append the value; groups past groups->count are empty. */
void replacement_expand(const struct replacement *replacement, const struct groups *groups,
    struct str *out);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef LOCAL_MACRO_H
#define LOCAL_MACRO_H

#include "lib/base/arena.h"
#include "lib/base/result.h"

/* $user, $home and friends in forward_path, luser_relay and command_execution_directory. */
struct local_macro {
	const char *name;
	struct span value; /* p NULL: not defined */
};

/*
 * Expand $name, ${name}, $(name), ${name?text}, ${name:text}, ${name?{text}:{text}} and $$.
 *
 * macros    ends with name NULL
 * allowed   characters that values may have, others become "_"; NULL: all
 * returns   PARSE_OK with *out in the arena; PARSE_MORE when a name is used that has no value;
 *           PARSE_BAD for text that cannot be read
 */
MUST_USE enum parse local_macro_expand(const char *text, const struct local_macro *macros,
    const char *allowed, struct arena *arena, const char **out);

/* A copy in which every byte that is not allowed is "_". */
struct span local_macro_filter(struct span value, const char *allowed, struct arena *arena)
    MUST_USE;

#endif

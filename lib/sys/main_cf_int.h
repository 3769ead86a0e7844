/* SPDX-License-Identifier: ISC */
#ifndef MAIN_CF_INT_H
#define MAIN_CF_INT_H

#include "lib/base/array.h"
#include "lib/sys/main_cf.h"

/* For main_cf*.c only. */

struct main_cf_setting {
	const char *name;
	const char *value;
	int line;               /* 0: set by -o or by the program */
};

struct main_cf {
	struct arena *arena;
	const char *file;
	const char *dir;
	ARRAY(struct main_cf_setting) settings;         /* sorted by name */
	ARRAY(const char *) warnings;
};

/*
 * ${domain_to_ascii{text}}: false with *err when text is no domain or the IDN library is missing.
 */
MUST_USE bool main_cf_domain_to_ascii(
    const char *text, struct arena *arena, const char **ascii_out, struct err *err);

#endif

/* SPDX-License-Identifier: ISC */
/* Every parameter table of the suite. A new table adds one row to param_registry.def. */
#include "lib/sys/param.h"

#define PARAM_TABLE(NAME) extern const struct param_table NAME;
#include "lib/sys/param_registry.def"
#undef PARAM_TABLE

const struct param_table *const param_registry[] = {
#define PARAM_TABLE(NAME) &NAME,
#include "lib/sys/param_registry.def"
#undef PARAM_TABLE
	NULL,
};

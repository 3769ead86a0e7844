/* SPDX-License-Identifier: ISC */

/* Print the name of every parameter that some table declares, one on a line. A table for any delivery service prints as "transport_...". */

#include "lib/sys/param.h"

static bool
is_taken_out(const struct param_table *table, const char *name)
{
	for (const struct param_change *c = table->changes; c != NULL && c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c->value == NULL;
	return false;
}

int
main(void)
{
	for (const struct param_table *const *t = param_registry; *t != NULL; t++) {
		const char *prefix = strcmp((*t)->prefix, "$") == 0 ? "transport_" : (*t)->prefix;

		for (size_t i = 0; i < (*t)->count; i++)
			if (!is_taken_out(*t, (*t)->rows[i].name))
				printf("%s%s\n", prefix, (*t)->rows[i].name);
	}
	return 0;
}

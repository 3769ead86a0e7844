/* SPDX-License-Identifier: ISC */
/* Questions to the manifests. */
#include "lib/sys/manifest.h"

/* Find a program's manifest. */
const struct manifest *
manifest_find(const char *program)
{
	for (size_t i = 0; manifest_registry[i] != NULL; i++)
		if (strcmp(manifest_registry[i]->program, program) == 0)
			return manifest_registry[i];
	return NULL;
}

/* Ask whether the caller's list names the callee. */
bool
manifest_may_call(const struct manifest *caller, const struct manifest *callee)
{
	if (caller->calls == NULL)
		return false;
	for (size_t i = 0; caller->calls[i] != NULL; i++) {
		if (strcmp(caller->calls[i], callee->program) == 0)
			return true;
		if (callee->is_transport && strcmp(caller->calls[i], "transport") == 0)
			return true;
	}
	return false;
}

/* Programs of Postfix that a master.cf may name. */
static const struct foreign_program {
	const char *program;
	const char *text;               /* NULL: its work is done elsewhere here, so the row may stay */
} foreign_programs[] = {
	{ "tlsproxy", NULL }, { "dnsblog", NULL }, { "scache", NULL }, { "trivial-rewrite", NULL }, { "nbdb_reindexd", NULL },
	{ "qmqpd", "QMQP is not supported; use SMTP" },
};

/* Look into both lists. */
const char *
manifest_why_not(const char *program)
{
	if (manifest_find(program) != NULL)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(foreign_programs); i++)
		if (strcmp(foreign_programs[i].program, program) == 0)
			return foreign_programs[i].text;
	return "there is no such program in this suite; mail for it stays in the queue";
}

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

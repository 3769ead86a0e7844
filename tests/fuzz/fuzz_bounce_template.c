/* SPDX-License-Identifier: ISC */

#include "tests/fuzz/fuzz.h"

#include "lib/queue/bounce_template.h"

FUZZ_TARGET(bounce_template, in)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("fuzz", 16 << 20);
	struct bounce_templates templates;
	struct err err = { 0 };

	bounce_templates_init(&templates);
	if (!bounce_templates_parse(&templates, in, "file", arena, &err))
		FUZZ_CHECK(err.text[0] != '\0');
	for (int kind = 0; kind < BOUNCE_KINDS; kind++)
		FUZZ_CHECK(templates.of[kind].subject[0] != '\0' && templates.of[kind].text != NULL);
}

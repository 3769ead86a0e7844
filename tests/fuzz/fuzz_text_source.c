/* SPDX-License-Identifier: ISC */
/* Text of tables and alias databases. */
#include "fuzz.h"

#include "lib/table/text_alias.h"
#include "lib/table/text_source.h"

/* An alias name in external form is its own external form. */
static void
check_alias(struct span line)
{
	struct str name CLEANUP(str_fini), value CLEANUP(str_fini), again CLEANUP(str_fini),
	    value_again CLEANUP(str_fini);

	str_init(&name, TEXT_SOURCE_LINE_MAX);
	str_init(&value, 2 * TEXT_SOURCE_LINE_MAX);
	str_init(&again, 2 * TEXT_SOURCE_LINE_MAX);
	str_init(&value_again, 4 * TEXT_SOURCE_LINE_MAX);
	if (text_split_alias(line, &name, &value) != NULL)
		return;
	FUZZ_CHECK(name.len > 0 && value.len > 0);
	str_add(&again, str_span(&name));
	str_add_str(&again, ": x");
	FUZZ_CHECK(text_split_alias(str_span(&again), &value, &value_again) == NULL);
	FUZZ_CHECK(span_eq(str_span(&value), str_span(&name)));
}

FUZZ_TARGET(text_source, in)
{
	struct text_source source;
	struct span text, key, value;
	struct err err = { 0 };
	int line = 0, before = 0;

	if (!text_source_open_span(&source, "input", in, &err))
		return;
	while (text_source_next(&source, &text, &line, &err)) {
		FUZZ_CHECK(text.len > 0 && line > before);
		before = line;
		if (text_split_entry(text, &key, &value) == NULL)
			FUZZ_CHECK(key.len > 0 && value.len > 0 && key.len + value.len < text.len);
		check_alias(text);
	}
	text_source_close(&source);
}

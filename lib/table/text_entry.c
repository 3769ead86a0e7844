/* SPDX-License-Identifier: ISC */
/* What is an entry of a table's text and what is not; the warnings are Postfix's. */
#include "lib/table/text_entry.h"

#include "lib/base/encode.h"
#include "lib/sys/log.h"
#include "lib/table/table.h"
#include "lib/table/text_alias.h"

void
text_entries_init(struct text_entries *entries, struct text_source *source, unsigned flags)
{
	*entries = (struct text_entries){ .source = source, .flags = flags };
	str_init(&entries->key, TEXT_SOURCE_LINE_MAX);
	str_init(&entries->value, 2 * TEXT_SOURCE_LINE_MAX);
}

void
text_entries_fini(struct text_entries *entries)
{
	str_fini(&entries->key);
	str_fini(&entries->value);
}

/* Take a line apart. returns what is wrong with it, or NULL. */
static const char *
split_line(struct text_entries *entries, struct span text, struct span *key, struct span *value)
{
	const char *complaint;

	if ((entries->flags & TABLE_ALIAS_KEYS) == 0)
		return text_split_entry(text, key, value);
	complaint = text_split_alias(text, &entries->key, &entries->value);
	*key = str_span(&entries->key);
	*value = str_span(&entries->value);
	return complaint;
}

/* The value is the content of the files that it names. */
static bool
read_files(struct text_entries *entries, int line, struct span *value)
{
	struct err err = { 0 };

	str_clear(&entries->value);
	if (!text_value_from_files(*value, &entries->value, &err)) {
		log_warn("%s, line %d: %s: skipping this entry", entries->source->name, line,
		    err.text);
		return false;
	}
	*value = str_span(&entries->value);
	return true;
}

/* false: the line is no entry, and a warning has said why. */
static bool
take_entry(struct text_entries *entries, struct span text, int line, struct span *key,
    struct span *value)
{
	const char *file = entries->source->name;
	const char *complaint;

	if ((entries->flags & TABLE_UTF8) != 0 && !utf8_is_valid(text)) {
		log_warn("%s, line %d: non-UTF-8 input \"%.*s\" -- ignoring this line", file, line,
		    SPAN_ARG(text));
		return false;
	}
	if (ascii_is_space(text.p[0])) {
		log_warn("%s, line %d: logical line must not start with whitespace", file, line);
		return false;
	}
	complaint = split_line(entries, text, key, value);
	if (complaint == text_unbalanced)
		log_warn("%s, line %d: %s in '%.*s' -- ignoring this line", file, line, complaint,
		    SPAN_ARG(text));
	else if (complaint != NULL)
		log_warn("%s, line %d: %s", file, line, complaint);
	if (complaint != NULL)
		return false;
	if ((entries->flags & TABLE_ALIAS_KEYS) == 0 && span_ends_with(*key, SPAN(":")))
		log_warn("%s, line %d: record is in \"key: value\" format; is this an alias file?",
		    file, line);
	return (entries->flags & TABLE_FILE_VALUES) == 0 || read_files(entries, line, value);
}

bool
text_entries_next(struct text_entries *entries, struct span *key_out, struct span *value_out,
    int *line_out, struct err *err)
{
	struct span text;

	while (text_source_next(entries->source, &text, line_out, err))
		if (take_entry(entries, text, *line_out, key_out, value_out))
			return true;
	return false;
}
